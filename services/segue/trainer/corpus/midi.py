"""Notes and parts in beats, and Standard MIDI Files: written for FluidSynth, read from MMA."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

TICKS_PER_BEAT = 192
DRUM_CHANNEL = 9


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A note: start and length in beats (quarters), pitch and velocity in [1, 127]."""

    start: float
    length: float
    pitch: int
    velocity: int

    def moved(self, beats: float) -> Note:
        """The same note, later by ``beats``."""
        return replace(self, start=self.start + beats)


@dataclass(slots=True)
class Part:
    """What one player plays.

    Attributes
    ----------
    role
        ``drums``, ``bass``, ``chords``, ``pad``, ``lead`` or ``counter``.
    program
        General MIDI program in [0, 127]; for drums the kit.
    pan, volume
        Controllers 10 and 7, in [0, 127].
    """

    name: str
    role: str
    program: int
    notes: list[Note] = field(default_factory=list)
    pan: int = 64
    volume: int = 100


def _variable_length(value: int) -> bytes:
    septets = [value & 0x7F]
    while value := value >> 7:
        septets.append(0x80 | (value & 0x7F))
    return bytes(reversed(septets))


def _chunk(events: list[tuple[int, int, bytes]]) -> bytes:
    body = bytearray()
    now = 0
    for tick, _, message in sorted(events):
        body += _variable_length(tick - now) + message
        now = tick
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def write_midi(
    parts: Sequence[Part], tempos: Sequence[tuple[float, float]], detune_cents: float = 0.0
) -> bytes:
    """A format 1 file with one track per part.

    ``tempos``: pairs of beat and beats per minute, the first at beat 0. ``detune_cents``: pitch of
    every melodic part, in [-200, 200). At most 15 melodic parts fit; drums share channel 10.
    """
    channels = iter(number for number in range(16) if number != DRUM_CHANNEL)
    tempo_events = [
        (
            round(beat * TICKS_PER_BEAT),
            0,
            b"\xff\x51\x03" + round(60e6 / bpm).to_bytes(3, "big"),
        )
        for beat, bpm in tempos
    ]
    chunks = [_chunk(tempo_events)]
    bend = 8192 + round(detune_cents / 200 * 8192)
    for part in parts:
        channel = DRUM_CHANNEL if part.role == "drums" else next(channels)
        events = [
            (0, 0, bytes((0xC0 | channel, part.program))),
            (0, 0, bytes((0xB0 | channel, 7, part.volume))),
            (0, 0, bytes((0xB0 | channel, 10, part.pan))),
        ]
        if part.role != "drums":
            events.append((0, 0, bytes((0xE0 | channel, bend & 0x7F, bend >> 7))))
        for note in part.notes:
            start = max(0, round(note.start * TICKS_PER_BEAT))
            end = start + max(1, round(note.length * TICKS_PER_BEAT))
            events.append((start, 2, bytes((0x90 | channel, note.pitch, note.velocity))))
            events.append((end, 1, bytes((0x80 | channel, note.pitch, 0))))
        chunks.append(_chunk(events))
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(chunks), TICKS_PER_BEAT)
    return header + b"".join(chunks)


def _events(track: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Ticks, status and data of a track's events; meta events have status 0xFF."""
    position = tick = status = 0

    def variable_length() -> int:
        nonlocal position
        value = 0
        while True:
            byte = track[position]
            position += 1
            value = value << 7 | (byte & 0x7F)
            if byte < 0x80:
                return value

    while position < len(track):
        tick += variable_length()
        if track[position] >= 0x80:
            status = track[position]
            position += 1
        if status == 0xFF:
            kind = track[position : position + 1]
            position += 1
            size = variable_length()
            yield tick, status, kind + track[position : position + size]
        elif status in (0xF0, 0xF7):
            size = variable_length()
        else:
            size = 1 if status & 0xF0 in (0xC0, 0xD0) else 2
            yield tick, status, track[position : position + size]
        position += size


def read_midi(data: bytes) -> list[Part]:
    """Parts of a format 1 file, one per track and program; tempo and controllers are dropped.

    Roles are ``drums`` on channel 10, ``bass`` for programs 32-39, ``pad`` for ensembles and pads
    (48-55, 88-95), else ``chords``.
    """
    ticks_per_beat = struct.unpack(">H", data[12:14])[0]
    position = 14
    parts: dict[tuple[int, str, int], Part] = {}
    number = 0
    while position < len(data):
        (size,) = struct.unpack(">I", data[position + 4 : position + 8])
        track = data[position + 8 : position + 8 + size]
        position += 8 + size
        number += 1
        name, program = "", 0
        sounding: dict[int, tuple[int, int]] = {}
        for tick, status, values in _events(track):
            kind, channel = status & 0xF0, status & 0x0F
            if status == 0xFF:
                if values[:1] == b"\x03":
                    name = values[1:].decode("latin-1")
            elif kind == 0xC0:
                program = values[0]
            elif kind in (0x80, 0x90) and values[0] in sounding:
                start, velocity = sounding.pop(values[0])
                role = _role(channel, program)
                part = parts.setdefault((number, role, program), Part(name, role, program))
                beats = max(tick - start, 1) / ticks_per_beat
                part.notes.append(Note(start / ticks_per_beat, beats, int(values[0]), velocity))
            if kind == 0x90 and values[1] > 0:
                sounding[values[0]] = (tick, values[1])
    return [part for part in parts.values() if part.notes]


def _role(channel: int, program: int) -> str:
    if channel == DRUM_CHANNEL:
        return "drums"
    if program in range(32, 40):
        return "bass"
    if program in range(48, 56) or program in range(88, 96):
        return "pad"
    return "chords"
