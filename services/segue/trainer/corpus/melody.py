"""Melodies by rule: motifs in phrases, chord tones on strong beats, steps more often than leaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segue.trainer.corpus.midi import Note
from segue.trainer.corpus.theory import Chord, nearest, scale_pitches


@dataclass(frozen=True, slots=True)
class Voice:
    """What a melody instrument does.

    Attributes
    ----------
    low, high
        Closed pitch range.
    density
        Share of the eighths that carry an onset, in [0, 1].
    legato
        Note length as a share of the distance to the next onset.
    swing
        Place of the second eighth within a beat: 0.5 is straight.
    """

    tonic: int
    scale: str
    low: int
    high: int
    density: float
    legato: float
    velocity: int
    swing: float = 0.5


def _rhythm(rng: np.random.Generator, beats: int, density: float) -> tuple[float, ...]:
    """Onsets in one bar: the beats are likelier than what lies between."""
    steps = beats * 4
    weights = np.array([(1.5, 0.15, 0.9, 0.25)[step % 4] for step in range(steps)])
    weights[0] = 3.0
    count = int(np.clip(rng.normal(density * beats * 2.4, 0.8), 1, steps // 2 + 2))
    chosen = rng.choice(steps, size=count, replace=False, p=weights / weights.sum())
    return tuple(sorted(float(step) / 4 for step in chosen))


def compose_melody(
    rng: np.random.Generator, chords: Sequence[Chord], beats: int, voice: Voice
) -> list[Note]:
    """A melody over one chord per bar; notes are counted from beat 0.

    Bars follow the plan motif, answer, motif, cadence. Every pitch lies in the scale or the chord
    of its bar, and within [voice.low, voice.high].
    """
    rhythms = [_rhythm(rng, beats, voice.density) for _ in range(2)]
    rhythms.append(_rhythm(rng, beats, voice.density * 0.5))
    contours = [rng.choice([-2, -1, -1, 0, 1, 1, 2, 3], size=24) for _ in range(2)]
    scale = scale_pitches(voice.tonic, voice.scale, voice.low, voice.high)
    middle = (voice.low + voice.high) / 2
    pitch = nearest(middle + rng.normal(0, 3), scale)
    plan = (0, 1, 0, 2)
    notes: list[Note] = []
    for number, chord in enumerate(chords):
        figure = plan[number % 4]
        onsets = rhythms[figure]
        contour = contours[figure % 2]
        tones = [
            tone for tone in range(voice.low, voice.high + 1) if tone % 12 in chord.pitch_classes
        ]
        if number % 4 == 0:
            pitch = nearest(pitch * 0.5 + middle * 0.5, tones)
        for place, onset in enumerate(onsets):
            index = scale.index(nearest(pitch, scale)) + int(contour[place])
            pitch = scale[int(np.clip(index, 0, len(scale) - 1))]
            # Onsets are halves and quarters of a beat, which are exact.
            if onset % 1 == 0 or (figure == 2 and place == len(onsets) - 1):
                pitch = nearest(pitch, tones)
            after = onsets[place + 1] if place + 1 < len(onsets) else float(beats)
            start = number * beats + onset
            if onset % 1 == 0.5:
                start += voice.swing - 0.5
            accent = 6 if onset % 2 == 0 else 0
            loud = int(np.clip(voice.velocity + accent + rng.normal(0, 5), 20, 127))
            notes.append(Note(start, max(0.1, (after - onset) * voice.legato), pitch, loud))
    return notes


def harmonise(notes: Sequence[Note], voice: Voice, steps: int = -2) -> list[Note]:
    """The same notes a number of scale steps away, a third below by default, and softer."""
    scale = scale_pitches(voice.tonic, voice.scale, voice.low - 12, voice.high + 12)
    second = []
    for note in notes:
        index = scale.index(nearest(note.pitch, scale)) + steps
        pitch = scale[int(np.clip(index, 0, len(scale) - 1))]
        second.append(Note(note.start, note.length, pitch, max(1, note.velocity - 14)))
    return second
