"""Moods: how each one bends tempo, mode, dynamics, register and sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mood:
    """What a mood changes.

    Attributes
    ----------
    tempo
        Factor on the genre's tempo.
    scales
        Names out of ``theory.SCALES`` to choose from.
    velocity
        Centre of the dynamics, in [1, 127].
    register
        Shift of the melody in semitones.
    density
        Share of the grid on which the melody plays, in [0, 1].
    legato
        Note length as a share of the distance to the next note.
    tilt_db
        Spectral tilt: gain at the top minus gain at the bottom, in dB.
    space
        Reverberation, in [0, 1].
    """

    tempo: float
    scales: tuple[str, ...]
    velocity: int
    register: int
    density: float
    legato: float
    tilt_db: float
    space: float


MOODS: Mapping[str, Mood] = {
    "happy": Mood(1.1, ("major", "mixolydian", "major pentatonic"), 92, 4, 0.6, 0.75, 2.0, 0.25),
    "calm": Mood(0.82, ("major", "lydian", "major pentatonic"), 66, 0, 0.35, 1.0, -2.0, 0.5),
    "dark": Mood(0.9, ("phrygian", "harmonic minor", "minor"), 84, -7, 0.4, 0.95, -4.0, 0.55),
    "energetic": Mood(
        1.25, ("mixolydian", "minor", "dorian", "major"), 112, 3, 0.75, 0.65, 3.0, 0.15
    ),
    "melancholic": Mood(
        0.78, ("minor", "harmonic minor", "minor pentatonic"), 70, -2, 0.4, 1.0, -2.5, 0.45
    ),
    "romantic": Mood(0.85, ("major", "lydian", "dorian"), 76, 0, 0.45, 1.0, -1.0, 0.45),
    "epic": Mood(1.05, ("minor", "dorian", "harmonic minor"), 108, 2, 0.5, 0.95, 1.0, 0.6),
    "dreamy": Mood(0.88, ("lydian", "dorian", "major pentatonic"), 68, 6, 0.35, 1.1, 0.0, 0.8),
}
