"""Synthesised voices beside the sound font: wavetables, detuned stacks, FM and plucked tones.

A voice's programme gives its kind, its patch seed the rest: harmonics, envelope, vibrato.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.trainer.corpus.midi import Note
from segue.trainer.corpus.production import Stereo

SAW, SQUARE, FM, PLUCK, STACK, SINE, FORMANT, REESE = range(128, 136)
_TABLE = 2048


@dataclass(frozen=True, slots=True)
class _Patch:
    """``sharpness`` is the exponent with which harmonics fall; times are in seconds."""

    kind: int
    sharpness: float
    odd: float
    formants: tuple[float, ...]
    attack: float
    release: float
    decay: float
    vibrato_hz: float
    vibrato_cents: float
    spread_cents: float
    ratio: float
    depth: float


def _draw_patch(program: int, seed: int) -> _Patch:
    rng = np.random.default_rng((seed, program))
    slow = program in (FORMANT, STACK) and rng.random() < 0.4
    return _Patch(
        kind=program,
        sharpness=float(rng.uniform(0.7, 1.8)),
        odd=float({SQUARE: 0.05, SINE: 0.0}.get(program, rng.uniform(0.3, 1.0))),
        formants=tuple(float(place) for place in rng.uniform(400, 3000, size=2)),
        attack=float(rng.uniform(0.08, 0.3) if slow else rng.uniform(0.002, 0.03)),
        release=float(rng.uniform(0.05, 0.4)),
        decay=float(rng.uniform(0.3, 4.0)),
        vibrato_hz=float(rng.uniform(4, 7)),
        vibrato_cents=float(rng.choice([0, 0, 8, 20])),
        spread_cents=float(rng.uniform(6, 24)),
        ratio=float(rng.choice([0.5, 1, 1.41, 2, 3, 3.5, 7])),
        depth=float(rng.uniform(0.5, 5.0)),
    )


def _table(patch: _Patch, frequency: float, rate_hz: int) -> npt.NDArray[np.float64]:
    """One period with all harmonics below 0.45 of the rate, peak 1."""
    count = max(1, min(64, int(0.45 * rate_hz / frequency)))
    if patch.kind == SINE:
        count = min(count, 2)
    harmonics = np.arange(1, count + 1)
    amplitudes = harmonics**-patch.sharpness
    amplitudes = np.where(harmonics % 2 == 0, amplitudes * patch.odd, amplitudes)
    if patch.kind == FORMANT:
        hz = harmonics * frequency
        peaks = sum(np.exp(-(((hz - place) / 250) ** 2)) for place in patch.formants)
        amplitudes = amplitudes * (0.15 + 2 * peaks)
    phase = 2 * np.pi * np.arange(_TABLE) / _TABLE
    wave: npt.NDArray[np.float64] = amplitudes @ np.sin(np.outer(harmonics, phase))
    return np.asarray(wave / (np.abs(wave).max() + 1e-9))


def _tone(patch: _Patch, frequency: float, samples: int, rate_hz: int) -> npt.NDArray[np.float64]:
    time = np.arange(samples) / rate_hz
    bend = patch.vibrato_cents * np.sin(2 * np.pi * patch.vibrato_hz * time)
    cycles = np.cumsum(frequency * 2 ** (bend / 1200)) / rate_hz
    if patch.kind == FM:
        depth = patch.depth * np.exp(-time / patch.decay)
        swing = depth * np.sin(2 * np.pi * patch.ratio * cycles)
        wave: npt.NDArray[np.float64] = np.sin(2 * np.pi * cycles + swing)
        return np.asarray(wave * np.exp(-time / patch.decay))
    table = _table(patch, frequency, rate_hz)
    if patch.kind in (STACK, REESE):
        cents = np.array([-1.0, -0.4, 0.3, 1.0]) * patch.spread_cents
        wave = sum(
            (
                table[((cycles * 2 ** (cent / 1200) + place * 0.27) % 1 * _TABLE).astype(int)]
                for place, cent in enumerate(cents)
            ),
            start=np.zeros(samples),
        )
        return np.asarray(wave / 4)
    wave = table[(cycles % 1 * _TABLE).astype(int)]
    if patch.kind == PLUCK:
        dull = np.sin(2 * np.pi * cycles)
        bright = wave * np.exp(-time * 9 / patch.decay)
        return np.asarray(bright + dull * np.exp(-time * 3 / patch.decay))
    return wave


def synthesise(
    program: int,
    seed: int,
    notes: list[tuple[float, float, Note]],
    samples: int,
    rate_hz: int,
    pan: float = 0.5,
) -> Stereo:
    """Play notes, each with start and length in seconds, into ``samples`` stereo samples.

    ``program`` in [128, 135]; ``pan`` in [0, 1].
    """
    patch = _draw_patch(program, seed)
    mono = np.zeros(samples)
    for start_seconds, length_seconds, note in notes:
        start = int(start_seconds * rate_hz)
        held = max(1, int(length_seconds * rate_hz))
        tail = int(patch.release * rate_hz)
        count = min(held + tail, samples - start)
        if start < 0 or count <= 0:
            continue
        frequency = 440.0 * 2 ** ((note.pitch - 69) / 12)
        tone = _tone(patch, frequency, count, rate_hz)
        envelope = np.ones(count)
        rise = min(count, max(1, int(patch.attack * rate_hz)))
        envelope[:rise] = np.linspace(0, 1, rise)
        if count > held:
            envelope[held:] *= np.linspace(1, 0, tail)[: count - held]
        mono[start : start + count] += tone * envelope * (note.velocity / 127) ** 1.5
    gains = np.array([np.cos(pan * np.pi / 2), np.sin(pan * np.pi / 2)])
    return np.asarray(0.15 * mono[:, None] * gains, np.float32)
