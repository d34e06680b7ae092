"""Acoustic fingerprints: the same recording is known again in another encoding, cut or gain.

Every step of about an eighth of a second gives 16 bits: whether the energy difference of two
neighbouring groups of bands is greater than three steps before. Gain cancels out, and an encoder
changes few of the bits. See J. Haitsma and T. Kalker, A highly robust audio fingerprinting system,
ISMIR 2002. It is made of the log-mel that the model takes, and so costs next to nothing; those of
different front ends cannot be compared.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segue.audio.front_end import FrontEnd
from segue.audio.mel import band_centres_hz
from segue.audio.signals import LogMel
from segue.fingerprints import (
    BITS,
    MOST_LANDMARKS,
    MOST_STEPS,
    NO_FINGERPRINT,
    NOTHING,
    STEP_SECONDS,
    Codes,
    Fingerprint,
)

_LOW_HZ, _HIGH_HZ = 200.0, 4_000.0
_LAG_STEPS = 3
_SMOOTHED_STEPS = 3
"""Energies are averaged over as many steps: copies that begin between two steps agree too."""

_STILL_DB = 1e-2
"""Steps that change by less in every band tell nothing: a tone that is held."""

_ABOVE_FLOOR_DB = 12.0
"""Steps without a band as far above the floor tell nothing: an encoder's noise is all there is."""

_LANDMARK_STEPS = 2
"""Distance of the two codes of a landmark."""

_WEAKEST = 3
"""Which of a code's bits says how strong it is, counted from the weakest, which may well be
wrong."""


class FingerprintStream:
    """Makes the fingerprint of a signal whose log-mel comes in pieces.

    Parameters
    ----------
    front
        Analysis parameters. One with fewer than 17 bands between 200 Hz and 4 kHz gives none.
    """

    def __init__(self, front: FrontEnd) -> None:
        self._frames = max(1, round(STEP_SECONDS * front.rate_hz / front.hop))
        self._floor_db = front.floor_db
        centres = band_centres_hz(front)
        inside = np.flatnonzero((centres >= _LOW_HZ) & (centres <= _HIGH_HZ))
        self._groups = np.array_split(inside, BITS + 1) if len(inside) > BITS else []
        self._waiting = np.empty((front.bands, 0), np.float32)
        self._powers: list[npt.NDArray[np.float64]] = []
        self._steps = 0

    def push(self, mel: LogMel) -> None:
        """Take the next frames, shape (bands, frames)."""
        if not self._groups or self._steps >= MOST_STEPS:
            return
        frames = np.concatenate([self._waiting, mel], axis=1)
        steps = frames.shape[1] // self._frames
        self._waiting = frames[:, steps * self._frames :]
        if not steps:
            return
        power = 10.0 ** (frames[:, : steps * self._frames].astype(np.float64) / 10.0)
        grouped = np.stack([power[group].mean(axis=0) for group in self._groups])
        self._powers.append(grouped.reshape(BITS + 1, steps, self._frames).mean(axis=2))
        self._steps += steps

    def finish(self) -> Fingerprint:
        """The fingerprint of all that was pushed; empty where nothing in it tells anything."""
        if self._steps < _SMOOTHED_STEPS + _LAG_STEPS:
            return NO_FINGERPRINT
        power = np.concatenate(self._powers, axis=1)[:, :MOST_STEPS]
        windows = np.lib.stride_tricks.sliding_window_view(power, _SMOOTHED_STEPS, axis=1)
        level = 10.0 * np.log10(windows.mean(axis=2))
        slope = np.diff(level, axis=0)
        change = slope[:, _LAG_STEPS:] - slope[:, :-_LAG_STEPS]
        loudest = np.maximum(level[:, _LAG_STEPS:], level[:, :-_LAG_STEPS]).max(axis=0)
        codes = _codes(change, loudest < self._floor_db + _ABOVE_FLOOR_DB)
        if not (codes != NOTHING).any():
            return NO_FINGERPRINT
        return Fingerprint.of(codes, _landmarks(codes, change))


def _codes(change: npt.NDArray[np.float64], quiet: npt.NDArray[np.bool_]) -> Codes:
    """Codes, shape (steps,), of how slopes between bands changed, shape (16, steps)."""
    weights = (np.uint16(1) << np.arange(BITS, dtype=np.uint16))[:, None]
    codes: Codes = np.where(change > 0, weights, NOTHING).sum(axis=0, dtype=np.uint16)
    codes[quiet | (np.abs(change).max(axis=0) < _STILL_DB)] = NOTHING
    return codes


def _landmarks(codes: Codes, change: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """Pairs of codes whose weakest bits are the strongest, each once, in rising order."""
    first, second = codes[:-_LANDMARK_STEPS], codes[_LANDMARK_STEPS:]
    weakest = np.sort(np.abs(change), axis=0)[_WEAKEST]
    strength = np.minimum(weakest[:-_LANDMARK_STEPS], weakest[_LANDMARK_STEPS:])
    telling = np.flatnonzero((first != NOTHING) & (second != NOTHING))
    order = telling[np.argsort(-strength[telling], kind="stable")]
    pairs = (first.astype(np.uint32) << 16 | second)[order]
    chosen = dict.fromkeys(pairs[: 4 * MOST_LANDMARKS].tolist())
    return tuple(sorted(list(chosen)[:MOST_LANDMARKS]))
