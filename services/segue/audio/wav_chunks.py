"""How much sound a WAV or Wave64 declares, against what the file holds."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, TypeAlias

_UNKNOWN = 0x7FFF_0000
"""Data sizes from here on are what programs write that do not know the size yet."""

_FROM_DS64 = 0xFFFF_FFFF
"""The size stands in the chunk ``ds64``: EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64)."""

_W64_FORMAT = b"fmt \xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"

_MOST_CHUNKS = 10_000

Chunk: TypeAlias = tuple[bytes, int, int]
"""Name, place of its content, length of its content."""


def missing_seconds(file: BinaryIO) -> float:
    """Time that the data chunk declares over what the file holds, by its bytes of a second.

    Nothing is missing where the size of the data is what programs write that do not know it yet.
    The file's position is the start afterwards.
    """
    size = file.seek(0, 2)
    file.seek(0)
    kind = file.read(4)
    order = ">" if kind == b"RIFX" else "<"
    chunks = _wave64_chunks(file, size) if kind == b"riff" else _wav_chunks(file, size, order)
    bytes_per_second, missing, wide_length = 0, 0, 0
    for name, at, length in chunks:
        file.seek(at)
        content = file.read(16)
        if name == b"fmt " and len(content) >= 12:
            (bytes_per_second,) = struct.unpack_from(f"{order}I", content, 8)
        elif name == b"ds64" and len(content) == 16:
            (wide_length,) = struct.unpack_from(f"{order}Q", content, 8)
        elif name == b"data":
            if kind in {b"RF64", b"BW64"} and length == _FROM_DS64:
                missing = at + wide_length - size
            elif kind == b"riff" or length < _UNKNOWN:
                missing = at + length - size
            break
    file.seek(0)
    return max(0, missing) / bytes_per_second if bytes_per_second else 0.0


def _wav_chunks(file: BinaryIO, size: int, order: str) -> Iterator[Chunk]:
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > size:
            return
        file.seek(at)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        yield name, at + 8, length
        at += 8 + length + length % 2


def _wave64_chunks(file: BinaryIO, size: int) -> Iterator[Chunk]:
    """Chunks have names of 16 bytes, count their headers in, and begin at multiples of 8."""
    names = {_W64_FORMAT: b"fmt ", _W64_DATA: b"data"}
    at = 40
    for _ in range(_MOST_CHUNKS):
        if at + 24 > size:
            return
        file.seek(at)
        name, length = struct.unpack("<16sQ", file.read(24))
        yield names.get(name, b""), at + 24, max(0, length - 24)
        at += max(24, length + -length % 8)
