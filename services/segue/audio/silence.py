"""Whether there is any sound in a signal."""

from __future__ import annotations

import numpy as np

from segue.audio.signals import Mono

SILENCE_DB = -70.0
"""A signal that never leaves its rest by more than this level (dB re full scale) is silent."""

_SILENT_PEAK = 10 ** (SILENCE_DB / 20)

_EDGE_SECONDS = 0.25
"""At both ends of a constant, filters and encoders ring."""


class SilenceMeter:
    """Looks at the samples of a signal until it has found sound.

    Silent is what stays below ``SILENCE_DB``, and what stays that near to a constant: an offset of
    a converter is no sound. A constant's first and last quarter of a second are not looked at.

    Parameters
    ----------
    rate_hz
        Rate of the signal.
    """

    def __init__(self, rate_hz: int) -> None:
        self._edge_samples = round(_EDGE_SECONDS * rate_hz)
        self._skipped = 0
        self._seen = 0
        self._waiting = np.empty(0, np.float32)
        self._lowest, self._highest = np.inf, -np.inf
        self._is_quiet = True

    @property
    def is_silent(self) -> bool:
        """Whether no sound was found so far."""
        return self._is_quiet or self._is_constant

    @property
    def _is_constant(self) -> bool:
        return (
            self._seen >= self._edge_samples
            and self._highest - self._lowest < 2 * _SILENT_PEAK
            and max(abs(self._lowest), abs(self._highest)) >= _SILENT_PEAK
        )

    @property
    def _may_be_constant(self) -> bool:
        return not self._highest - self._lowest >= 2 * _SILENT_PEAK

    def push(self, block: Mono) -> None:
        """Take the next samples, shape (n,), n > 0."""
        if self._is_quiet:
            self._is_quiet = max(float(block.max()), -float(block.min())) < _SILENT_PEAK
        if not self._may_be_constant:
            return
        skipped = min(block.size, self._edge_samples - self._skipped)
        self._skipped += skipped
        # The last quarter of a second is known as such only at the end.
        signal = np.concatenate([self._waiting, block[skipped:]])
        seen = max(0, signal.size - self._edge_samples)
        self._waiting = signal[seen:]
        self._seen += seen
        if seen:
            self._lowest = min(self._lowest, float(signal[:seen].min()))
            self._highest = max(self._highest, float(signal[:seen].max()))
