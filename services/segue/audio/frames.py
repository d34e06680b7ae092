"""Runs of frames: what proves a stream that has no header of its own.

A frame says how long it is. That where it ends another one of the same kind begins, several times
in a row, noise does not happen to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from segue.audio.formats import Container

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

_AC3_KBITS = (*_KBITS[1, 3], 384, 448, 512, 576, 640)
_AC3_RATES = (48_000, 44_100, 32_000)

_DTS_SYNC = (b"\x7f\xfe\x80\x01", b"\xfe\x7f\x01\x80", b"\x1f\xff\xe8\x00", b"\xff\x1f\x00\xe8")
"""Of 16 and 14 bits a word, each with either byte first: ETSI TS 102 114."""

_MARKS = (b"Xing", b"Info", b"VBRI")

Frame: TypeAlias = tuple[bytes, int]
"""What stays the same in all frames of a stream, and this frame's length in bytes."""


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


def counted_mpeg_seconds(data: bytes) -> float | None:
    """Length that the MPEG audio frame at the start of ``data`` says of those after it.

    Such a frame is silent and carries a table in place of sound, after ``Xing``, ``Info`` or
    ``VBRI``. None: this is none, or it does not count.
    """
    if _mpeg_frame(data, 0) is None:
        return None
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    mono = data[3] >> 6 == 3
    if layer != 3:
        return None
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    at = 4 + side
    frames = 0
    if data[at : at + 4] in {b"Xing", b"Info"} and len(data) >= at + 12:
        if data[at + 7] & 1:
            frames = int.from_bytes(data[at + 8 : at + 12], "big")
    elif data[36:40] == b"VBRI":
        frames = int.from_bytes(data[50:54], "big")
    rate = _mpeg_rate(version, data[2] >> 2 & 3)
    return frames * (1_152 if version == 3 else 576) / rate if frames else None


def counted_behind_tag(data: bytes) -> float | None:
    """As ``counted_mpeg_seconds``, of a frame that stands somewhere in ``data``."""
    for mark, places in ((b"Xing", (13, 21, 36)), (b"Info", (13, 21, 36)), (b"VBRI", (36,))):
        at = data.find(mark)
        for place in places:
            if at >= place and (counted := counted_mpeg_seconds(data[at - place :])) is not None:
                return counted
    return None


def may_count(frame: bytes) -> bool:
    """Whether an MPEG audio frame holds a mark where ``counted_mpeg_seconds`` looks for one."""
    return frame[36:40] in _MARKS or frame[21:25] in _MARKS or frame[13:17] in _MARKS


def _mpeg_rate(version: int, code: int) -> int:
    return (44_100, 48_000, 32_000)[code] // {3: 1, 2: 2, 0: 4}[version]


def _mpeg_frame(data: bytes, at: int) -> Frame | None:
    header = data[at : at + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate_code, bits_code, padding = header[2] >> 2 & 3, header[2] >> 4, header[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_code == 3 or bits_code in {0, 15}:
        return None
    rate = _mpeg_rate(version, rate_code)
    bits = 1_000 * _KBITS[1 if version == 3 else 2, layer][bits_code - 1]
    if layer == 1:
        length = (12 * bits // rate + padding) * 4
    else:
        length = (72 if layer == 3 and version != 3 else 144) * bits // rate + padding
    return bytes((header[1] & 0xFE, header[2] & 0x0C)), length


def are_adts(data: bytes) -> bool:
    """Whether ``data`` begins with a run of AAC frames in ADTS framing."""
    return _is_run(data, _adts_frame)


def are_loas(data: bytes) -> bool:
    """Whether ``data`` begins with a run of AAC frames in LATM, in LOAS framing."""
    return _is_run(data, _loas_frame)


def are_ac3(data: bytes) -> bool:
    """Whether ``data`` begins with a run of AC-3 frames."""
    return _is_run(data, _ac3_frame)


def are_eac3(data: bytes) -> bool:
    """Whether ``data`` begins with a run of Enhanced AC-3 frames."""
    return _is_run(data, _eac3_frame)


def are_dts(data: bytes) -> bool:
    """Whether ``data`` begins with DTS frames: two marks of the same kind, not far apart."""
    mark = data[:4]
    return mark in _DTS_SYNC and data.find(mark, 4, 4 + (1 << 15)) != -1


def mlp_kind(data: bytes) -> str | None:
    """``truehd`` or ``mlp`` when ``data`` begins with a major sync of either, and more follow."""
    mark = data[4:8]
    kinds = {b"\xf8\x72\x6f\xba": "truehd", b"\xf8\x72\x6f\xbb": "mlp"}
    return kinds.get(mark) if data.find(mark, 8) != -1 else None


def _bytes_of_run(frame: Callable[[bytes, int], Frame | None]) -> Callable[[bytes], int]:
    def frame_bytes(data: bytes) -> int:
        at = 0
        while at < len(data) and (found := frame(data, at)) is not None and found[1] > 0:
            at += found[1]
        return min(at, len(data))

    return frame_bytes


def _is_run(data: bytes, frame: Callable[[bytes, int], Frame | None]) -> bool:
    """Whether four frames of one kind follow one another from the start of ``data`` on."""
    at, kinds = 0, set()
    for _ in range(_RUN):
        found = frame(data, at)
        if found is None or found[1] <= 0:
            return False
        kinds.add(found[0])
        at += found[1]
    return len(kinds) == 1


def _adts_frame(data: bytes, at: int) -> Frame | None:
    header = data[at : at + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return None
    return b"", (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5


def _loas_frame(data: bytes, at: int) -> Frame | None:
    header = data[at : at + 3]
    if len(header) < 3 or header[0] != 0x56 or header[1] & 0xE0 != 0xE0:
        return None
    return b"", 3 + ((header[1] & 0x1F) << 8 | header[2])


def _ac3_frame(data: bytes, at: int) -> Frame | None:
    header = data[at : at + 6]
    if len(header) < 6 or header[:2] != b"\x0b\x77" or header[5] >> 3 > 10:
        return None
    rate_code, size_code = header[4] >> 6, header[4] & 0x3F
    if rate_code == 3 or size_code >= 2 * len(_AC3_KBITS):
        return None
    words = _AC3_KBITS[size_code // 2] * 96_000 // _AC3_RATES[rate_code]
    odd = size_code & 1 if rate_code == 1 else 0
    return bytes((rate_code,)), 2 * (words + odd)


def _eac3_frame(data: bytes, at: int) -> Frame | None:
    header = data[at : at + 6]
    if len(header) < 6 or header[:2] != b"\x0b\x77" or not 10 < header[5] >> 3 <= 16:
        return None
    return b"", 2 * (((header[2] & 7) << 8 | header[3]) + 1)


FRAME_BYTES: Mapping[Container, Callable[[bytes], int]] = {
    Container.MP3: _bytes_of_run(_mpeg_frame),
    Container.AAC: _bytes_of_run(_adts_frame),
    Container.LOAS: _bytes_of_run(_loas_frame),
    Container.AC3: _bytes_of_run(_ac3_frame),
    Container.EAC3: _bytes_of_run(_eac3_frame),
}
"""How much of a packet is frames by their own word: parsers leave what is none behind them."""
