"""Key of music by which pitch classes sound, and how much.

Peaks of a fine spectrum are pitches; where the music is tuned to is where most of them lie between
two semitones. The pitch classes are compared with what major and minor keys have of each (Albrecht
and Shanahan, 2013), by correlation, as Krumhansl (1990) does.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import scipy.fft

from segue.audio.signals import Mono
from segue.notation import KEYS
from segue.tracks import EstimatedKey

LONGEST_SECONDS = 90.0
"""What is listened to, from the start."""

SHORTEST_SECONDS = 6.0

_WINDOW_SECONDS = 0.256
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 2_100.0
_LEAST_OF_LOUDEST = 0.02
_GROUP_FRAMES = 64

_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
"""Share of each pitch class in pieces of a key, from its tonic upwards."""

_MIDDLE, _SLOPE = 0.026, 21.6
"""How a lead becomes a probability: fitted to 130 rendered tracks whose key is known."""


class KeyMeter:
    """Estimates the key from samples as they come.

    Parameters
    ----------
    rate_hz
        Rate of the samples.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._size = 2 ** round(math.log2(_WINDOW_SECONDS * rate_hz))
        self._window = np.hanning(self._size).astype(np.float32)
        self._left = round(LONGEST_SECONDS * rate_hz)
        self._taken = 0
        self._waiting: Mono = np.empty(0, np.float32)
        self._pitches: list[npt.NDArray[np.float64]] = []
        self._weights: list[npt.NDArray[np.float64]] = []

    def push(self, *blocks: Mono) -> None:
        """Take the next samples, each shape (n,)."""
        if self._left <= 0:
            return
        samples = np.concatenate([self._waiting, *blocks], dtype=np.float32)
        fresh = samples.size - self._waiting.size
        samples = samples[: self._waiting.size + self._left]
        self._left -= fresh
        self._taken += samples.size - self._waiting.size
        hop = self._size // 2
        frames = max(0, 1 + (samples.size - self._size) // hop)
        if frames:
            views = np.lib.stride_tricks.sliding_window_view(samples, self._size)[::hop]
            for first in range(0, frames, _GROUP_FRAMES):
                self._add_peaks(views[first : first + _GROUP_FRAMES])
        self._waiting = samples[frames * hop :]

    def estimate(self) -> EstimatedKey | None:
        """Key of what was taken; None for what is too short, or has no pitch at all."""
        if self._taken < SHORTEST_SECONDS * self._rate_hz or not self._weights:
            return None
        pitches, weights = np.concatenate(self._pitches), np.concatenate(self._weights)
        if not weights.sum() > 0:
            return None
        tuning = float(np.angle((weights * np.exp(2j * np.pi * pitches)).sum())) / (2 * np.pi)
        classes = np.round(pitches - tuning).astype(int) % 12
        shares = np.bincount(classes, weights, 12)
        if np.ptp(shares) <= 1e-9 * shares.sum():
            return None
        fits = np.corrcoef(_PROFILES, shares)[-1, :-1]
        best, second = np.argsort(fits)[::-1][:2]
        return EstimatedKey(
            KEYS[best], _confidence(float(fits[best]), float(fits[best] - fits[second]))
        )

    def _add_peaks(self, frames: npt.NDArray[np.float32]) -> None:
        """Pitch (in semitones of MIDI) and weight of the peaks of some frames, shape (n, size)."""
        spectra = np.abs(scipy.fft.rfft(frames * self._window, axis=1))
        low = int(_LOWEST_HZ * self._size / self._rate_hz)
        high = min(int(_HIGHEST_HZ * self._size / self._rate_hz) + 2, spectra.shape[1] - 1)
        near = spectra[:, low - 1 : high + 1]
        inner = near[:, 1:-1]
        loud = inner > _LEAST_OF_LOUDEST * near.max(axis=1, keepdims=True)
        frame, place = np.nonzero((inner > near[:, :-2]) & (inner >= near[:, 2:]) & loud)
        # The top of a parabola through three values in dB.
        below, middle, above = (np.log(near[frame, place + n] + 1e-12) for n in range(3))
        curve = below - 2 * middle + above
        offset = np.where(curve < -1e-9, 0.5 * (below - above) / np.minimum(curve, -1e-9), 0.0)
        hertz = (place + low + offset) * self._rate_hz / self._size
        self._pitches.append(69 + 12 * np.log2(hertz / 440))
        self._weights.append(np.sqrt(inner[frame, place], dtype=np.float64))


_PROFILES = np.array([np.roll(kind, tonic) for kind in (_MAJOR, _MINOR) for tonic in range(12)])
"""What each key has of the pitch classes from C upwards, shape (24, 12): major keys, then minor."""


def _confidence(fit: float, lead: float) -> float:
    return round(1 / (1 + math.exp(-_SLOPE * (lead * fit - _MIDDLE))), 2)
