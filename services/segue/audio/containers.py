"""Telling what a file is by its first bytes, before any decoder sees it.

A decoder library that guesses will find a format in anything: MP3 frames in noise, a playlist in
a text file. Here a file is opened as the one container that its bytes name, or not at all.
"""

from __future__ import annotations

import enum
import struct
from typing import BinaryIO

from segue.errors import AudioError

HEAD_BYTES = 256 * 1024
"""How far into a file its container is looked for."""


class Container(enum.Enum):
    """A container that Segue opens; the value is FFmpeg's name of its demuxer."""

    MP3 = "mp3"
    FLAC = "flac"
    OGG = "ogg"
    WAV = "wav"
    AIFF = "aiff"
    AU = "au"
    MP4 = "mp4"
    AAC = "aac"


_UNSUPPORTED = {
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "Windows Media",
    b"\x1a\x45\xdf\xa3": "Matroska or WebM",
    b"MAC ": "Monkey's Audio",
    b"wvPk": "WavPack",
    b"DSD ": "DSD",
    b"FRM8": "DSD",
    b"caff": "Core Audio",
    b"#!AMR": "AMR",
    b"TTA1": "True Audio",
    b"MPCK": "Musepack",
    b"MP+": "Musepack",
    b"MThd": "MIDI (notes, not sound)",
    b".RMF": "RealAudio",
    b"FLV\x01": "Flash video",
}
"""First bytes of formats that are audio or carry it, but that Segue does not open."""

_FOREIGN = (
    b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ",
    b"%PDF", b"%!PS", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"\x7fELF", b"MZ", b"SQLite",
    b"<!DOCTYPE", b"<html", b"<?xml", b"#!/", b"#EXTM3U", b"[playlist]",
)  # fmt: skip
"""First bytes of files that may hold MP3 frames somewhere inside, yet are not audio files."""


def identify(file: BinaryIO) -> tuple[Container, int]:
    """Say which container ``file`` is, and at which byte a decoder should start.

    That byte is 0 but behind an ID3 tag: no decoder needs it, and some take minutes for one with
    many fields. The file's position is back at the start afterwards.

    Raises
    ------
    AudioError
        ``AUDIO_EMPTY`` without any bytes, ``AUDIO_UNSUPPORTED_CODEC`` for a known foreign format,
        ``AUDIO_NOT_AUDIO`` for anything else.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not head:
        raise AudioError("the file is empty", "AUDIO_EMPTY")
    container = _by_signature(head)
    if container is not None:
        return container, 0
    tag_bytes = id3_length(head)
    if tag_bytes > 0:
        file.seek(tag_bytes)
        after = file.read(HEAD_BYTES)
        file.seek(0)
        container = _by_signature(after)
        if container is not None:
            return container, tag_bytes
        if mpeg_frames_start(after) is not None:
            return Container.MP3, tag_bytes
        # A tag that lies about its length: the frames may begin earlier than it says.
    start = mpeg_frames_start(head)
    if start is not None:
        return Container.MP3, start if tag_bytes else 0
    raise AudioError("this is not an audio file", "AUDIO_NOT_AUDIO")


def _by_signature(head: bytes) -> Container | None:
    """Recognise a container by its first bytes; None leaves MP3 open."""
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return Container.WAV
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return Container.AIFF
    if head[:4] == b"fLaC":
        return Container.FLAC
    if head[:4] == b"OggS":
        return Container.OGG
    if head[:4] == b".snd":
        return Container.AU
    if head[4:8] in {b"ftyp", b"moov"}:
        return Container.MP4
    for signature, name in _UNSUPPORTED.items():
        if head.startswith(signature):
            raise AudioError(f"{name} files are not supported", "AUDIO_UNSUPPORTED_CODEC")
    if head.lstrip().startswith(_FOREIGN):
        raise AudioError("this is not an audio file", "AUDIO_NOT_AUDIO")
    if _adts_frames(head):
        return Container.AAC
    return None


def id3_length(head: bytes) -> int:
    """Bytes that a leading ID3v2 tag takes by its own word, or 0 without one."""
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    footer = 10 if head[5] & 0x10 else 0
    return 10 + size + footer


_RUN = 4
"""Frames in a row that prove MPEG audio: noise forms such a run once in 10^13 positions."""

_KBITS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by (MPEG 1 or 2, layer): ISO 11172-3 and 13818-3."""


def mpeg_frames_start(data: bytes) -> int | None:
    """Where MPEG audio frames begin in ``data``, or None.

    A start counts when four frames of the same version, layer and sample rate follow one another,
    or at least two that reach the end of ``data``.
    """
    at = data.find(b"\xff")
    while at != -1:
        first = _mpeg_frame(data, at)
        if first is not None:
            kind, length = first
            end, run = at + length, 1
            while run < _RUN and (following := _mpeg_frame(data, end)) is not None:
                if following[0] != kind:
                    break
                end, run = end + following[1], run + 1
            if run == _RUN or (run >= 2 and end >= len(data)):
                return at
        at = data.find(b"\xff", at + 1)
    return None


def _mpeg_frame(data: bytes, at: int) -> tuple[bytes, int] | None:
    """What stays the same in all frames of a stream, and this frame's length in bytes."""
    header = data[at : at + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate_code, bits_code, padding = header[2] >> 2 & 3, header[2] >> 4, header[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_code == 3 or bits_code in {0, 15}:
        return None
    rate = (44_100, 48_000, 32_000)[rate_code] // {3: 1, 2: 2, 0: 4}[version]
    bits = 1_000 * _KBITS[1 if version == 3 else 2, layer][bits_code - 1]
    if layer == 1:
        length = (12 * bits // rate + padding) * 4
    else:
        length = (72 if layer == 3 and version != 3 else 144) * bits // rate + padding
    return bytes((header[1] & 0xFE, header[2] & 0x0C)), length


def _adts_frames(data: bytes) -> bool:
    """Say whether ``data`` begins with a run of AAC frames in ADTS framing."""
    at = 0
    for _ in range(_RUN):
        header = data[at : at + 7]
        if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
            return False
        at += (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return True


def declares_frame_count(file: BinaryIO) -> bool:
    """Say whether an MP3 has a Xing, Info or VBRI header, which counts its frames.

    Without one an MP3's duration is a guess from its size and first bit rate.
    """
    file.seek(0)
    tag_bytes = id3_length(file.read(10))
    file.seek(tag_bytes)
    data = file.read(HEAD_BYTES)
    file.seek(0)
    start = mpeg_frames_start(data)
    if start is None:
        return False
    first_frame = data[start : start + 200]
    return any(mark in first_frame for mark in (b"Xing", b"Info", b"VBRI"))


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


_WAV_UNKNOWN = 0x7FFF_0000
"""Data sizes from here on are what programs write that do not know the size yet."""


def lacks_wav_data(file: BinaryIO) -> bool:
    """Say whether a WAV's data chunk declares over half a second more than the file holds."""
    size = file.seek(0, 2)
    at, bytes_per_second = 12, 0
    missing = 0
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"fmt " and length >= 16:
            _, _, _, bytes_per_second = struct.unpack("<HHII", file.read(12))
        elif name == b"data":
            missing = 0 if length >= _WAV_UNKNOWN else at + 8 + length - size
            break
        at += 8 + length + length % 2
    file.seek(0)
    return missing > bytes_per_second // 2
