"""Each effect on signals whose changed form is known, and the chain that draws them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from pydantic import ValidationError

from segue.audio.signals import Mono
from segue.trainer.effects import (
    EffectsConfig,
    add_noise,
    apply_effects,
    reverberate,
    stretch_and_shift,
)

RATE_HZ = 16_000
OFF = EffectsConfig(
    time_shift_probability=0,
    time_stretch_probability=0,
    pitch_shift_probability=0,
    reverb_probability=0,
    noise_probability=0,
)


def only(**settings: float) -> EffectsConfig:
    """``OFF`` but for some settings."""
    return EffectsConfig(**{**OFF.model_dump(), **settings})


def tone(hz: float, seconds: float = 4.0, level: float = 0.3) -> Mono:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def bursts(*starts_seconds: float, seconds: float = 8.0) -> Mono:
    """Short tones that begin at the given times."""
    signal = np.zeros(round(seconds * RATE_HZ), np.float32)
    for start in starts_seconds:
        first = round(start * RATE_HZ)
        signal[first : first + 1_600] = tone(440, 0.1)
    return signal


def music(seconds: float = 2.0) -> Mono:
    return np.random.default_rng(7).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


def peak_hz(signal: Mono) -> float:
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(signal.size), 8 * signal.size))
    return float(np.argmax(spectrum)) * RATE_HZ / (8 * signal.size)


def centres_seconds(signal: Mono, count: int) -> list[float]:
    """Centres of the energy of ``count`` bursts."""
    energy = signal.astype(np.float64) ** 2
    loud = np.flatnonzero(energy > energy.max() / 100)
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > RATE_HZ // 4) + 1)
    assert len(groups) == count
    return [float(np.average(group, weights=energy[group])) / RATE_HZ for group in groups]


def level_db(signal: Mono) -> float:
    return 10 * math.log10(np.mean(signal.astype(np.float64) ** 2))


@pytest.mark.parametrize(("semitones", "hz"), [(3, 523.25), (-12, 220.0), (7, 659.26)])
def test_a_pitch_shift_moves_a_tone_and_keeps_its_level(semitones: float, hz: float) -> None:
    shifted = stretch_and_shift(tone(440), RATE_HZ, semitones=semitones)
    assert peak_hz(shifted) == pytest.approx(hz, rel=2e-3)
    assert level_db(shifted) == pytest.approx(level_db(tone(440)), abs=0.5)


def test_a_pitch_shift_keeps_the_times() -> None:
    shifted = stretch_and_shift(bursts(2, 5), RATE_HZ, semitones=3)
    assert centres_seconds(shifted, 2) == pytest.approx([2.05, 5.05], abs=0.02)


@pytest.mark.parametrize("tempo", [0.8, 1.25])
def test_a_stretch_scales_the_times(tempo: float) -> None:
    changed = stretch_and_shift(bursts(3, 6), RATE_HZ, tempo=tempo)
    assert centres_seconds(changed, 2) == pytest.approx([3.05 / tempo, 6.05 / tempo], abs=0.06)


@pytest.mark.parametrize("tempo", [0.8, 1.25])
def test_a_stretch_keeps_pitch_and_level(tempo: float) -> None:
    changed = stretch_and_shift(tone(440), RATE_HZ, tempo=tempo)[: round(4 / 1.25 * RATE_HZ)]
    assert peak_hz(changed) == pytest.approx(440, rel=2e-3)
    assert level_db(changed) == pytest.approx(level_db(tone(440)), abs=0.5)


def test_a_stretch_and_a_pitch_shift_together_do_both() -> None:
    changed = stretch_and_shift(bursts(3, 6), RATE_HZ, tempo=1.25, semitones=3)
    assert centres_seconds(changed, 2) == pytest.approx([3.05 / 1.25, 6.05 / 1.25], abs=0.02)
    assert peak_hz(changed) == pytest.approx(523.25, rel=1e-2)


def test_a_faster_clip_begins_again_after_its_end() -> None:
    changed = stretch_and_shift(bursts(1), RATE_HZ, tempo=2.0)
    assert centres_seconds(changed, 2) == pytest.approx([0.525, 4.525], abs=0.03)


@pytest.mark.parametrize("samples", [1, 100, 20_011])
@pytest.mark.parametrize("tempo", [0.25, 1.0, 3.7])
@pytest.mark.parametrize("semitones", [-24.0, 0.0, 24.0])
def test_any_length_and_setting_keeps_length_and_type(
    samples: int, tempo: float, semitones: float
) -> None:
    changed = stretch_and_shift(music()[:samples], RATE_HZ, tempo=tempo, semitones=semitones)
    assert changed.shape == (samples,)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()


def test_the_reverb_of_an_impulse_decays_by_60_db_in_its_time() -> None:
    impulse = np.zeros(2 * RATE_HZ, np.float32)
    impulse[0] = 1
    heard = reverberate(
        impulse, RATE_HZ, decay_seconds=1.0, wet=0.5, random=np.random.default_rng(1)
    )
    tail = heard[1:] / heard[0]
    assert np.sum(tail**2) == pytest.approx(0.5, rel=0.1)
    early, late = tail[: RATE_HZ // 10], tail[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ // 10]
    assert level_db(late) - level_db(early) == pytest.approx(-30, abs=1)
    assert np.abs(tail[RATE_HZ:]).max() < 1e-5


def test_reverb_is_a_convolution_that_keeps_the_level() -> None:
    def play(clip: Mono) -> Mono:
        return reverberate(
            clip, RATE_HZ, decay_seconds=0.1, wet=0.5, random=np.random.default_rng(1)
        )

    impulse = np.zeros(4_000, np.float32)
    impulse[0] = 1
    clip = music()[:4_000]
    expected = np.convolve(clip, play(impulse))[:4_000]
    heard = play(clip)
    assert level_db(heard) == pytest.approx(level_db(clip), abs=1e-3)
    scale = np.linalg.norm(heard) / np.linalg.norm(expected)
    np.testing.assert_allclose(heard, expected * scale, atol=1e-5)


def test_noise_has_the_level_that_was_asked_for_and_no_outliers() -> None:
    clip = tone(440)
    noise = add_noise(clip, snr_db=12, random=np.random.default_rng(1)) - clip
    assert level_db(clip) - level_db(noise) == pytest.approx(12, abs=0.01)
    # A Gaussian cut off at two standard deviations has 0.8796 of the deviation it was cut from.
    assert np.abs(noise).max() / noise.std() == pytest.approx(2 / 0.8796, abs=0.01)
    assert np.mean(np.abs(noise) < 0.8796 * noise.std()) == pytest.approx(0.587, abs=0.01)


def test_silence_stays_silent() -> None:
    always = EffectsConfig(**{name: 1.0 for name in EffectsConfig.model_fields if "probab" in name})
    silence = np.zeros(8_000, np.float32)
    changed = apply_effects(silence, RATE_HZ, always, np.random.default_rng(1))
    np.testing.assert_allclose(changed, silence, atol=1e-12)


def test_a_time_shift_is_circular_and_within_its_limit() -> None:
    config = only(time_shift_probability=1.0, time_shift_seconds=0.5)
    clip = np.arange(2 * RATE_HZ, dtype=np.float32)
    shifts = []
    for seed in range(50):
        moved = apply_effects(clip, RATE_HZ, config, np.random.default_rng(seed))
        places = int(np.argmin(moved))
        # Moved, not computed with.
        np.testing.assert_array_equal(np.roll(moved, -places), clip)
        shifts.append(places if places < RATE_HZ else places - 2 * RATE_HZ)
    assert max(map(abs, shifts)) <= RATE_HZ // 2
    assert min(shifts) < -RATE_HZ // 4
    assert max(shifts) > RATE_HZ // 4


def test_drawn_pitches_lie_within_their_limits_and_vary() -> None:
    config = only(pitch_shift_probability=1.0, pitch_shift_semitones=2.0)
    drawn = [
        12
        * math.log2(
            peak_hz(apply_effects(tone(440, 1), RATE_HZ, config, np.random.default_rng(seed))) / 440
        )
        for seed in range(12)
    ]
    assert max(map(abs, drawn)) < 2.1
    assert max(drawn) - min(drawn) > 1


def test_drawn_tempi_lie_within_their_limits_and_vary() -> None:
    config = only(time_stretch_probability=1.0, time_stretch_slowest=0.5, time_stretch_fastest=0.9)
    drawn = []
    for seed in range(8):
        changed = apply_effects(bursts(1, 3), RATE_HZ, config, np.random.default_rng(seed))
        first, second = centres_seconds(changed, 2)
        drawn.append(2 / (second - first))
    assert min(drawn) > 0.49
    assert max(drawn) < 0.91
    assert max(drawn) - min(drawn) > 0.1


@pytest.mark.parametrize("effect", ["time_shift", "time_stretch", "pitch_shift", "reverb", "noise"])
def test_an_effect_is_applied_as_often_as_configured(effect: str) -> None:
    clip = music(0.2)

    def applied(probability: float) -> int:
        config = only(**{f"{effect}_probability": probability}, time_shift_seconds=0.05)
        random = np.random.default_rng(1)
        # What no effect was applied to is the clip itself.
        return sum(
            not np.allclose(apply_effects(clip, RATE_HZ, config, random), clip) for _ in range(100)
        )

    assert applied(0.0) == 0
    assert 15 <= applied(0.3) <= 45
    assert applied(1.0) >= 99


def test_the_generator_decides_and_the_clip_is_left_alone() -> None:
    clip = music()
    before = clip.copy()

    def play(seed: int) -> Mono:
        return apply_effects(clip, RATE_HZ, EffectsConfig(), np.random.default_rng(seed))

    played = [play(seed) for seed in range(8)]
    for seed in range(8):
        np.testing.assert_allclose(play(seed), played[seed], atol=1e-6)
    for one, other in itertools.combinations(played, 2):
        assert not np.allclose(one, other, atol=1e-3)
    np.testing.assert_array_equal(clip, before)  # nobody wrote to it


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("noise_probability", 1.1),
        ("reverb_probability", -0.1),
        ("time_shift_seconds", -1.0),
        ("time_stretch_slowest", 0.0),
        ("time_stretch_fastest", 0.5),
        ("pitch_shift_semitones", 25.0),
        ("reverb_shortest_seconds", 0.0),
        ("reverb_longest_seconds", math.nan),
        ("reverb_wettest", 0.0),
        ("noise_lowest_snr_db", 50.0),
    ],
)
def test_a_configuration_out_of_range_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValidationError, match=field):
        EffectsConfig(**{field: value})
