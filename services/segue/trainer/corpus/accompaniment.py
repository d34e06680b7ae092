"""Accompaniments: by MMA's grooves, or by ensembles of our own patterns."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segue.trainer.corpus.artists import choose
from segue.trainer.corpus.drums import DRUM_PATTERNS
from segue.trainer.corpus.external_programs import run_program
from segue.trainer.corpus.midi import Part, read_midi
from segue.trainer.corpus.patterns import PATTERNS, Bar
from segue.trainer.corpus.styles import Ensemble, Groove
from segue.trainer.corpus.theory import Chord


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the form.

    Attributes
    ----------
    letter
        Sections with the same letter share harmony and melody.
    energy
        In [0, 1]: how many play and how loud.
    start
        Beat at which it begins.
    chords
        One per bar.
    """

    letter: str
    energy: float
    start: float
    chords: tuple[Chord, ...]
    beats: int

    @property
    def end(self) -> float:
        """Beat at which it ends."""
        return self.start + len(self.chords) * self.beats


def play_ensemble(
    rng: np.random.Generator,
    ensemble: Ensemble,
    sections: Sequence[Section],
    velocity: int,
    kit: int,
    patch: int,
) -> list[Part]:
    """One part per layer; a layer rests in sections below its energy.

    When every pitched layer would rest, the one that needs the least energy plays.
    """
    habits = np.random.default_rng((patch, len(ensemble.layers)))
    pitched = [layer for layer in ensemble.layers if layer.role != "drums"]
    always = min(pitched, key=lambda layer: layer.from_energy)
    parts = []
    for layer in ensemble.layers:
        drums = layer.role == "drums"
        name = choose(habits if drums else rng, layer.patterns)
        program = kit if drums and 0 in layer.programs else choose(habits, layer.programs)
        player = (DRUM_PATTERNS if drums else PATTERNS)[name](rng, layer.low, ensemble.beats)
        part = Part(name, layer.role, program, pan=int(habits.integers(24, 104)))
        if layer.role == "bass":
            part.pan = 64
        for section in sections:
            if section.energy < layer.from_energy and layer is not always:
                continue
            for number, chord in enumerate(section.chords):
                following = section.chords[(number + 1) % len(section.chords)]
                part.notes += player(
                    Bar(
                        start=section.start + number * section.beats,
                        beats=section.beats,
                        chord=chord,
                        following=following,
                        velocity=int(np.clip(velocity * (0.75 + 0.35 * section.energy), 20, 122)),
                        energy=section.energy,
                        number=number,
                    )
                )
        if part.notes:
            parts.append(part)
    return parts


def _run_mma(groove: str, sections: Sequence[Section], tempo: float, seed: int) -> list[Part]:
    lines = [f"RndSeed {seed}", f"Tempo {tempo:.0f}", f"Groove {groove}"]
    number = 0
    for section in sections:
        for chord in section.chords:
            number += 1
            lines.append(f"{number} {chord.symbol}")
    with tempfile.TemporaryDirectory(prefix="segue-mma-") as folder:
        source = Path(folder) / "song.mma"
        made = Path(folder) / "song.mid"
        source.write_text("\n".join(lines) + "\n", encoding="ascii")
        run_program(["mma", "-0", "-f", str(made), str(source)])
        return read_midi(made.read_bytes())


def play_groove(
    groove: Groove,
    sections: Sequence[Section],
    tempo: float,
    seed: int,
    velocity: int,
    exchange: Mapping[int, int],
) -> list[Part]:
    """MMA's parts: the thin variant in quiet sections, the full one in the others.

    Below an energy of 0.35 the drums rest, below 0.2 the bass too. ``exchange`` replaces programs.
    """
    parts: list[Part] = []
    variants = dict.fromkeys((groove.variants[0], groove.variants[-1]))
    for place, variant in enumerate(variants):
        wanted = [
            section
            for section in sections
            if len(variants) == 1 or (section.energy >= 0.65) is bool(place)
        ]
        if not wanted:
            continue
        for part in _run_mma(variant, sections, tempo, seed):
            notes = []
            for section in wanted:
                if part.role == "drums" and section.energy < 0.35:
                    continue
                if part.role == "bass" and section.energy < 0.2:
                    continue
                loud = velocity / 90 * (0.75 + 0.35 * section.energy)
                notes += [
                    replace(note, velocity=int(np.clip(note.velocity * loud, 8, 127)))
                    for note in part.notes
                    if section.start - 0.05 <= note.start < section.end - 0.05
                ]
            if notes:
                if part.role != "drums":
                    part.program = exchange.get(part.program, part.program)
                parts.append(Part(part.name, part.role, part.program, notes))
    return _spread(parts)


def _spread(parts: list[Part]) -> list[Part]:
    """Merge what the same instrument plays, and place the players from left to right."""
    merged: dict[tuple[str, int], Part] = {}
    for part in parts:
        known = merged.setdefault(
            (part.role, part.program), Part(part.name, part.role, part.program)
        )
        known.notes += part.notes
    chosen = list(merged.values())[:15]
    for place, part in enumerate(chosen):
        part.pan = 64 if part.role in ("bass", "drums") else (40, 88, 64, 28, 100)[place % 5]
    return chosen
