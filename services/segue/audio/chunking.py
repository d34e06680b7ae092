"""Cutting a stream of log-mel frames into the chunks that the model takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.audio.front_end import FrontEnd
from segue.audio.signals import LogMel, MelChunks

BATCH_CHUNKS = 64
"""Most chunks in one batch: about 4 MB with the default front end."""

_SHORTEST_TAIL = 8
"""A tail of less than this part of a chunk is left out."""


@dataclass(frozen=True, slots=True)
class ChunkBatch:
    """Neighbouring chunks of one signal.

    Attributes
    ----------
    mels
        Shape (n, bands, chunk_frames), float32, C-contiguous, dB within ``[floor_db, 0]``.
    start_seconds
        Shape (n,), float64: where each chunk starts, from the start of the analysed passage.
    """

    mels: MelChunks
    start_seconds: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.mels)


def chunks(
    mels: Iterable[LogMel], front: FrontEnd, *, batch_chunks: int = BATCH_CHUNKS
) -> Iterator[ChunkBatch]:
    """Cut log-mel frames into chunks, in batches of at most ``batch_chunks``, in bounded memory.

    Chunks start every ``chunk_hop_frames``. What remains after the last full chunk is covered by
    one more chunk that is moved back so as to end with the signal: nothing is padded, so every
    chunk is real sound. A remainder shorter than an eighth of a chunk is left out, because the
    extra chunk would repeat its neighbour almost wholly. A signal shorter than one chunk
    gives none.

    Parameters
    ----------
    mels
        Consecutive pieces, each of shape (bands, frames), of any length.
    """
    size, hop = front.chunk_frames, front.chunk_hop_frames
    batch_frames = size + (batch_chunks - 1) * hop
    pieces: list[LogMel] = []
    waiting = 0
    first_frame = 0

    def cut(frames: LogMel, starts: npt.NDArray[np.int64]) -> ChunkBatch:
        cut_mels = np.empty((len(starts), len(frames), size), np.float32)
        for number, start in enumerate(starts):
            cut_mels[number] = frames[:, start : start + size]
        start_frames = (first_frame + starts).astype(np.float64)
        return ChunkBatch(cut_mels, start_frames * (front.hop / front.rate_hz))

    # The last chunk's frames stay until the end is known: an overlapped tail needs them.
    kept = size
    for piece in mels:
        pieces.append(piece)
        waiting += piece.shape[1]
        while waiting >= batch_frames + kept:
            frames = np.concatenate(pieces, axis=1)
            yield cut(frames, np.arange(batch_chunks, dtype=np.int64) * hop)
            pieces = [frames[:, batch_chunks * hop :]]
            waiting -= batch_chunks * hop
            first_frame += batch_chunks * hop
    if waiting < size:
        return
    frames = np.concatenate(pieces, axis=1)
    starts = np.arange((waiting - size) // hop + 1, dtype=np.int64) * hop
    uncovered = waiting - (int(starts[-1]) + size)
    if uncovered * _SHORTEST_TAIL >= size:
        starts = np.append(starts, waiting - size)
    for first in range(0, len(starts), batch_chunks):
        yield cut(frames, starts[first : first + batch_chunks])
