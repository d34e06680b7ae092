"""Where a file's audio ends by the file's own word, for a comparison with what is decoded."""

from __future__ import annotations

import re
import struct
from typing import BinaryIO

from segue.audio.containers import HEAD_BYTES, id3_length
from segue.audio.frames import counted_mpeg_seconds, mpeg_frames_start
from segue.errors import AudioError

MOST_LINKS = 1_000
"""Links of an Ogg chain, each a stream of its own: a radio recorded for days has fewer."""

_PIECE_BYTES = 1 << 20

_FIRST_PAGE = re.compile(rb"OggS\x00[\x02\x03\x06\x07]", re.DOTALL)
_HEADERS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ", b"fishead\0", b"\x80theora")

_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_BROADCAST = 1
_ASF_HEADER_BYTES = 64 * 1024

_MOST_TAGS = 8
"""Tags one behind the other at the end of a file."""


def counted_seconds(file: BinaryIO) -> float | None:
    """Length that the first frame of an MP3 says of those after it; None: it does not.

    Without such a count an MP3's duration is a guess from its size and first bit rate. Of files
    that were joined it is the first one's.
    """
    file.seek(0)
    tag_bytes = id3_length(file.read(10))
    file.seek(tag_bytes)
    data = file.read(HEAD_BYTES)
    file.seek(0)
    start = mpeg_frames_start(data)
    return None if start is None else counted_mpeg_seconds(data[start : start + 200])


def ends_within_ogg_page(file: BinaryIO) -> bool:
    """Say whether an Ogg file's last page is cut off: pages declare their length (RFC 3533)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 2 * 65_307))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"OggS")
    if at == -1:
        return False
    page = tail[at:]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


def ogg_links(file: BinaryIO) -> list[int]:
    """First bytes of the links of an Ogg chain: of files one after the other, as radios send them.

    Each link has streams of its own, perhaps of another codec, rate or number of channels. A file
    that is no chain is one link. The file's position is the start afterwards.

    Raises
    ------
    AudioError
        ``AUDIO_UNDECODABLE`` with more than ``MOST_LINKS`` links.
    """
    links = [0]
    end_of_firsts = 0
    for at, length in _first_pages(file):
        # Streams that run side by side begin one right after the other.
        if at > end_of_firsts and at > 0:
            links.append(at)
            if len(links) > MOST_LINKS:
                raise AudioError(
                    f"the file is a chain of over {MOST_LINKS} links", "AUDIO_UNDECODABLE"
                )
        end_of_firsts = at + length
    file.seek(0)
    return links


def _first_pages(file: BinaryIO) -> list[tuple[int, int]]:
    """Place and length of each page that begins a stream."""
    found: list[tuple[int, int]] = []
    at, kept = 0, b""
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        data = kept + piece
        for match in _FIRST_PAGE.finditer(data):
            header = data[match.start() : match.start() + 27 + 255 + 8]
            if len(header) < 27 or (found and at + match.start() <= found[-1][0]):
                continue
            lacing = header[27 : 27 + header[26]]
            if header[27 + header[26] :].startswith(_HEADERS) and len(found) <= 4 * MOST_LINKS:
                found.append((at + match.start(), 27 + len(lacing) + sum(lacing)))
        kept = data[-300:]
        at += len(data) - len(kept)
    return found


def asf_seconds(file: BinaryIO) -> float | None:
    """Playing time that a Windows Media file declares; None for a broadcast, which does not.

    The file's position is the start afterwards.
    """
    file.seek(0)
    head = file.read(_ASF_HEADER_BYTES)
    file.seek(0)
    at = head.find(_ASF_PROPERTIES)
    if at == -1 or len(head) < at + 92:
        return None
    # Units of 100 ns, then milliseconds: the first includes what a player reads ahead.
    played, _, ahead, flags = struct.unpack_from("<QQQI", head, at + 64)
    seconds = played / 1e7 - ahead / 1e3
    return None if flags & _ASF_BROADCAST or seconds <= 0 else seconds


def trailing_tag_bytes(file: BinaryIO) -> int:
    """Bytes of the tags (ID3v1, APE, Lyrics3) at the end of a file, by their own word.

    The file's position is the start afterwards.
    """
    size = file.seek(0, 2)
    end = size
    for _ in range(_MOST_TAGS):
        file.seek(max(0, end - 128))
        tail = file.read(min(128, end))
        if tail[:3] == b"TAG" and len(tail) == 128:
            length = 128
        elif tail[-32:-24] == b"APETAGEX":
            length, _, flags = struct.unpack("<III", tail[-20:-8])
            length += 32 if flags >> 31 else 0
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
            length = int(tail[-15:-9]) + 15
        else:
            break
        if not 0 < length <= end:
            break
        end -= length
    file.seek(0)
    return size - end
