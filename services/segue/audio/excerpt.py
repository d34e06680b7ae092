"""A passage of a file as a clip that is small enough to send."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np

from segue.audio.decoding import decode_stream, probe
from segue.limits import LONGEST_CLIP_SECONDS

_HIGHEST_RATE_HZ = 48_000


def excerpt(path: Path, *, start_seconds: float = 0.0, length_seconds: float = 0.0) -> bytes:
    """A passage as FLAC: mono, 16 bit, at the file's own rate or 48 kHz if that is lower.

    Parameters
    ----------
    path
        A file in any supported format, of any size: it is decoded as a stream.
    start_seconds, length_seconds
        The passage; length 0 means to the end, of at most ``LONGEST_CLIP_SECONDS``.

    Raises
    ------
    AudioError
        As ``decode_stream``.
    SourceError
        When the path names no readable file.
    """
    rate_hz = min(probe(path).rate_hz, _HIGHEST_RATE_HZ)
    packed = io.BytesIO()
    with av.open(packed, "w", format="flac") as muxer:
        stream = muxer.add_stream("flac", rate=rate_hz, layout="mono")
        for block in decode_stream(
            path,
            rate_hz,
            start_seconds=start_seconds,
            length_seconds=length_seconds or LONGEST_CLIP_SECONDS,
        ):
            samples = np.clip(np.rint(block * 32_767), -32_768, 32_767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
            frame.sample_rate = rate_hz
            muxer.mux(stream.encode(frame))
        muxer.mux(stream.encode(None))
    return packed.getvalue()
