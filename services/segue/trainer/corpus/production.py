"""Production: what a studio does between the players and the record.

Audio here is stereo: shape (n, 2), float32, full scale 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import signal

Stereo: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sound:
    """An artist's production.

    Attributes
    ----------
    lead_db, drums_db
        Level of the melody and the drums against the accompaniment (RMS while they play).
    bands
        Equaliser: triples of frequency in Hz, gain in dB, quality factor.
    tilt_db
        Gain at the top minus gain at the bottom.
    drive
        Saturation in [0, 1].
    ratio
        Ratio of the compressor; 1 does nothing.
    room_seconds, room_mix
        Reverberation time (to -60 dB) and share, in [0, 1].
    echo_beats, echo_mix
        Delay of the melody's echo; its share.
    width
        Gain of the side signal: 0 is mono.
    low_hz, high_hz
        What the recording's chain lets through.
    noise_db
        Level of hiss against full scale.
    """

    lead_db: float
    drums_db: float
    bands: tuple[tuple[float, float, float], ...]
    tilt_db: float
    drive: float
    ratio: float
    room_seconds: float
    room_mix: float
    echo_beats: float
    echo_mix: float
    width: float
    low_hz: float
    high_hz: float
    noise_db: float


def draw_sound(rng: np.random.Generator, drive: float) -> Sound:
    """A production at random; ``drive`` is the genre's largest saturation."""
    vintage = rng.random() < 0.2
    bands = tuple(
        (
            float(np.exp(rng.uniform(np.log(80), np.log(9000)))),
            float(rng.normal(0, 3.5)),
            float(rng.uniform(0.5, 2.0)),
        )
        for _ in range(4)
    )
    return Sound(
        lead_db=float(rng.uniform(-1.0, 5.0)),
        drums_db=float(rng.uniform(-7.0, 1.5)),
        bands=bands,
        tilt_db=float(rng.normal(0, 3)),
        drive=float(rng.uniform(0.2, 1.0)) * drive,
        ratio=float(rng.choice([1.0, 1.5, 2.0, 3.0, 5.0])),
        room_seconds=float(np.exp(rng.uniform(np.log(0.25), np.log(3.5)))),
        room_mix=float(rng.beta(1.3, 3.5)),
        echo_beats=float(rng.choice([0.5, 0.75, 1.0, 1.5])),
        echo_mix=float(rng.choice([0.0, 0.0, 0.15, 0.3])),
        width=float(rng.uniform(0.0, 1.6)),
        low_hz=float(rng.uniform(60, 250) if vintage else rng.uniform(15, 50)),
        high_hz=float(rng.uniform(3500, 8000) if vintage else rng.uniform(10_000, 20_000)),
        noise_db=float(rng.uniform(-62, -42) if vintage else rng.uniform(-95, -70)),
    )


def decibels(gain_db: float) -> float:
    """Amplitude factor of a gain in dB."""
    return float(10 ** (gain_db / 20))


def active_rms(audio: Stereo, rate_hz: int) -> float:
    """Root mean square over the blocks of 50 ms that sound (within 40 dB of the loudest)."""
    block = max(1, rate_hz // 20)
    blocks = audio[: len(audio) // block * block].reshape(-1, block * audio.shape[1])
    power = np.mean(np.square(blocks, dtype=np.float64), axis=1)
    if power.size == 0 or power.max() == 0:
        return 0.0
    return float(np.sqrt(power[power > power.max() * 1e-4].mean()))


def peaking(
    audio: Stereo, rate_hz: int, centre_hz: float, gain_db: float, quality: float
) -> Stereo:
    """A bell at a frequency. Source: R. Bristow-Johnson, Audio EQ Cookbook."""
    if centre_hz >= 0.45 * rate_hz:
        return audio
    amplitude = 10 ** (gain_db / 40)
    angle = 2 * np.pi * centre_hz / rate_hz
    alpha = np.sin(angle) / (2 * quality)
    numerator = [1 + alpha * amplitude, -2 * np.cos(angle), 1 - alpha * amplitude]
    denominator = [1 + alpha / amplitude, -2 * np.cos(angle), 1 - alpha / amplitude]
    return np.asarray(signal.lfilter(numerator, denominator, audio, axis=0), np.float32)


def tilt(audio: Stereo, rate_hz: int, gain_db: float, pivot_hz: float = 900.0) -> Stereo:
    """Raise what lies above the pivot and lower what lies below, by half of ``gain_db`` each."""
    low = signal.lfilter(*signal.butter(1, pivot_hz, fs=rate_hz), audio, axis=0)
    tilted = low * decibels(-gain_db / 2) + (audio - low) * decibels(gain_db / 2)
    return np.asarray(tilted, np.float32)


def saturate(audio: Stereo, drive: float) -> Stereo:
    """Soft clipping; ``drive`` in [0, 1], the level stays about the same."""
    if drive < 0.02:
        return audio
    level = float(np.sqrt(np.mean(np.square(audio)))) + 1e-9
    pushed = audio / level * (0.25 + 1.5 * drive)
    shaped = np.tanh(pushed)
    return np.asarray(
        shaped * (level / (float(np.sqrt(np.mean(np.square(shaped)))) + 1e-9)), np.float32
    )


def compress(audio: Stereo, rate_hz: int, ratio: float, threshold_db: float = -12.0) -> Stereo:
    """Lower what exceeds the threshold (in dB about the mean level), with 10 ms blocks."""
    if ratio <= 1.0 or len(audio) == 0:
        return audio
    block = max(1, rate_hz // 100)
    count = -(-len(audio) // block)
    padded = np.zeros((count * block, 2), np.float32)
    padded[: len(audio)] = audio
    power = np.mean(np.square(padded.reshape(count, -1)), axis=1)
    level_db = 10 * np.log10(power + 1e-10)
    reference = 10 * np.log10(power.mean() + 1e-10)
    smooth = signal.lfilter([0.15], [1, -0.85], level_db, zi=[level_db[0] * 0.85])[0]
    over = np.maximum(smooth - (reference + threshold_db), 0)
    gain_db = -over * (1 - 1 / ratio)
    places = np.arange(count) * block + block / 2
    gain = np.interp(np.arange(len(audio)), places, gain_db)
    return np.asarray(audio * (10 ** (gain / 20))[:, None], np.float32)


def reverberate(
    audio: Stereo, rate_hz: int, seconds: float, mix: float, rng: np.random.Generator
) -> Stereo:
    """Convolve with decaying noise whose high frequencies die first (after Moorer, 1979)."""
    if mix < 0.01:
        return audio
    length = int(rate_hz * min(seconds, 4.0))
    time = np.arange(length) / rate_hz
    noise = rng.standard_normal((length, 2)).astype(np.float32)
    decay = np.exp(-6.9 * time / seconds)[:, None]
    dull = signal.lfilter(*signal.butter(1, min(2500, 0.4 * rate_hz), fs=rate_hz), noise, axis=0)
    bright = (noise - dull) * np.exp(-6.9 * time / (0.4 * seconds))[:, None]
    response = dull * decay + bright * decay
    response[: int(rng.uniform(0.0, 0.03) * rate_hz)] *= 0.1
    response /= np.sqrt(np.sum(np.square(response), axis=0, keepdims=True)) + 1e-9
    wet = signal.oaconvolve(audio, response.astype(np.float32), axes=0)[: len(audio)]
    return np.asarray(audio * (1 - 0.6 * mix) + wet * mix, np.float32)


def echo(audio: Stereo, delay: int, mix: float) -> Stereo:
    """Four repetitions, ``delay`` samples apart, each softer and on the other side."""
    if mix <= 0 or delay <= 0:
        return audio
    wet = audio.copy()
    for repeat in range(1, 5):
        lag = delay * repeat
        if lag >= len(audio):
            break
        sides = audio[:-lag, ::-1] if repeat % 2 else audio[:-lag]
        wet[lag:] += sides * np.float32(mix**repeat * 2)
    return wet


def widen(audio: Stereo, width: float) -> Stereo:
    """Scale the difference between the sides."""
    middle = audio.mean(axis=1, keepdims=True)
    return np.asarray(middle + (audio - middle) * width, np.float32)


def limit(audio: Stereo, rms_dbfs: float) -> Stereo:
    """Bring the mean level to ``rms_dbfs`` and bend peaks softly below full scale."""
    level = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) + 1e-9
    loud = audio * (decibels(rms_dbfs) / level)
    knee = 0.7
    magnitude = np.abs(loud)
    over = magnitude > knee
    magnitude[over] = knee + (1 - knee) * np.tanh((magnitude[over] - knee) / (1 - knee))
    return np.asarray(np.copysign(magnitude * 0.985, loud), np.float32)


def master(
    audio: Stereo, rate_hz: int, sound: Sound, rng: np.random.Generator, rms_dbfs: float
) -> Stereo:
    """Equaliser, compressor, room, width, the chain's band and hiss, and the final level."""
    for centre_hz, gain_db, quality in sound.bands:
        audio = peaking(audio, rate_hz, centre_hz, gain_db, quality)
    audio = tilt(audio, rate_hz, sound.tilt_db)
    audio = compress(audio, rate_hz, sound.ratio)
    audio = reverberate(audio, rate_hz, sound.room_seconds, sound.room_mix, rng)
    audio = widen(audio, sound.width)
    high_hz = min(sound.high_hz, 0.45 * rate_hz)
    sections = signal.butter(2, (sound.low_hz, high_hz), "bandpass", fs=rate_hz, output="sos")
    audio = signal.sosfilt(sections, audio, axis=0).astype(np.float32)
    audio = limit(audio, rms_dbfs)
    hiss = rng.standard_normal(audio.shape).astype(np.float32) * decibels(sound.noise_db)
    return np.asarray(np.clip(audio + hiss, -1, 1), np.float32)
