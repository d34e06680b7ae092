"""Keys of chord progressions whose key is known."""

from __future__ import annotations

import numpy as np
import pytest

from segue.audio.musical_key import KeyMeter
from segue.audio.signals import Mono
from segue.notation import NOTES
from segue.tracks import EstimatedKey

RATE_HZ = 16_000
MAJOR = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
MINOR = ((0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7))
"""Tonic, subdominant, dominant, tonic, in semitones from the tonic."""


def progression(
    tonic: int, chords: tuple[tuple[int, ...], ...], *, rate_hz: int = RATE_HZ, cents: float = 0.0
) -> Mono:
    """Chords of two seconds, each note with five overtones, twice over."""
    times = np.arange(2 * rate_hz) / rate_hz
    bars = []
    for chord in chords * 2:
        notes = (48 + tonic + note + cents / 100 for note in (chord[0] - 12, *chord))
        hertz = [440 * 2 ** ((note - 69) / 12) for note in notes]
        bars.append(
            sum(np.sin(2 * np.pi * n * one * times) / n**1.5 for one in hertz for n in range(1, 6))
        )
    return (0.05 * np.concatenate(bars)).astype(np.float32)


def heard(samples: Mono, rate_hz: int = RATE_HZ, *, pieces: int = 1) -> EstimatedKey | None:
    meter = KeyMeter(rate_hz)
    for piece in np.array_split(samples, pieces):
        meter.push(piece)
    return meter.estimate()


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(("chords", "mode"), [(MAJOR, ""), (MINOR, "m")])
def test_every_key_is_heard(tonic: int, chords: tuple[tuple[int, ...], ...], mode: str) -> None:
    told = heard(progression(tonic, chords))
    assert told is not None
    assert told.key == f"{NOTES[tonic]}{mode}"
    assert told.confidence > 0.5


@pytest.mark.parametrize("cents", [-40.0, -15.0, 25.0, 40.0])
def test_music_may_be_tuned_otherwise(cents: float) -> None:
    told = heard(progression(2, MAJOR, cents=cents))
    assert told is not None
    assert told.key == "D"


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100])
def test_any_rate_will_do(rate_hz: int) -> None:
    told = heard(progression(9, MINOR, rate_hz=rate_hz), rate_hz)
    assert told is not None
    assert told.key == "Am"


def test_pieces_give_what_the_whole_gives() -> None:
    samples = progression(5, MAJOR)
    assert heard(samples, pieces=23) == heard(samples)


@pytest.mark.parametrize(
    "samples", [np.zeros(20 * RATE_HZ, np.float32), progression(0, MAJOR)[: 4 * RATE_HZ]]
)
def test_silence_and_moments_have_no_key(samples: Mono) -> None:
    assert heard(samples) is None


def test_noise_gives_little_confidence() -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, 30 * RATE_HZ).astype(np.float32)
    told = heard(noise)
    assert told is None or told.confidence < 0.6


def test_nothing_has_no_key() -> None:
    assert KeyMeter(RATE_HZ).estimate() is None
