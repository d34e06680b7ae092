"""Pictures whose content is known, scaled; and such that must not be read at all."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from segue.web.media.pictures import MOST_PIXELS, SIDES, CoverUnreadable, scaled, side_for

RED, BLUE = (254, 0, 0), (0, 0, 254)


def written(picture: Image.Image, form: str, **more: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **more)
    return file.getvalue()


def halves(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture.convert(mode)


def read(content: bytes) -> Image.Image:
    assert content.startswith(b"\xff\xd8\xff")
    picture = Image.open(io.BytesIO(content))
    assert picture.mode == "RGB"
    return picture


def colour(picture: Image.Image, x: float, y: float) -> Any:
    """The colour at a place given as shares of width and height."""
    return np.array(picture.getpixel((int(x * picture.width), int(y * picture.height))), float)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_every_kind_is_scaled_and_keeps_its_colours(form: str) -> None:
    picture = read(scaled(written(halves(), form), 96))
    assert picture.size == (96, 72)
    np.testing.assert_allclose(colour(picture, 0.2, 0.5), RED, atol=12)
    np.testing.assert_allclose(colour(picture, 0.8, 0.5), BLUE, atol=12)


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P"])
def test_every_mode_becomes_red_green_and_blue(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    picture = read(scaled(written(halves(mode=mode), form), 96))
    left, right = colour(picture, 0.2, 0.5), colour(picture, 0.8, 0.5)
    if mode in ("CMYK", "P"):
        np.testing.assert_allclose(left, RED, atol=12)
        np.testing.assert_allclose(right, BLUE, atol=12)
    else:
        assert np.ptp(left) == np.ptp(right) == 0, "grey stays grey"


def test_none_is_enlarged() -> None:
    assert read(scaled(written(halves(40, 30), "PNG"), 384)).size == (40, 30)


def test_what_shines_through_is_white() -> None:
    picture = Image.new("RGBA", (200, 200), (0, 0, 254, 0))
    picture.paste((*RED, 255), (0, 0, 100, 200))
    small = read(scaled(written(picture, "PNG"), 96))
    np.testing.assert_allclose(colour(small, 0.2, 0.5), RED, atol=12)
    np.testing.assert_allclose(colour(small, 0.8, 0.5), (255, 255, 255), atol=2)


def test_a_picture_is_turned_as_it_says_and_says_nothing_more() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"  # to be turned by 90 degrees; description
    content = written(halves(), "JPEG", exif=exif, comment=b"said in secret", quality=95)
    assert b"taken at home" in content
    small = scaled(content, 192)
    picture = read(small)
    assert picture.size == (144, 192)
    np.testing.assert_allclose(colour(picture, 0.5, 0.2), RED, atol=12)
    np.testing.assert_allclose(colour(picture, 0.5, 0.8), BLUE, atol=12)
    assert b"home" not in small
    assert b"secret" not in small
    assert not picture.getexif()


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_the_first_frame_is_shown_of_what_moves(form: str) -> None:
    frames = [Image.new("RGB", (100, 100), one) for one in (RED, BLUE, BLUE)]
    content = written(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    np.testing.assert_allclose(colour(read(scaled(content, 96)), 0.5, 0.5), RED, atol=12)


def test_colours_of_another_profile_become_those_of_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = read(scaled(written(halves(), "PNG", icc_profile=lab), 96))
    np.testing.assert_allclose(colour(same, 0.2, 0.5), RED, atol=12)
    broken = read(scaled(written(halves(), "PNG", icc_profile=b"no profile"), 96))
    np.testing.assert_allclose(colour(broken, 0.2, 0.5), RED, atol=12)


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is this large, of a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = zlib.compress(bytes(1_000))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff" + b"noise" * 100,
        b"\x89PNG\r\n\x1a\n" + b"picture" * 1_000,
        written(halves(), "PNG")[:-200],
        written(halves(), "JPEG")[:1_000],
        written(halves(), "TIFF"),
        written(halves(), "ICO"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        png_of(MOST_PIXELS // 1_000 + 1, 1_000),
        png_of(65_000, 65_000),
        png_of(2**31 - 1, 2**31 - 1),
    ],
)
def test_what_cannot_be_read_says_so(content: bytes) -> None:
    with pytest.raises(CoverUnreadable) as refused:
        scaled(content, 96)
    assert refused.value.reason == "COVER_UNREADABLE"


@pytest.mark.parametrize(
    ("pixels", "side"), [(1, 96), (96, 96), (97, 192), (1_536, 1_536), (9_999, 1_536), (0, 1_536)]
)
def test_a_size_is_the_least_that_fills(pixels: int, side: int) -> None:
    assert side_for(pixels) == side
    assert side in SIDES
