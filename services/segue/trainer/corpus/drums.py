"""Drum patterns on a grid of sixteenths (General MIDI percussion)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segue.trainer.corpus.midi import Note
from segue.trainer.corpus.patterns import Bar, Pattern, Player, euclidean

KICK, SIDE_STICK, SNARE, CLAP = 36, 37, 38, 39
CLOSED_HAT, OPEN_HAT, CRASH, RIDE = 42, 46, 49, 51
LOW_TOM, MIDDLE_TOM, HIGH_TOM = 45, 47, 50
TAMBOURINE, HIGH_BONGO, HIGH_CONGA, LOW_CONGA = 54, 60, 63, 64
MARACAS, CLAVES, COWBELL, SHAKER = 70, 75, 56, 82
TIMPANI, CONCERT_SNARE, CONCERT_BASS, CONCERT_CYMBAL = 41, 38, 35, 57

_GRID: Mapping[str, Mapping[int, str]] = {
    "rock drums": {
        KICK: "x.......x.x.....",
        SNARE: "....x.......x...",
        CLOSED_HAT: "x.x.x.x.x.x.x.x.",
    },
    "half-time drums": {
        KICK: "x.....x.........",
        SNARE: "........x.......",
        CLOSED_HAT: "x...x...x...x...",
    },
    "driving drums": {
        KICK: "x...x...x...x...",
        SNARE: "..x...x...x...x.",
        CLOSED_HAT: "x.x.x.x.x.x.x.x.",
    },
    "metal drums": {
        KICK: "xxxxxxxxxxxxxxxx",
        SNARE: "....x.......x...",
        RIDE: "x...x...x...x...",
    },
    "blast drums": {
        KICK: "x.x.x.x.x.x.x.x.",
        SNARE: ".x.x.x.x.x.x.x.x",
        RIDE: "x.x.x.x.x.x.x.x.",
    },
    "four-on-the-floor drums": {
        KICK: "x...x...x...x...",
        CLAP: "....x.......x...",
        OPEN_HAT: "..x...x...x...x.",
        CLOSED_HAT: "x.xxx.xxx.xxx.xx",
    },
    "breakbeat drums": {
        KICK: "x.x.......x.....",
        SNARE: "....x..x.x..x..x",
        CLOSED_HAT: "x.x.x.x.x.x.x.x.",
    },
    "trap drums": {
        KICK: "x......x..x.....",
        CLAP: "........x.......",
        CLOSED_HAT: "x.x.x.x.xxx.x.xx",
    },
    "boom-bap drums": {
        KICK: "x..x......x.....",
        SNARE: "....x.......x...",
        CLOSED_HAT: "x.x.x.x.x.x.x.x.",
    },
    "swing drums": {
        RIDE: "x...x..xx...x..x",
        CLOSED_HAT: "....x.......x...",
        KICK: "x.......x.......",
    },
    "brushes": {
        SNARE: "x...x..xx...x..x",
        KICK: "x.......x.......",
        CLOSED_HAT: "....x.......x...",
    },
    "train drums": {
        SNARE: "xxxxxxxxxxxxxxxx",
        KICK: "x...x...x...x...",
    },
    "latin drums": {
        SHAKER: "xxxxxxxxxxxxxxxx",
        CLAVES: "x..x..x...x.x...",
        LOW_CONGA: "......xx......xx",
        HIGH_CONGA: "..x.......x.....",
    },
    "one-drop drums": {
        KICK: "........x.......",
        SIDE_STICK: "........x.......",
        CLOSED_HAT: "x.x.x.x.x.x.x.x.",
    },
    "frame drum": {
        LOW_CONGA: "x.....x.x.......",
        HIGH_BONGO: "..x.x.....x.x.x.",
        TAMBOURINE: "....x.......x...",
    },
    "claps": {CLAP: "....x.......x...", TAMBOURINE: "x.x.x.x.x.x.x.x."},
    "march drums": {
        CONCERT_SNARE: "x..xx.x.x..xx.xx",
        CONCERT_BASS: "x.......x.......",
    },
    "orchestral drums": {
        TIMPANI: "x...........x.x.",
        CONCERT_BASS: "x...............",
        CONCERT_CYMBAL: "x...............",
    },
    "taiko drums": {
        CONCERT_BASS: "x..x..x.x..x..x.",
        LOW_TOM: "x.x..x..x.x..x..",
        TIMPANI: "x.......x...x...",
    },
}
_STEADY = {CLOSED_HAT, RIDE, SHAKER, TAMBOURINE, MARACAS}


def _drums(name: str) -> Pattern:
    def pattern(rng: np.random.Generator, low: int, beats: int) -> Player:
        del low
        steps = beats * 4
        grid = {
            key: [step for step in range(steps) if line[step % 16] == "x"]
            for key, line in _GRID[name].items()
        }
        kick = next(iter(grid))
        if rng.random() < 0.5 and kick not in _STEADY:
            extra = int(rng.integers(1, steps))
            grid[kick] = sorted({*grid[kick], extra - extra % 2})
        if rng.random() < 0.35:
            added = int(rng.choice([TAMBOURINE, SHAKER, COWBELL, HIGH_BONGO]))
            grid.setdefault(added, list(euclidean(int(rng.integers(3, 8)), steps)))
        swing = 0.66 if "swing" in name or name == "brushes" else rng.choice([0.5, 0.5, 0.58])
        softer = {"brushes": 30, "train drums": 14}.get(name, 0)

        def play(bar: Bar) -> list[Note]:
            notes = []
            for key, hits in grid.items():
                for step in hits:
                    late = (swing - 0.5) * 0.5 if step % 4 in (2, 3) else 0.0
                    accent = 8 if step % 8 == 0 else (-14 if step % 2 else -4)
                    steady = -10 if key in _STEADY else 0
                    loud = bar.velocity + accent + steady - softer + rng.normal(0, 4)
                    notes.append(
                        Note(bar.start + step / 4 + late, 0.2, key, int(np.clip(loud, 1, 127)))
                    )
            if bar.number == 0 and bar.energy > 0.5:
                notes.append(Note(bar.start, 1.0, CRASH, min(127, bar.velocity + 8)))
            if bar.number % 4 == 3:
                toms = (HIGH_TOM, MIDDLE_TOM, LOW_TOM, LOW_TOM)
                notes = [note for note in notes if note.start < bar.start + beats - 1]
                notes += [
                    Note(bar.start + beats - 1 + place / 4, 0.2, tom, min(127, bar.velocity + 4))
                    for place, tom in enumerate(toms)
                ]
            return notes

        return play

    return pattern


DRUM_PATTERNS: Mapping[str, Pattern] = {name: _drums(name) for name in _GRID}
"""Pattern name to drum pattern."""
