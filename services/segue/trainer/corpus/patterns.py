"""Accompaniment patterns: what bass and chord players do with one bar of harmony.

A pattern is made once per track from a random generator, which fixes its rhythm and habits, and
then plays bar after bar: the same player throughout the track.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from segue.trainer.corpus.midi import Note
from segue.trainer.corpus.theory import Chord


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar to accompany.

    Attributes
    ----------
    start
        In beats from the beginning of the track.
    following
        The chord of the next bar.
    velocity
        Centre of the dynamics, in [1, 127].
    energy
        In [0, 1].
    number
        Counted from 0 within the section.
    """

    start: float
    beats: int
    chord: Chord
    following: Chord
    velocity: int
    energy: float
    number: int


Player: TypeAlias = Callable[[Bar], list[Note]]
Pattern: TypeAlias = Callable[[np.random.Generator, int, int], Player]
"""From a generator, the lowest pitch and the beats of a bar to a player."""


def euclidean(pulses: int, steps: int, rotation: int = 0) -> tuple[int, ...]:
    """Steps, ascending, on which ``pulses`` onsets lie as evenly as possible (Toussaint, 2005)."""
    onsets = {(pulse * steps // pulses + rotation) % steps for pulse in range(pulses)}
    return tuple(sorted(onsets))


def _root(chord: Chord, low: int) -> int:
    return low + (chord.root - low) % 12


def _soft(rng: np.random.Generator, velocity: float) -> int:
    return int(np.clip(velocity + rng.normal(0, 4), 1, 127))


def _bass(
    rng: np.random.Generator, low: int, beats: int, *, steps: tuple[float, ...], length: float
) -> Player:
    """Repeated roots at the given starts within a beat, some of them an octave up or a fifth."""
    colour = rng.choice([0, 0, 0, 7, 12], size=beats * len(steps))

    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        notes = []
        for beat in range(beats):
            for place, step in enumerate(steps):
                rise = int(colour[beat * len(steps) + place]) if beat + place else 0
                accent = 8 if place == 0 else 0
                velocity = _soft(rng, bar.velocity + accent)
                notes.append(Note(bar.start + beat + step, length, root + rise, velocity))
        return notes

    return play


def _octave_bass(rng: np.random.Generator, low: int, beats: int) -> Player:
    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        return [
            Note(bar.start + half / 2, 0.42, root + 12 * (half % 2), _soft(rng, bar.velocity + 4))
            for half in range(2 * beats)
        ]

    return play


def _pedal_bass(rng: np.random.Generator, low: int, beats: int) -> Player:
    again = rng.random() < 0.4

    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        if again and bar.number % 2:
            half = beats / 2
            return [
                Note(bar.start, half, root, _soft(rng, bar.velocity)),
                Note(bar.start + half, half, root, _soft(rng, bar.velocity - 8)),
            ]
        return [Note(bar.start, beats * 0.98, root, _soft(rng, bar.velocity))]

    return play


def _root_fifth_bass(rng: np.random.Generator, low: int, beats: int) -> Player:
    syncopated = rng.random() < 0.4

    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        places: tuple[tuple[float, int], ...]
        if beats == 3:
            places = ((0.0, 0), (2.0, 7)) if bar.number % 2 else ((0.0, 0),)
        elif syncopated:
            places = ((0.0, 0), (1.5, 7), (2.0, 7), (3.5, 12))
        else:
            places = ((0.0, 0), (2.0, 7))
        length = 0.45 if syncopated else 0.9
        return [
            Note(bar.start + place, length, root + rise, _soft(rng, bar.velocity + 4))
            for place, rise in places
        ]

    return play


def _walking_bass(rng: np.random.Generator, low: int, beats: int) -> Player:
    def play(bar: Bar) -> list[Note]:
        tones = bar.chord.voiced(_root(bar.chord, low), 4)
        goal = _root(bar.following, low)
        line = [tones[0], *(int(tone) for tone in rng.choice(tones[1:], size=beats - 2))]
        line.append(goal + int(rng.choice([-1, 1, 2])))
        return [
            Note(bar.start + beat, 0.9, pitch, _soft(rng, bar.velocity + 4))
            for beat, pitch in enumerate(line)
        ]

    return play


def _reggae_bass(rng: np.random.Generator, low: int, beats: int) -> Player:
    places = sorted({0, *rng.choice(np.arange(2, beats * 2), size=3, replace=False).tolist()})
    rises = rng.choice([0, 0, 7, 12, -5], size=len(places))

    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        return [
            Note(bar.start + place / 2, 0.6, max(24, root + int(rise)), _soft(rng, bar.velocity))
            for place, rise in zip(places, rises, strict=True)
        ]

    return play


def _sustain(rng: np.random.Generator, low: int, beats: int, *, voices: int = 4) -> Player:
    low = low + int(rng.integers(-2, 4))

    def play(bar: Bar) -> list[Note]:
        return [
            Note(bar.start, beats * 0.99, pitch, _soft(rng, bar.velocity - 6))
            for pitch in bar.chord.voiced(low, voices)
        ]

    return play


def _drone(rng: np.random.Generator, low: int, beats: int) -> Player:
    held: list[int] = []

    def play(bar: Bar) -> list[Note]:
        if not held:
            root = _root(bar.chord, low)
            held.extend((root, root + 7, root + 12))
        return [Note(bar.start, beats, pitch, _soft(rng, bar.velocity - 8)) for pitch in held]

    return play


def _rhythm(
    rng: np.random.Generator, low: int, beats: int, *, steps_per_beat: int, pulses: float
) -> Player:
    """Chords on a Euclidean rhythm that stays for the whole track."""
    steps = beats * steps_per_beat
    onsets = euclidean(
        max(1, round(pulses * steps * rng.uniform(0.75, 1.25))), steps, int(rng.integers(0, 3))
    )
    length = float(rng.choice([0.25, 0.4, 0.9])) * 2 / steps_per_beat
    voices = int(rng.integers(3, 5))

    def play(bar: Bar) -> list[Note]:
        pitches = bar.chord.voiced(low, voices)
        return [
            Note(bar.start + onset / steps_per_beat, length, pitch, _soft(rng, bar.velocity - 4))
            for onset in onsets
            for pitch in pitches
        ]

    return play


def _pulse(rng: np.random.Generator, low: int, beats: int) -> Player:
    per_beat = int(rng.choice([1, 2]))
    waltz = beats == 3 and rng.random() < 0.5

    def play(bar: Bar) -> list[Note]:
        pitches = bar.chord.voiced(low, 3)
        notes = []
        for step in range(beats * per_beat):
            if waltz and step == 0:
                continue
            accent = 6 if step % per_beat == 0 else -6
            notes += [
                Note(
                    bar.start + step / per_beat,
                    0.8 / per_beat,
                    pitch,
                    _soft(rng, bar.velocity - 8 + accent),
                )
                for pitch in pitches
            ]
        return notes

    return play


def _offbeat(rng: np.random.Generator, low: int, beats: int) -> Player:
    length = rng.uniform(0.12, 0.35)

    def play(bar: Bar) -> list[Note]:
        waltz = [1.0, 2.0] if beats == 3 else [beat + 0.5 for beat in range(beats)]
        return [
            Note(bar.start + place, length, pitch, _soft(rng, bar.velocity))
            for place in waltz
            for pitch in bar.chord.voiced(low, 3)
        ]

    return play


def _arpeggio(
    rng: np.random.Generator, low: int, beats: int, *, per_beat: int, span: int
) -> Player:
    shapes: tuple[tuple[int, ...], ...] = (
        tuple(range(span)),
        tuple(reversed(range(span))),
        (*range(span), *reversed(range(1, span - 1))),
        tuple(int(step) for step in rng.permutation(span)),
    )
    shape = shapes[int(rng.integers(len(shapes)))]
    length = float(rng.choice([0.8, 1.0, 2.0])) / per_beat

    def play(bar: Bar) -> list[Note]:
        pitches = bar.chord.voiced(low, span)
        return [
            Note(
                bar.start + step / per_beat,
                length,
                pitches[shape[step % len(shape)] % len(pitches)],
                _soft(rng, bar.velocity - 4 + (6 if step % per_beat == 0 else 0)),
            )
            for step in range(beats * per_beat)
        ]

    return play


def _alberti(rng: np.random.Generator, low: int, beats: int) -> Player:
    per_beat = int(rng.choice([2, 4]))

    def play(bar: Bar) -> list[Note]:
        tones = bar.chord.voiced(low, 3)
        shape = (tones[0], tones[-1], tones[len(tones) // 2], tones[-1])
        return [
            Note(
                bar.start + step / per_beat,
                1 / per_beat,
                shape[step % 4],
                _soft(rng, bar.velocity - 8),
            )
            for step in range(beats * per_beat)
        ]

    return play


def _broken(rng: np.random.Generator, low: int, beats: int) -> Player:
    """A wide left hand: a low root, then the chord broken upwards, held by the pedal."""
    order = rng.permutation(4)

    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        tones = bar.chord.voiced(root + 7, 5)
        notes = [Note(bar.start, beats * 0.98, root, _soft(rng, bar.velocity))]
        for step in range(1, beats * 2):
            pitch = tones[int(order[step % 4]) % len(tones)]
            rest = beats - step / 2
            notes.append(
                Note(bar.start + step / 2, min(rest, 1.5), pitch, _soft(rng, bar.velocity - 10))
            )
        return notes

    return play


def _strum(rng: np.random.Generator, low: int, beats: int) -> Player:
    hits = [step for step in range(beats * 2) if step in (0, beats) or rng.random() < 0.65]
    spread = rng.uniform(0.01, 0.04)

    def play(bar: Bar) -> list[Note]:
        pitches = bar.chord.voiced(low, 5)
        notes = []
        for place, hit in enumerate(hits):
            after = hits[place + 1] if place + 1 < len(hits) else beats * 2
            strings = pitches if hit % 2 == 0 else pitches[::-1][:4]
            notes += [
                Note(
                    bar.start + hit / 2 + string * spread,
                    (after - hit) / 2 * 0.95,
                    pitch,
                    _soft(rng, bar.velocity - (0 if hit % 2 == 0 else 12)),
                )
                for string, pitch in enumerate(strings)
            ]
        return notes

    return play


def _travis(rng: np.random.Generator, low: int, beats: int) -> Player:
    """Finger picking: the thumb alternates on the beats, the fingers fill between."""
    fingers = rng.integers(0, 3, size=beats * 2)
    silent = rng.random(beats * 2) < 0.25

    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        upper = bar.chord.voiced(root + 11, 3)
        notes = [
            Note(bar.start + beat, 1.0, root + (7 if beat % 2 else 0), _soft(rng, bar.velocity))
            for beat in range(beats)
        ]
        notes += [
            Note(
                bar.start + step / 2,
                0.9,
                upper[int(fingers[step]) % len(upper)],
                _soft(rng, bar.velocity - 8),
            )
            for step in range(beats * 2)
            if step % 2 and not silent[step]
        ]
        return notes

    return play


def _power(
    rng: np.random.Generator, low: int, beats: int, *, cell: tuple[tuple[float, float], ...]
) -> Player:
    """Power chords, palm-muted but for accents; ``cell`` gives start and length in a beat."""
    accents = set(rng.choice(beats, size=int(rng.integers(1, 3)), replace=False).tolist())

    def play(bar: Bar) -> list[Note]:
        root = _root(bar.chord, low)
        notes = []
        for beat in range(beats):
            for place, length in cell:
                open_string = beat in accents and place == 0
                pitches = (root, root + 7, root + 12) if open_string else (root, root + 7)
                notes += [
                    Note(
                        bar.start + beat + place,
                        length * (1.0 if open_string else 0.55),
                        pitch,
                        _soft(rng, bar.velocity + (6 if open_string else -6)),
                    )
                    for pitch in pitches
                ]
        return notes

    return play


def _tremolo(rng: np.random.Generator, low: int, beats: int) -> Player:
    def play(bar: Bar) -> list[Note]:
        pitches = bar.chord.voiced(low, 2)
        return [
            Note(bar.start + step / 4, 0.25, pitch, _soft(rng, bar.velocity - 8))
            for step in range(beats * 4)
            for pitch in pitches
        ]

    return play


def _ostinato(rng: np.random.Generator, low: int, beats: int) -> Player:
    per_beat = int(rng.choice([2, 3, 4]))
    figure = rng.choice([0, 0, 0, 1, 2, 1], size=beats * per_beat)
    figure[0] = 0

    def play(bar: Bar) -> list[Note]:
        tones = bar.chord.voiced(_root(bar.chord, low), 3)
        return [
            Note(
                bar.start + step / per_beat,
                0.7 / per_beat,
                tones[int(choice) % len(tones)],
                _soft(rng, bar.velocity - (0 if step % per_beat == 0 else 10)),
            )
            for step, choice in enumerate(figure)
        ]

    return play


def _fanfare(rng: np.random.Generator, low: int, beats: int) -> Player:
    starts = sorted({0.0, *rng.choice(np.arange(1, beats * 2) / 2, size=3).tolist()})
    steps = rng.integers(0, 4, size=len(starts))

    def play(bar: Bar) -> list[Note]:
        if bar.number % 2:
            return []
        tones = bar.chord.voiced(low, 4)
        notes = []
        for place, start in enumerate(starts):
            after = starts[place + 1] if place + 1 < len(starts) else float(beats)
            pitch = tones[int(steps[place]) % len(tones)]
            length = (after - start) * 0.9
            velocity = _soft(rng, bar.velocity + 6)
            notes.append(Note(bar.start + start, length, pitch, velocity))
            notes.append(Note(bar.start + start, length, pitch - 12, velocity))
        return notes

    return play


def _sparse(rng: np.random.Generator, low: int, beats: int) -> Player:
    starts = sorted(rng.choice(np.arange(beats * 2) / 2, size=2, replace=False).tolist())

    def play(bar: Bar) -> list[Note]:
        tones = bar.chord.voiced(low, 5)
        return [
            Note(bar.start + start, 2.0, int(rng.choice(tones)), _soft(rng, bar.velocity - 6))
            for start in starts
            if rng.random() < 0.75
        ]

    return play


PATTERNS: Mapping[str, Pattern] = {
    "eighth bass": partial(_bass, steps=(0.0, 0.5), length=0.45),
    "sixteenth bass": partial(_bass, steps=(0.0, 0.25, 0.5, 0.75), length=0.2),
    "gallop bass": partial(_bass, steps=(0.0, 0.5, 0.75), length=0.22),
    "offbeat bass": partial(_bass, steps=(0.5,), length=0.4),
    "octave bass": _octave_bass,
    "pedal bass": _pedal_bass,
    "root-fifth bass": _root_fifth_bass,
    "walking bass": _walking_bass,
    "reggae bass": _reggae_bass,
    "sustain": _sustain,
    "drone": _drone,
    "stabs": partial(_rhythm, steps_per_beat=4, pulses=0.25),
    "comping": partial(_rhythm, steps_per_beat=2, pulses=0.35),
    "pulse": _pulse,
    "offbeat": _offbeat,
    "arpeggio": partial(_arpeggio, per_beat=2, span=4),
    "running": partial(_arpeggio, per_beat=4, span=6),
    "alberti": _alberti,
    "broken": _broken,
    "strum": _strum,
    "travis": _travis,
    "power chug": partial(_power, cell=((0.0, 0.5), (0.5, 0.5))),
    "gallop": partial(_power, cell=((0.0, 0.5), (0.5, 0.25), (0.75, 0.25))),
    "tremolo": _tremolo,
    "ostinato": _ostinato,
    "fanfare": _fanfare,
    "sparse": _sparse,
}
"""Pattern name to pattern; drum patterns are in ``drums``."""
