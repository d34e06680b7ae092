"""The audio of a large clip, taken out of its request before that is parsed.

Parsing copies it, and so does reading the field; both on the event loop, which stands still
meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import NamedTuple

from segue.v1.similarity_service_pb2 import ClipSeed, SearchSimilarTracksRequest, Seed

_PATH = (
    SearchSimilarTracksRequest.SEED_FIELD_NUMBER,
    Seed.CLIP_FIELD_NUMBER,
    ClipSeed.AUDIO_FIELD_NUMBER,
)

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}
_MOST_VARINT_BYTES = 10

_taken: ContextVar[memoryview | None] = ContextVar("audio of the current request", default=None)


def audio_taken_out() -> memoryview | None:
    """What :func:`take_audio_out` kept of the current call's request; None: nothing."""
    return _taken.get()


def take_audio_out(raw: bytes) -> bytes:
    """A search without the audio of the clip that is its one seed, which is kept for the call.

    One without a clip is given back as it is, as is one that names a part of it twice, or is no
    request at all: what that means is left to the parser.

    Parameters
    ----------
    raw
        A ``SearchSimilarTracksRequest`` or a ``SearchSegmentsRequest``, whose seed is field 1 of
        both, in protobuf's encoding.
    """
    whole = memoryview(raw)
    inside = whole
    around: list[tuple[memoryview, memoryview]] = []
    try:
        for number in _PATH:
            found = [one for one in _fields(inside) if one.number == number]
            if len(found) != 1 or found[0].wire_type != _BYTES:
                return raw
            field = found[0]
            around.append((inside[: field.start], inside[field.end :]))
            inside = field.value
    except _NotRead:
        return raw
    _taken.set(inside)
    rest = b""
    for number, (before, after) in zip(reversed(_PATH), reversed(around), strict=True):
        field_key = _varint(number << 3 | _BYTES)
        rest = b"".join((before, field_key, _varint(len(rest)), rest, after))
    return rest


class _NotRead(Exception):  # never leaves this module
    """The bytes are not fields, or of a kind that is not in use any more."""


class _Field(NamedTuple):
    """One field of a message: where it stands there, its key included, and its value."""

    number: int
    wire_type: int
    start: int
    end: int
    value: memoryview


def _fields(message: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        wire_type = key & 7
        if wire_type == _VARINT:
            _, end = _read_varint(message, at)
        elif wire_type == _BYTES:
            size, at = _read_varint(message, at)
            end = at + size
        elif wire_type in _FIXED_SIZES:
            end = at + _FIXED_SIZES[wire_type]
        else:
            raise _NotRead
        if end > len(message):
            raise _NotRead
        yield _Field(key >> 3, wire_type, start, end, message[at:end])
        at = end


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    number = 0
    for place, byte in enumerate(message[at : at + _MOST_VARINT_BYTES]):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    raise _NotRead


def _varint(number: int) -> bytes:
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
