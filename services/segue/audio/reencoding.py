"""Audio in an encoding that browsers play: FLAC, or MP3 where room matters more than sound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from segue.audio.damage import Losses
from segue.audio.decoding import AudioLimits
from segue.audio.frame_stream import FrameStream
from segue.audio.opening import Parts
from segue.errors import AudioError


class Encoding(Enum):
    """What a file is encoded as; the value is FFmpeg's name of its container."""

    FLAC = "flac"
    MP3 = "mp3"
    WAV = "wav"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return {"flac": "audio/flac", "mp3": "audio/mpeg", "wav": "audio/wav"}[self.value]

    @property
    def codec(self) -> str:
        """FFmpeg's name of its encoder."""
        return {"flac": "flac", "mp3": "libmp3lame", "wav": "pcm_s16le"}[self.value]


_MP3_BITS_PER_SECOND = 192_000

_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Of what is made; what has another rate gets the next higher one, at most the highest."""


def reencode(
    source: Path,
    target: Path,
    encoding: Encoding,
    *,
    start_seconds: float = 0.0,
    length_seconds: float | None = None,
    limits: AudioLimits = AudioLimits(),
) -> float:
    """Write a file, or a passage of it, in another encoding: 16 bit, at most two channels.

    What decodes of a damaged file is written. A passage is cut exact to one sample.

    Parameters
    ----------
    target
        A file that is there or not; it is written over.
    start_seconds, length_seconds
        The passage; None reaches to the end.

    Returns
    -------
    float
        How long it lasts, in seconds.

    Raises
    ------
    AudioError
        When nothing of the file decodes, or more than ``limits`` allow.
    SourceError
        When the source names no readable file.
    """
    end_seconds = math.inf if length_seconds is None else start_seconds + length_seconds
    written = 0
    with ExitStack() as stack:
        frames = _passage(Parts(source, stack), start_seconds, end_seconds, limits)
        first = next(frames, None)
        if first is None:
            raise AudioError("nothing of the passage decodes", "AUDIO_EMPTY")
        rate_hz = next((rate for rate in _RATES_HZ if rate >= first.sample_rate), _RATES_HZ[-1])
        layout = "mono" if first.layout.nb_channels == 1 else "stereo"
        muxer = stack.enter_context(av.open(str(target), "w", format=encoding.value))
        stream: Any = muxer.add_stream(encoding.codec, rate=rate_hz, layout=layout)
        if encoding is Encoding.MP3:
            stream.bit_rate = _MP3_BITS_PER_SECOND
        else:
            stream.format = "s16"
        converted = _Converted(stream.format.name, layout, rate_hz)
        for frame in _chained(first, frames):
            for ready in converted.push(frame):
                written += ready.samples
                muxer.mux(stream.encode(ready))
        for ready in converted.push(None):
            written += ready.samples
            muxer.mux(stream.encode(ready))
        muxer.mux(stream.encode(None))
    return written / rate_hz


class _Converted:
    """Brings frames of any format, rate and channels to one."""

    def __init__(self, format_name: str, layout: str, rate_hz: int) -> None:
        self._format, self._layout, self._rate_hz = format_name, layout, rate_hz
        self._kind: tuple[object, ...] = ()
        self._resampler: Any = None
        self._samples = 0

    def push(self, frame: Any) -> Iterator[Any]:
        """Take the next frame, or None at the end; give those that are ready."""
        if frame is None:
            yield from self._ready(None)
            return
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            yield from self._ready(None)
            self._kind = kind
            self._resampler = av.AudioResampler(self._format, self._layout, self._rate_hz)
        frame.pts = None
        yield from self._ready(frame)

    def _ready(self, frame: Any) -> Iterator[Any]:
        if self._resampler is None:
            return
        for ready in self._resampler.resample(frame):
            ready.pts = self._samples
            ready.time_base = Fraction(1, self._rate_hz)
            self._samples += ready.samples
            yield ready


def _chained(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from others


def _passage(
    parts: Parts, start_seconds: float, end_seconds: float, limits: AudioLimits
) -> Iterator[Any]:
    """Decoded frames of a passage, joined to a few seconds each."""
    position = 0.0
    spent = 0
    for number in range(len(parts)):
        with ExitStack() as stack:
            try:
                opened = parts.open(number, stack)
            except AudioError:
                if number == 0:
                    raise
                continue  # of a chain, what can be opened is heard
            stream = FrameStream(opened, Losses(), end_seconds)
            if start_seconds > 0 and len(parts) == 1:
                skipped = stream.skip(start_seconds)
                if skipped is None:
                    opened = parts.open(number, stack)
                    stream = FrameStream(opened, Losses(), end_seconds)
                position += skipped or 0.0
            for frame in stream.frames():
                rate_hz = int(frame.sample_rate)
                spent += int(frame.samples) * frame.layout.nb_channels
                seconds = position + frame.samples / rate_hz
                if spent > limits.max_samples or seconds > limits.max_duration_seconds:
                    raise AudioError("the audio is too long to be re-encoded", "AUDIO_TOO_LONG")
                first = max(0, round((start_seconds - position) * rate_hz))
                last = min(int(frame.samples), round(min(end_seconds - position, 1e6) * rate_hz))
                position = seconds
                if first < last:
                    yield _cut(frame, first, last)
                if position >= end_seconds:
                    return


def _cut(frame: Any, first: int, last: int) -> Any:
    """Samples ``first`` to ``last`` of a frame."""
    if first == 0 and last == frame.samples:
        return frame
    samples = frame.to_ndarray()
    channels = frame.layout.nb_channels
    kept = (
        samples[:, first:last]
        if frame.format.is_planar
        else samples[:, first * channels : last * channels]
    )
    cut = av.AudioFrame.from_ndarray(
        kept.copy(), format=frame.format.name, layout=frame.layout.name
    )
    cut.sample_rate = frame.sample_rate
    return cut
