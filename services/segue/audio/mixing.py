"""From decoded frames to one channel at one rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import soxr

from segue.audio.signals import Mono
from segue.errors import AudioError

_LOUDEST = 8.0
"""Samples are limited to this much: 18 dB above full scale is not music."""


def mix_to_mono(frame: Any, *, lossy: bool) -> Mono:
    """Average of a frame's channels, shape (samples,), float32, finite, within [-8, 8].

    Parameters
    ----------
    frame
        A PyAV ``AudioFrame`` of any sample format.
    lossy
        Whether the codec is lossy. A sample that is not a number is then a damaged packet, and
        becomes silence; otherwise the file itself holds it, and is refused.

    Raises
    ------
    AudioError
        ``AUDIO_NON_FINITE``.
    """
    samples: npt.NDArray[Any] = frame.to_ndarray()
    channels = frame.layout.nb_channels
    if not frame.format.is_planar:
        samples = samples.reshape(-1, channels).T
    if channels == 1:
        mixed = samples[0].astype(np.float32)
    else:
        mixed = np.add(samples[0], samples[1], dtype=np.float32)
        for channel in samples[2:]:
            mixed += channel
    kind = samples.dtype
    if kind == np.uint8:
        mixed -= np.float32(128 * channels)
    full_scale = 1.0 if kind.kind == "f" else 2.0 ** (8 * kind.itemsize - 1)
    mixed *= np.float32(1 / (full_scale * channels))
    # The two extremes find NaN and infinity too, and cost less than a test of every sample.
    lowest, highest = float(mixed.min(initial=0.0)), float(mixed.max(initial=0.0))
    if not np.isfinite(lowest + highest):
        if not lossy:
            raise AudioError("the file holds samples that are not numbers", "AUDIO_NON_FINITE")
        mixed[~np.isfinite(mixed)] = 0.0
        lowest, highest = -np.inf, np.inf
    if lowest < -_LOUDEST or highest > _LOUDEST:
        np.clip(mixed, -_LOUDEST, _LOUDEST, out=mixed)
    return cast("Mono", mixed)


class Resampler:
    """Brings blocks of changing rates to one rate, as a stream (soxr, high quality)."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._source_hz = rate_hz
        self._stream: soxr.ResampleStream | None = None

    def push(self, block: Mono, source_hz: int) -> Iterator[Mono]:
        """Take the next samples at ``source_hz``; give those that are ready."""
        if source_hz != self._source_hz:
            yield from self.finish()
            self._source_hz = source_hz
        if source_hz == self._rate_hz:
            yield block
            return
        if self._stream is None:
            self._stream = soxr.ResampleStream(
                source_hz, self._rate_hz, 1, dtype="float32", quality="HQ"
            )
        yield from self._given(self._stream.resample_chunk(block))

    def finish(self) -> Iterator[Mono]:
        """Give what the filter still holds."""
        if self._stream is not None:
            yield from self._given(self._stream.resample_chunk(np.empty(0, np.float32), last=True))
            self._stream = None

    @staticmethod
    def _given(block: Mono) -> Iterator[Mono]:
        if block.size:
            yield block
