"""Notes and parts in beats, and Standard MIDI Files: written for FluidSynth, read from MMA."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import mido  # type: ignore[import-untyped]

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


def write_midi(
    parts: Sequence[Part], tempos: Sequence[tuple[float, float]], detune_cents: float = 0.0
) -> bytes:
    """A format 1 file: one track for the tempo, then one for each part.

    Parameters
    ----------
    parts
        At most 15 melodic ones; drums share channel 10.
    tempos
        Pairs of beat and beats per minute, the first at beat 0.
    detune_cents
        Pitch of every melodic part, in [-200, 200).

    Returns
    -------
    bytes
        The file, with ``TICKS_PER_BEAT``.
    """
    channels = iter(number for number in range(16) if number != DRUM_CHANNEL)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    changes = [
        (_ticks(beat), mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm)))
        for beat, bpm in tempos
    ]
    file.tracks.append(_track(changes))
    for part in parts:
        drums = part.role == "drums"
        channel = DRUM_CHANNEL if drums else next(channels)
        bend_cents = None if drums else detune_cents
        file.tracks.append(_track([*_settings(part, channel, bend_cents), *_notes(part, channel)]))
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()


def _ticks(beats: float) -> int:
    return round(beats * TICKS_PER_BEAT)


def _settings(
    part: Part, channel: int, bend_cents: float | None
) -> Iterator[tuple[int, mido.Message]]:
    def message(kind: str, **values: int) -> tuple[int, mido.Message]:
        return 0, mido.Message(kind, channel=channel, **values)

    yield message("control_change", control=7, value=part.volume)
    yield message("control_change", control=10, value=part.pan)
    yield message("program_change", program=part.program)
    if bend_cents is not None:
        yield message("pitchwheel", pitch=round(bend_cents / 200 * 8192))


def _notes(part: Part, channel: int) -> Iterator[tuple[int, mido.Message]]:
    """The ends of notes come before the beginnings of others at the same tick."""
    events = []
    for note in part.notes:
        start = max(0, _ticks(note.start))
        end = start + max(1, _ticks(note.length))
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)
        events += [(start, on), (end, off)]
    events.sort(key=lambda event: (event[0], event[1].type == "note_on", event[1].bytes()))
    yield from events


def _track(events: Sequence[tuple[int, mido.Message]]) -> mido.MidiTrack:
    """A track of events whose ticks count from its beginning; they are in order."""
    track, now = mido.MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def read_midi(data: bytes) -> list[Part]:
    """Parts of a format 1 file, one per track and program; tempo and controllers are dropped.

    Roles are ``drums`` on channel 10, ``bass`` for programs 32-39, ``pad`` for ensembles and pads
    (48-55, 88-95), else ``chords``.
    """
    file = mido.MidiFile(file=io.BytesIO(data))
    parts: dict[tuple[int, str, int], Part] = {}
    for number, track in enumerate(file.tracks):
        program = tick = 0
        sounding: dict[int, tuple[int, int]] = {}
        for message in track:
            tick += message.time
            if message.type == "program_change":
                program = message.program
            if message.type not in ("note_on", "note_off"):
                continue
            if message.note in sounding:
                start, velocity = sounding.pop(message.note)
                role = _role(message.channel, program)
                part = parts.setdefault((number, role, program), Part(track.name, role, program))
                beats = max(tick - start, 1) / file.ticks_per_beat
                part.notes.append(Note(start / file.ticks_per_beat, beats, message.note, velocity))
            if message.type == "note_on" and message.velocity > 0:
                sounding[message.note] = (tick, message.velocity)
    return list(parts.values())


def _role(channel: int, program: int) -> str:
    if channel == DRUM_CHANNEL:
        return "drums"
    if program in range(32, 40):
        return "bass"
    if program in range(48, 56) or program in range(88, 96):
        return "pad"
    return "chords"
