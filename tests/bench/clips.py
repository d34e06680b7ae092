"""Real-format input for the ingest benchmark: 30 s MP3s made from the demo catalogue."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from segue.audio.decoding import decode_stream

RATE_HZ = 44_100
SECONDS = 30.0
BIT_RATE = 128_000


def catalogue_files(folder: Path) -> list[Path]:
    """Audio of the demo catalogue, in a stable order."""
    endings = {".mp3", ".ogg", ".flac", ".m4a"}
    return sorted(path for path in folder.rglob("*") if path.suffix in endings)


def write_clips(catalogue: Path, folder: Path, count: int) -> list[Path]:
    """Write ``count`` distinct stereo MP3s of 30 s at 128 kbit/s, 44.1 kHz.

    Each joins two catalogue clips end to end, repeated to length, so that no two are alike.
    """
    sources = catalogue_files(catalogue)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        first = sources[number % len(sources)]
        second = sources[(number * 7 + 1) % len(sources)]
        left = _samples(first)
        joined = np.concatenate([left, _samples(second)])
        wanted = int(SECONDS * RATE_HZ)
        start = 997 * number % max(1, joined.size)
        mono = np.resize(np.roll(joined, -start), wanted)
        stereo = np.stack([mono, 0.8 * np.roll(mono, 37)])
        path = folder / f"clip-{number:03d}.mp3"
        write_mp3(path, stereo.astype(np.float32))
        paths.append(path)
    return paths


def write_long_mp3(catalogue: Path, path: Path, hours: float) -> None:
    """Write one very long stereo MP3 by repeating catalogue clips."""
    pieces = [_samples(source) for source in catalogue_files(catalogue)[:12]]
    loop = np.concatenate(pieces)
    write_mp3(path, np.stack([loop, loop]), seconds=hours * 3600)


def write_mp3(path: Path, stereo: np.ndarray, *, seconds: float | None = None) -> None:
    """Encode shape (2, n) float32 at 128 kbit/s; repeated until ``seconds`` when given."""
    total = stereo.shape[1] if seconds is None else int(seconds * RATE_HZ)
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE_HZ)
        stream.bit_rate = BIT_RATE
        stream.layout = "stereo"
        written = 0
        while written < total:
            offset = written % stereo.shape[1]
            block = stereo[:, offset : offset + min(RATE_HZ, total - written)]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(block), format="fltp", layout="stereo"
            )
            frame.sample_rate = RATE_HZ
            frame.pts = written
            frame.time_base = Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
            written += block.shape[1]
        container.mux(stream.encode(None))


def _samples(path: Path) -> np.ndarray:
    return np.concatenate(list(decode_stream(path, RATE_HZ)))
