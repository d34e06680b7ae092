"""Cue sheets within the files that they divide: FLAC's block and comment, and APEv2's item.

Read without any library: a few bytes of each block or item, and the sheet alone in full, so that
pictures of megabytes and hostile tags cost nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from segue.audio.comments import MOST_FIELDS
from segue.audio.containers import id3_length
from segue.library.cue_sheet import (
    LARGEST_SHEET_BYTES,
    CueSheet,
    CueSheetBroken,
    SheetFile,
    SheetTrack,
    check_order,
    read_sheet,
)
from segue.library.names import suffix_of

SHEET_SUFFIXES = frozenset({".flac", ".fla", ".wv", ".ape", ".tta", ".tak", ".mpc"})
"""Of files that programs write sheets into."""

_FIELD = b"cuesheet"
_STREAM_INFO, _COMMENT, _CUE_SHEET = 0, 4, 5
_MOST_BLOCKS = 1_000
_LONGEST_NAME = 255
_APE_ENDING = struct.Struct("<8sIII12x")


def may_hold_sheet(path: str) -> bool:
    """Whether files of such a name are worth looking into."""
    return suffix_of(path) in SHEET_SUFFIXES


def embedded_sheet(file: BinaryIO) -> CueSheet | None:
    """The sheet within a file, or None; its position is anywhere afterwards.

    A comment or item, which has titles, goes before a block, which has none.

    Raises
    ------
    CueSheetBroken
        When there is one that says nothing of use.
    OSError
        When the file cannot be read.
    """
    file.seek(0)
    first = id3_length(file.read(10))
    file.seek(first)
    if file.read(4) == b"fLaC":
        return _flac_sheet(file, first + 4)
    text = _ape_item(file)
    return None if text is None else read_sheet(text)


def _flac_sheet(file: BinaryIO, first: int) -> CueSheet | None:
    rate_hz = 0
    block: CueSheet | None = None
    for kind, at, size in _flac_blocks(file, first):
        file.seek(at)
        if kind == _STREAM_INFO:
            rate_hz = int.from_bytes(file.read(18)[10:13], "big") >> 4
        elif kind == _COMMENT:
            text = _comment(file, at + size)
            if text is not None:
                return read_sheet(text)
        elif kind == _CUE_SHEET and block is None and rate_hz:
            block = _block_sheet(file.read(min(size, LARGEST_SHEET_BYTES)), rate_hz)
    return block


def _flac_blocks(file: BinaryIO, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of each block of metadata."""
    for _ in range(_MOST_BLOCKS):
        file.seek(at)
        header = file.read(4)
        if len(header) < 4:
            return
        size = int.from_bytes(header[1:], "big")
        yield header[0] & 0x7F, at + 4, size
        if header[0] & 0x80:
            return
        at += 4 + size


def _comment(file: BinaryIO, end: int) -> bytes | None:
    """Value of the field ``CUESHEET`` of a Vorbis comment that begins here."""
    file.seek(_length(file), 1)
    for _ in range(min(_length(file), MOST_FIELDS)):
        size = _length(file)
        value = file.tell()
        if value + size > end:
            break
        beginning = file.read(min(size, len(_FIELD) + 1))
        if beginning.lower() == _FIELD + b"=":
            return file.read(min(size - len(beginning), LARGEST_SHEET_BYTES + 1))
        file.seek(value + size)
    return None


def _length(file: BinaryIO) -> int:
    return int.from_bytes(file.read(4), "little")


def _block_sheet(block: bytes, rate_hz: int) -> CueSheet | None:
    """Sheet of FLAC's own block: RFC 9639, 8.7. None: it has no tracks but the lead-out."""
    try:
        tracks = list(_block_tracks(block, rate_hz))
    except (struct.error, IndexError) as exc:
        raise CueSheetBroken("the FLAC file's CUESHEET block is cut short") from exc
    if not tracks:
        return None
    sheet = CueSheet([SheetFile("", tracks)])
    check_order(sheet)
    return sheet


def _block_tracks(block: bytes, rate_hz: int) -> Iterator[SheetTrack]:
    at = 396
    # The last one is the lead-out, which holds nothing.
    for _ in range(block[395] - 1):
        offset, number, isrc, flags, indexes = struct.unpack_from(">QB12sB13xB", block, at)
        at += 36
        track = SheetTrack(number, not flags & 0x80, isrc=isrc.rstrip(b"\0").decode("latin-1"))
        for _ in range(indexes):
            further, index = struct.unpack_from(">QB3x", block, at)
            at += 12
            if index == 1:
                track.start_seconds = (offset + further) / rate_hz
        if track.start_seconds is not None or track.is_audio:
            yield track


def _ape_item(file: BinaryIO) -> bytes | None:
    """Value of the item ``Cuesheet`` of an APEv2 tag at the end, before an ID3v1 tag if any."""
    whole = file.seek(0, 2)
    for behind in (0, 128):
        end = whole - behind - _APE_ENDING.size
        if end < 0:
            return None
        file.seek(end)
        mark, _, size, items = _APE_ENDING.unpack(file.read(_APE_ENDING.size))
        if mark == b"APETAGEX" and size <= end + _APE_ENDING.size:
            return _value(file, end + _APE_ENDING.size - size, end, min(items, MOST_FIELDS))
    return None


def _value(file: BinaryIO, at: int, end: int, items: int) -> bytes | None:
    for _ in range(items):
        file.seek(at)
        head = file.read(8 + _LONGEST_NAME + 1)
        size = int.from_bytes(head[:4], "little")
        name, nul, _ = head[8:].partition(b"\0")
        value = at + 8 + len(name) + 1
        if not nul or value + size > end:
            return None
        if name.lower() == _FIELD:
            file.seek(value)
            return file.read(min(size, LARGEST_SHEET_BYTES + 1))
        at = value + size
    return None
