"""Random audio effects: a clip as another performance or recording of it could sound.

The chain of the triplet encoder: time shift, time stretch and pitch shift, reverb, additive noise.
Every effect is switched on or off for each clip, and its setting is drawn anew.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

import numpy as np
import scipy.fft
from pydantic import Field, model_validator

from segue.audio.signals import Mono
from segue.trainer.table import NotNegative, Positive, Share, Table

_FRAME_SECONDS = 0.08
"""Shortest frame of the phase vocoder; the next power of two is taken."""

_INAUDIBLE = 1e-20
"""Power of which less is silence: nothing is divided by it."""

_NOISE_LIMIT = 2.0
"""Standard deviations at which the Gaussian is cut off."""


class EffectsConfig(Table):
    """How often each effect is applied, and between which limits its setting is drawn.

    Attributes
    ----------
    time_shift_probability, time_stretch_probability, pitch_shift_probability
        Share of clips that the effect is applied to, in [0, 1].
    reverb_probability, noise_probability
        The same.
    time_shift_seconds
        Largest shift, to either side. The shift is circular.
    time_stretch_slowest, time_stretch_fastest
        Limits of the tempo factor, positive: 0.5 plays half as fast. Drawn evenly in log tempo.
    pitch_shift_semitones
        Largest transposition, to either side, at most 24.
    reverb_shortest_seconds, reverb_longest_seconds
        Limits of the time in which the reverb decays by 60 dB, positive.
    reverb_driest, reverb_wettest
        Limits of the reverb's energy relative to the direct sound's, not negative.
    noise_lowest_snr_db, noise_highest_snr_db
        Limits of the signal-to-noise ratio.
    """

    time_shift_probability: Share = 0.5
    time_shift_seconds: NotNegative = 2.5
    time_stretch_probability: Share = 0.5
    time_stretch_slowest: Positive = 0.8
    time_stretch_fastest: Positive = 1.25
    pitch_shift_probability: Share = 0.5
    pitch_shift_semitones: Annotated[float, Field(ge=0, le=24)] = 3.0
    reverb_probability: Share = 0.5
    reverb_shortest_seconds: Positive = 0.2
    reverb_longest_seconds: Positive = 1.5
    reverb_driest: NotNegative = 0.05
    reverb_wettest: NotNegative = 0.5
    noise_probability: Share = 0.5
    noise_lowest_snr_db: float = 10.0
    noise_highest_snr_db: float = 40.0

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        for low, high in (
            ("time_stretch_slowest", "time_stretch_fastest"),
            ("reverb_shortest_seconds", "reverb_longest_seconds"),
            ("reverb_driest", "reverb_wettest"),
            ("noise_lowest_snr_db", "noise_highest_snr_db"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} is greater than {high}")
        return self


def apply_effects(
    clip: Mono, rate_hz: int, config: EffectsConfig, random: np.random.Generator
) -> Mono:
    """Send a clip through the chain; shape and type stay.

    The same clip, configuration and state of ``random`` give the same samples. Only reverb keeps
    the level exactly; peaks may pass full scale.

    Parameters
    ----------
    clip
        Shape (n,), float32, n > 0, finite.
    rate_hz
        Its sample rate.
    config
        What is applied how often, and how far.
    random
        Source of every draw.
    """
    if random.random() < config.time_shift_probability:
        seconds = random.uniform(-config.time_shift_seconds, config.time_shift_seconds)
        clip = np.roll(clip, round(seconds * rate_hz))
    tempo, semitones = 1.0, 0.0
    if random.random() < config.time_stretch_probability:
        slowest, fastest = config.time_stretch_slowest, config.time_stretch_fastest
        tempo = slowest * (fastest / slowest) ** random.random()
    if random.random() < config.pitch_shift_probability:
        semitones = random.uniform(-config.pitch_shift_semitones, config.pitch_shift_semitones)
    if tempo != 1 or semitones != 0:
        clip = stretch_and_shift(clip, rate_hz, tempo=tempo, semitones=semitones)
    if random.random() < config.reverb_probability:
        decay = random.uniform(config.reverb_shortest_seconds, config.reverb_longest_seconds)
        wet = random.uniform(config.reverb_driest, config.reverb_wettest)
        clip = reverberate(clip, rate_hz, decay_seconds=decay, wet=wet, random=random)
    if random.random() < config.noise_probability:
        snr_db = random.uniform(config.noise_lowest_snr_db, config.noise_highest_snr_db)
        clip = add_noise(clip, snr_db=snr_db, random=random)
    return clip


def stretch_and_shift(
    clip: Mono, rate_hz: int, *, tempo: float = 1.0, semitones: float = 0.0
) -> Mono:
    """Change tempo and pitch independently of each other; the number of samples stays.

    A slower clip is cut at its end; a faster one begins again after its end. Both are librosa's
    effects: a phase vocoder, and for the pitch a resampling that undoes its stretch. The vocoder
    takes some decibels away, by how far neighbouring bins lose step; they are given back.

    Parameters
    ----------
    clip
        Shape (n,), float32, n > 0.
    rate_hz
        Its sample rate.
    tempo
        Positive; 2 plays twice as fast.
    semitones
        Transposition upwards.

    Returns
    -------
    Mono
        Shape (n,), float32.
    """
    import librosa

    size = 1 << math.ceil(math.log2(_FRAME_SECONDS * rate_hz))
    played = min(clip.size, math.ceil(clip.size / tempo))
    # librosa warns of a clip that is shorter than a frame: silence follows it.
    given = changed = librosa.util.fix_length(clip, size=max(clip.size, size))
    if semitones != 0:
        changed = librosa.effects.pitch_shift(
            changed, sr=rate_hz, n_steps=semitones, res_type="soxr_mq", n_fft=size
        )
    if tempo != 1:
        changed = librosa.effects.time_stretch(changed, rate=tempo, n_fft=size)
    level = math.sqrt(_power(given) / max(_power(changed), _INAUDIBLE))
    heard: Mono = librosa.util.fix_length(changed, size=played) * np.float32(level)
    return np.resize(heard, clip.size)


def reverberate(
    clip: Mono, rate_hz: int, *, decay_seconds: float, wet: float, random: np.random.Generator
) -> Mono:
    """Add a reverb whose impulse response is exponentially decaying white noise; keep the level.

    Parameters
    ----------
    clip
        Shape (n,), n > 0; the reverb is cut where the clip ends.
    rate_hz
        Its sample rate.
    decay_seconds
        Time in which the reverb decays by 60 dB, which is also its length.
    wet
        Energy of the response's decaying part; the direct sound's is 1.
    random
        Source of the noise.
    """
    length = max(1, round(decay_seconds * rate_hz))
    seconds = np.arange(length, dtype=np.float32) / rate_hz
    response = random.standard_normal(length, np.float32)
    response *= np.exp(np.float32(-math.log(1e3) / decay_seconds) * seconds)
    response *= math.sqrt(wet / max(_power(response) * length, _INAUDIBLE))
    response[0] += 1.0
    size = scipy.fft.next_fast_len(clip.size + length - 1, real=True)
    spectrum = scipy.fft.rfft(clip, size) * scipy.fft.rfft(response, size)
    wetted: Mono = scipy.fft.irfft(spectrum, size, overwrite_x=True)[: clip.size]
    return wetted * np.float32(math.sqrt(_power(clip) / max(_power(wetted), _INAUDIBLE)))


def add_noise(clip: Mono, *, snr_db: float, random: np.random.Generator) -> Mono:
    """Add white noise from a Gaussian truncated at two standard deviations.

    Parameters
    ----------
    clip
        Shape (n,), n > 0.
    snr_db
        Power of the clip over that of the noise.
    random
        Source of the noise.
    """
    noise = random.standard_normal(clip.size, np.float32)
    outside = np.flatnonzero(np.abs(noise) > _NOISE_LIMIT)
    while outside.size:
        noise[outside] = random.standard_normal(outside.size, np.float32)
        outside = outside[np.abs(noise[outside]) > _NOISE_LIMIT]
    level = math.sqrt(_power(clip) / 10 ** (snr_db / 10) / max(_power(noise), _INAUDIBLE))
    noise *= np.float32(level)
    noise += clip
    return noise


def _power(signal: Mono) -> float:
    return float(np.dot(signal, signal)) / signal.size
