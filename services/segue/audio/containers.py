"""Telling what a file is by its first bytes, before any decoder sees it.

A decoder library that guesses will find a format in anything: MP3 frames in noise, a playlist in
a text file. Here a file is opened as the one container that its bytes name, or not at all.
"""

from __future__ import annotations

from typing import BinaryIO

from segue.audio import frames
from segue.audio.formats import Container
from segue.errors import AudioError

HEAD_BYTES = 256 * 1024
"""How far behind tags and zeros a file's container is looked for."""

_MOST_TAGS = 16
"""ID3 tags one after the other: programs that add one and leave the old one make two or three."""

_MOST_ZEROS = 16 * 1024 * 1024
"""Zeros before the audio: what stands where a picture was taken out."""

_SIGNATURES = {
    b"fLaC": Container.FLAC,
    b"OggS": Container.OGG,
    b".snd": Container.AU,
    b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00": Container.W64,
    b"caff": Container.CAF,
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": Container.ASF,
    b"\x1a\x45\xdf\xa3": Container.MATROSKA,
    b"wvpk": Container.WAVPACK,
    b"TTA1": Container.TTA,
    b"MAC ": Container.APE,
    b"tBaK": Container.TAK,
    b"MP+": Container.MUSEPACK7,
    b"MPCK": Container.MUSEPACK8,
    b"ajkg": Container.SHORTEN,
    b"DSD ": Container.DSF,
    b"DTSHDHDR": Container.DTS_HD,
    b"#!AMR\n": Container.AMR,
    b"#!AMR-WB\n": Container.AMR,
}

_UNSUPPORTED = {
    b"#!AMR": "AMR of several channels",
    b"TTA2": "True Audio 2",
    b"OFR ": "OptimFROG",
    b"MThd": "MIDI (notes, not sound)",
    b".RMF": "RealAudio",
    b".ra\xfd": "RealAudio",
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

    That byte lies behind ID3 tags (no decoder needs them, and some take minutes for one with many
    fields) and behind what else stands before MPEG audio frames. The file's position is back at
    the start afterwards.

    Raises
    ------
    AudioError
        ``AUDIO_EMPTY`` without any bytes, ``AUDIO_UNSUPPORTED_CODEC`` for a known foreign format,
        ``AUDIO_NOT_AUDIO`` for anything else.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise AudioError("the file is empty", "AUDIO_EMPTY")
    found = _identified(file, head)
    file.seek(0)
    if found is None:
        raise AudioError("this is not an audio file", "AUDIO_NOT_AUDIO")
    return found


def _identified(file: BinaryIO, head: bytes) -> tuple[Container, int] | None:
    at, beginning, tags = 0, head, 0
    while True:
        container = _by_signature(beginning)
        if container is not None:
            return container, at
        tag_bytes = id3_length(beginning)
        zeros = _zeros(file, at) if beginning[:1] == b"\0" else 0
        if tags == _MOST_TAGS or not (tag_bytes or zeros):
            break
        tags += 1
        at += tag_bytes or zeros
        file.seek(at)
        beginning = file.read(HEAD_BYTES)
    start = frames.mpeg_frames_start(beginning)
    if start is None:
        # A tag that lies about its length: the frames may begin earlier than it says.
        at, start = 0, frames.mpeg_frames_start(head) if at else None
    return None if start is None else (Container.MP3, at + start)


def _zeros(file: BinaryIO, at: int) -> int:
    """Number of zeros from ``at`` on; 0 when they reach the end, or too far."""
    zeros = 0
    file.seek(at)
    while zeros < _MOST_ZEROS and (piece := file.read(HEAD_BYTES)):
        rest = piece.lstrip(b"\0")
        zeros += len(piece) - len(rest)
        if rest:
            return zeros
    return 0


def _by_signature(head: bytes) -> Container | None:
    """Recognise a container by its first bytes; None leaves MP3 open."""
    if head[:4] in {b"RIFF", b"RIFX", b"RF64", b"BW64"} and head[8:12] == b"WAVE":
        return Container.WAV
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return Container.AIFF
    if head[:4] == b"FRM8" and head[12:16] == b"DSD ":
        return Container.DSDIFF
    if head[4:8] in {b"ftyp", b"moov"}:
        return Container.MP4
    for signature, container in _SIGNATURES.items():
        if head.startswith(signature):
            return container
    for signature, name in _UNSUPPORTED.items():
        if head.startswith(signature):
            raise AudioError(f"{name} files are not supported", "AUDIO_UNSUPPORTED_CODEC")
    if head.lstrip().startswith(_FOREIGN):
        raise AudioError("this is not an audio file", "AUDIO_NOT_AUDIO")
    return _by_frames(head)


def _by_frames(head: bytes) -> Container | None:
    """Recognise a stream of frames without a header."""
    if frames.are_adts(head):
        return Container.AAC
    if frames.are_loas(head):
        return Container.LOAS
    if frames.are_ac3(head):
        return Container.AC3
    if frames.are_eac3(head):
        return Container.EAC3
    if frames.are_dts(head):
        return Container.DTS
    kind = frames.mlp_kind(head)
    return None if kind is None else Container(kind)


def id3_length(head: bytes) -> int:
    """Bytes that a leading ID3v2 tag takes by its own word, or 0 without one."""
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    footer = 10 if head[5] & 0x10 else 0
    return 10 + size + footer
