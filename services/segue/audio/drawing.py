"""What a track looks like: its waveform, and its log-mel spectrogram as a picture.

Both are made while the file is decoded once, in memory that does not grow with its length: columns
are joined in pairs whenever there are twice as many as a picture may have.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from segue.audio.decoding import AudioLimits, decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.media_types import media_type_of
from segue.audio.mel import LogMelStream
from segue.errors import AudioError

MOST_COLUMNS = 2_000
"""Of a waveform and of a spectrogram: more than a screen shows."""

_FRONT = FrontEnd(reference_power=1_000.0)
"""Loud music comes near 0 dB in few places; as models hear it, most of it would be white."""

_BLOCK_SAMPLES = 128
"""Of the finest column of a waveform: 6 ms."""

_PNG_GREY = 0

Columns: TypeAlias = npt.NDArray[np.float32]
"""Shape (columns, values)."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a passage of audio looks like.

    Attributes
    ----------
    duration_seconds
        What was decoded.
    media_type
        Of the file, by its bytes.
    peaks
        Loudest sample of each column, shape (n,), n at most ``MOST_COLUMNS``, in [0, 1].
    spectrogram
        PNG of 8 bits of grey: log-mel energies, at most ``MOST_COLUMNS`` wide, 128 bands high, the
        lowest at the bottom; from black, 80 dB below it, to white, what loud music reaches.
    """

    duration_seconds: float
    media_type: str
    peaks: npt.NDArray[np.float32]
    spectrogram: bytes


def drawing(
    path: Path,
    *,
    start_seconds: float = 0.0,
    length_seconds: float | None = None,
    limits: AudioLimits = AudioLimits(),
    damage_permitted: bool = False,
) -> Drawing:
    """Draw a file, or a passage of it.

    Parameters
    ----------
    start_seconds, length_seconds
        The passage; None reaches to the end.
    damage_permitted
        Draw what decodes of a file that breaks off.

    Raises
    ------
    AudioError
        As ``decode_stream``; ``AUDIO_EMPTY`` where nothing decodes.
    SourceError
        When the path names no readable file.
    """
    mel, count = LogMelStream(_FRONT), 0
    loudness = _Joined(1, np.maximum)
    spectrum = _Joined(_FRONT.bands, _mean)
    rest = np.empty(0, np.float32)
    blocks = decode_stream(
        path,
        _FRONT.rate_hz,
        limits=limits,
        start_seconds=start_seconds,
        length_seconds=length_seconds,
    )
    for block in _as_far_as_it_goes(blocks) if damage_permitted else blocks:
        count += block.size
        spectrum.add(mel.push(block).T)
        samples = np.abs(np.concatenate([rest, block]))
        whole = samples.size // _BLOCK_SAMPLES * _BLOCK_SAMPLES
        loudness.add(samples[:whole].reshape(-1, _BLOCK_SAMPLES).max(axis=1, keepdims=True))
        rest = samples[whole:]
    if count == 0:
        raise AudioError("nothing of the file decodes", "AUDIO_EMPTY")
    spectrum.add(mel.finish().T)
    if rest.size:
        loudness.add(rest.max(keepdims=True)[:, np.newaxis])
    with path.open("rb") as file:
        media_type = media_type_of(file)
    return Drawing(
        count / _FRONT.rate_hz,
        media_type,
        np.minimum(loudness.columns()[:, 0], 1.0),
        grey_png(_grey(spectrum.columns())),
    )


def grey_png(rows: npt.NDArray[np.uint8]) -> bytes:
    """A picture in shades of grey as PNG (W3C, third edition).

    Parameters
    ----------
    rows
        Shape (height, width), from the top.
    """
    height, width = rows.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _PNG_GREY, 0, 0, 0)
    # Each row says first how it was filtered: by what is above it (2), which suits spectra.
    above = np.concatenate([np.zeros((1, width), np.uint8), rows[:-1]])
    filtered = np.concatenate([np.full((height, 1), 2, np.uint8), rows - above], axis=1)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 6)),
            _chunk(b"IEND", b""),
        )
    )


class _Joined:
    """Columns of equal lengths of time, which are joined in pairs as they become too many."""

    def __init__(self, values: int, join: Callable[[Columns, Columns], Columns]) -> None:
        self._join = join
        self._held: list[Columns] = []
        self._count = 0
        self._factor = 1
        self._rest = np.empty((0, values), np.float32)

    def add(self, columns: Columns) -> None:
        """Take the next columns of the finest kind."""
        waiting = np.concatenate([self._rest, columns])
        whole = len(waiting) // self._factor * self._factor
        self._rest = waiting[whole:]
        self._keep(self._halved(waiting[:whole], self._factor))
        while self._count >= 2 * MOST_COLUMNS:
            held = np.concatenate(self._held)
            # A column without a partner waits, as it came, for the ones that are to come.
            even = len(held) // 2 * 2
            left = np.repeat(held[even:], self._factor, axis=0)
            self._rest = np.concatenate([left, self._rest])
            self._held, self._count = [], 0
            self._keep(self._halved(held[:even], 2))
            self._factor *= 2

    def columns(self) -> Columns:
        """All of them, at most ``MOST_COLUMNS``."""
        held = self._held
        if len(self._rest):
            last = self._rest[0]
            for column in self._rest[1:]:
                last = self._join(last, column)
            held = [*held, last[np.newaxis]]
        whole = np.concatenate(held)
        if len(whole) <= MOST_COLUMNS:
            return whole
        if len(whole) % 2:
            whole = np.concatenate([whole, whole[-1:]])
        return self._halved(whole, 2)

    def _keep(self, columns: Columns) -> None:
        if len(columns):
            self._held.append(columns)
            self._count += len(columns)

    def _halved(self, columns: Columns, factor: int) -> Columns:
        while factor > 1:
            columns = self._join(columns[::2], columns[1::2])
            factor //= 2
        return columns


def _mean(one: Columns, other: Columns) -> Columns:
    mean: Columns = (one + other) / np.float32(2)
    return mean


def _as_far_as_it_goes(blocks: Iterator[npt.NDArray[np.float32]]) -> Iterator[Columns]:
    try:
        yield from blocks
    except AudioError:
        return


def _grey(columns: Columns) -> npt.NDArray[np.uint8]:
    """Shape (bands, columns), the highest band first."""
    share = 1.0 - columns / _FRONT.floor_db
    levels: npt.NDArray[np.uint8] = np.rint(255 * np.clip(share, 0.0, 1.0)).astype(np.uint8)
    return np.ascontiguousarray(levels.T[::-1])


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
