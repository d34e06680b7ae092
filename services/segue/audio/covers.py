"""Pictures that music files hold.

Parsers of tags are run on what strangers made: call this in a process of its own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import Picture

LARGEST_BYTES = 16 * 1024 * 1024
"""Of a picture that is given."""

_FRONT = 3
_KINDS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture, and what it is by its first bytes; without any where a file holds none."""

    content: bytes = b""
    media_type: str = ""


def embedded_cover(path: Path) -> Cover:
    """The picture of a file: its front cover, else the first one.

    Read are ID3v2 (MP3, WAV, AIFF, DSF), the pictures of FLAC and Ogg, MP4, ASF and APEv2. What is
    no JPEG, PNG, GIF, WebP or BMP, or larger than ``LARGEST_BYTES``, is passed over.
    """
    try:
        file = mutagen.File(path)
        found = [] if file is None else sorted(_pictures(file), key=lambda one: one[0] != _FRONT)
    except Exception:  # parsers of damaged tags fail in ways they do not declare
        return Cover()
    for _, content in found:
        media_type = _media_type(content)
        if media_type and len(content) <= LARGEST_BYTES:
            return Cover(content, media_type)
    return Cover()


def _pictures(file: Any) -> Iterator[tuple[int, bytes]]:
    """Kind (3: front cover) and bytes of each picture."""
    for picture in getattr(file, "pictures", ()):
        yield picture.type, picture.data
    tags = file.tags
    if tags is None:
        return
    if hasattr(tags, "getall"):  # ID3v2
        for frame in tags.getall("APIC"):
            yield int(frame.type), frame.data
        return
    for name, values in list(tags.items()):
        key = name.lower()
        if key == "metadata_block_picture":
            yield from map(_block, values)
        elif key == "coverart":  # what Vorbis comments had before
            yield from ((_FRONT, base64.b64decode(value)) for value in values)
        elif key == "covr":
            yield from ((_FRONT, bytes(value)) for value in values)
        elif key == "wm/picture":
            yield from (_of_asf(value.value) for value in values)
        elif key.startswith("cover art ("):
            yield _FRONT if "front" in key else 0, bytes(values.value).partition(b"\0")[2]


def _block(text: str) -> tuple[int, bytes]:
    try:
        picture: Any = Picture(base64.b64decode(text))  # type: ignore[no-untyped-call]
    except (binascii.Error, mutagen.MutagenError):
        return 0, b""
    return picture.type, picture.data


def _of_asf(value: bytes) -> tuple[int, bytes]:
    """A picture of Windows Media: kind, size, then two texts in UTF-16 that end with zeros."""
    place = 5
    for _ in range(2):
        while value[place : place + 2] not in (b"\0\0", b""):
            place += 2
        place += 2
    return value[0] if value else 0, value[place:]


def _media_type(content: bytes) -> str:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if content.startswith(start)), "")
