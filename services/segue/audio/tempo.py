"""Tempo of music by the rhythm of its onsets.

The onset envelope is the spectral flux of the log-mel energies that the model is given anyway. Its
autocorrelation is high at the beat's period and at the multiples of it; so a tempo is as good as
the mean over the first multiples (a comb, after Scheirer, 1998), weighed by how usual it is
(a bell over log tempo, as in Ellis, 2007).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import scipy.fft

from segue.audio.front_end import FrontEnd
from segue.audio.signals import LogMel
from segue.tracks import EstimatedTempo

LONGEST_SECONDS = 90.0
"""What is listened to, from the start."""

SHORTEST_SECONDS = 6.0

_SLOWEST_BPM, _FASTEST_BPM = 40.0, 240.0
_STEPS = 721
_MULTIPLES = 8
_USUAL_BPM, _OCTAVES = 120.0, 1.0
_TREND_SECONDS = 1.0

_MIDDLE, _SLOPE = 0.23, 5.8
"""How strength becomes a probability: fitted to 130 rendered tracks whose tempo is known."""


class TempoMeter:
    """Estimates the tempo from log-mel frames as they come.

    Parameters
    ----------
    front
        How the frames were made.
    """

    def __init__(self, front: FrontEnd) -> None:
        self._frames_per_second = front.rate_hz / front.hop
        self._left = round(LONGEST_SECONDS * self._frames_per_second)
        self._last: LogMel | None = None
        self._flux: list[npt.NDArray[np.float32]] = []

    def push(self, mel: LogMel) -> None:
        """Take the next frames, shape (bands, frames), in dB."""
        mel = mel[:, : self._left]
        if mel.shape[1] == 0:
            return
        self._left -= mel.shape[1]
        before = mel[:, :1] if self._last is None else self._last
        self._last = mel[:, -1:]
        steps = np.diff(mel, axis=1, prepend=before)
        self._flux.append(np.maximum(steps, 0, out=steps).mean(axis=0))

    def estimate(self) -> EstimatedTempo | None:
        """Tempo of what was taken; None for what is too short, or has no rhythm at all."""
        flux = np.concatenate([np.empty(0, np.float32), *self._flux]).astype(np.float64)
        if flux.size < SHORTEST_SECONDS * self._frames_per_second:
            return None
        regularity = _autocorrelation(flux, round(_TREND_SECONDS * self._frames_per_second))
        if regularity is None:
            return None
        bpm = np.geomspace(_SLOWEST_BPM, _FASTEST_BPM, _STEPS)
        periods = 60.0 * self._frames_per_second / bpm
        lags = np.arange(1, _MULTIPLES + 1)[:, None] * periods
        known = lags <= flux.size / 2
        comb = np.where(known, np.interp(lags, np.arange(regularity.size), regularity), 0.0)
        strength = np.maximum(comb.sum(axis=0) / np.maximum(1, known.sum(axis=0)), 0.0)
        usual = np.exp(-0.5 * (np.log2(bpm / _USUAL_BPM) / _OCTAVES) ** 2)
        best = int(np.argmax(strength * usual))
        if strength[best] <= 0:
            return None
        return EstimatedTempo(round(float(bpm[best]), 1), _confidence(float(strength[best])))


def _autocorrelation(flux: npt.NDArray[np.float64], trend: int) -> npt.NDArray[np.float64] | None:
    """Autocorrelation of what stands out of the flux, 1 at lag 0; None: nothing does."""
    flux = flux - np.convolve(flux, np.ones(trend) / trend, "same")
    size = scipy.fft.next_fast_len(2 * flux.size, real=True)
    power = np.abs(scipy.fft.rfft(flux, size)) ** 2
    sums = scipy.fft.irfft(power, size)[: flux.size] / np.arange(flux.size, 0, -1)
    return None if sums[0] <= 1e-12 else sums / sums[0]


def _confidence(strength: float) -> float:
    return round(1 / (1 + math.exp(-_SLOPE * (strength - _MIDDLE))), 2)
