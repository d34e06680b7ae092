"""Tempi of clicks and of drum patterns, by the model's own front end."""

from __future__ import annotations

import numpy as np
import pytest

from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.signals import Mono
from segue.audio.tempo import LONGEST_SECONDS, TempoMeter
from segue.tracks import EstimatedTempo

FRONTS = (
    FrontEnd(),
    FrontEnd(rate_hz=16_000, fft_size=512, hop=256, bands=96, high_hz=8_000.0, floor_db=-110.0,
             reference_power=1_000.0),
)  # fmt: skip


def pattern(bpm: float, rate_hz: int, *, seconds: float = 30.0, accents: int = 4) -> Mono:
    """A kick on each bar's first beat, clicks on the others, over a little noise."""
    rng = np.random.default_rng(5)
    samples = 0.002 * rng.standard_normal(round(seconds * rate_hz))
    length = round(0.06 * rate_hz)
    fading = np.exp(-np.arange(length) / (0.012 * rate_hz))
    for beat in range(int(seconds * bpm / 60)):
        first = round(beat * 60 / bpm * rate_hz)
        tone = 60.0 if beat % accents == 0 else 3_000.0
        sound = fading * np.sin(2 * np.pi * tone * np.arange(length) / rate_hz)
        samples[first : first + length] += (0.6 * sound)[: samples.size - first]
    return samples.astype(np.float32)


def heard(samples: Mono, front: FrontEnd, *, pieces: int = 1) -> EstimatedTempo | None:
    meter = TempoMeter(front)
    for piece in np.array_split(log_mel(samples, front), pieces, axis=1):
        meter.push(piece)
    return meter.estimate()


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("bpm", [72.0, 90.5, 100.0, 120.0, 128.3, 140.0, 160.0])
def test_the_tempo_of_a_pattern_is_heard(bpm: float, front: FrontEnd) -> None:
    told = heard(pattern(bpm, front.rate_hz), front)
    assert told is not None
    assert told.bpm == pytest.approx(bpm, rel=0.02)
    assert told.confidence > 0.5


def test_noise_gives_little_confidence() -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, 30 * 22_050).astype(np.float32)
    told = heard(noise, FrontEnd())
    assert told is None or told.confidence < 0.4


def test_pieces_give_what_the_whole_gives() -> None:
    samples = pattern(110.0, 22_050)
    assert heard(samples, FrontEnd(), pieces=17) == heard(samples, FrontEnd())


def test_the_beginning_is_listened_to() -> None:
    later = pattern(80.0, 22_050, seconds=60.0)
    first = pattern(120.0, 22_050, seconds=LONGEST_SECONDS)
    assert heard(np.concatenate([first, later]), FrontEnd()) == pytest.approx(
        heard(first, FrontEnd())
    )


@pytest.mark.parametrize(
    "samples", [np.zeros(30 * 22_050, np.float32), pattern(120.0, 22_050, seconds=4.0)]
)
def test_silence_and_moments_have_no_tempo(samples: Mono) -> None:
    assert heard(samples, FrontEnd()) is None


def test_nothing_has_no_tempo() -> None:
    assert TempoMeter(FrontEnd()).estimate() is None
