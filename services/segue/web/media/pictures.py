"""Pictures scaled for screens: the only place with Pillow.

What is read here strangers made: call it in a process of its own, of bounded memory and time.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageCms, ImageOps

from segue.errors import NotFound

SIDES = (96, 192, 384, 768, 1_536)
"""Pixels of the longer side that pictures are scaled to: few, so that few are kept of each."""

MOST_PIXELS = 40_000_000
"""Of a picture that is read, as its header says. A megabyte can unfold to billions."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_QUALITY = 85
_GAP = 2.0
"""As many times larger than wanted a picture may be coarsely reduced to, before it is scaled."""


class CoverUnreadable(NotFound):
    """The file of the track holds a picture that cannot be shown."""

    reason = "COVER_UNREADABLE"
    next_step = "Show something else in its place; write another picture into the file."


def side_for(pixels: int) -> int:
    """The least of ``SIDES`` that fills so many pixels; the largest for more, and for 0."""
    return next((side for side in SIDES if side >= pixels > 0), SIDES[-1])


def scaled(content: bytes, side: int) -> bytes:
    """A picture as JPEG in sRGB, upright, without metadata, at most ``side`` pixels long and high.

    Of one that moves it is the first frame; what one lets shine through is white. None is enlarged.

    Parameters
    ----------
    content
        JPEG, PNG, GIF, WebP or BMP.

    Raises
    ------
    CoverUnreadable
        When it is none of them, is damaged, or has over ``MOST_PIXELS``.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # of damage that can be passed over
            Image.open(io.BytesIO(content), formats=_FORMATS) as picture,
        ):
            _check_pixels(picture)
            return _as_jpeg(_upright(picture, side))
    except (CoverUnreadable, MemoryError):
        raise
    except Exception as exc:  # readers of damaged pictures fail in ways they do not declare
        raise CoverUnreadable("the picture is damaged or of no known kind") from exc


def _check_pixels(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise CoverUnreadable(
            f"the picture has {picture.width} x {picture.height} pixels, over {MOST_PIXELS}"
        )


def _upright(picture: Image.Image, side: int) -> Image.Image:
    """A picture scaled and turned, in sRGB, with its transparency where it has any."""
    picture.draft(None, (side, side))  # JPEG decodes to less than it holds
    profile = picture.info.get("icc_profile")
    kept = picture
    if picture.has_transparency_data:
        kept = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB", "CMYK"):
        kept = picture.convert("RGB")
    kept.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=_GAP)
    # How it is to be turned stands in the picture as it was opened.
    kept.info["exif"] = picture.info.get("exif", b"")
    turned = ImageOps.exif_transpose(kept)
    if turned.mode == "RGBA":
        return turned
    return _in_srgb(turned, profile)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                picture, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a profile of something else
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _as_jpeg(picture: Image.Image) -> bytes:
    # Onto a new one, which has none of the metadata.
    plain = Image.new("RGB", picture.size, "white")
    plain.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    written = io.BytesIO()
    plain.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue()
