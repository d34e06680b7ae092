"""From chunk vectors to passages and song vectors. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from segue.embedding.halves import Half
from segue.errors import InvalidVector
from segue.tracks import Matrix, Segment, Vector

SEGMENT_SECONDS = 10.0
"""Aimed length of a passage: long enough to be music, short enough to be found in a long mix."""

_SMALLEST_NORM = 1e-6
_WHOLE = Half("whole", 0, 1.0)


def song_vector(chunk_vectors: Matrix, halves: Sequence[Half] = ()) -> Vector:
    """L2-normalised mean of chunk vectors, shape (dimension,).

    Parameters
    ----------
    chunk_vectors
        Shape (n, dimension), n >= 1, rows L2-normalised.
    halves
        Pieces that vectors are put together from. Each is normalised by itself, and so keeps its
        share in the song vector, however much it varies within the song.

    Raises
    ------
    InvalidVector
        When there is none, or they cancel out and leave no direction.
    """
    if len(chunk_vectors) == 0:
        raise InvalidVector("no chunk vectors to pool")
    mean = chunk_vectors.mean(axis=0, dtype=np.float64)
    ends = np.cumsum([half.dimension for half in halves])[:-1]
    for piece, half in zip(np.split(mean, ends), halves or (_WHOLE,), strict=True):
        norm = float(np.linalg.norm(piece))
        if not norm > _SMALLEST_NORM:
            raise InvalidVector("the chunk vectors have no common direction")
        piece *= math.sqrt(half.share) / norm
    vector: Vector = mean.astype(np.float32)
    return vector


def segments(
    chunk_vectors: Matrix,
    start_seconds: npt.NDArray[np.float64],
    *,
    chunk_seconds: float,
    segment_seconds: float = SEGMENT_SECONDS,
    halves: Sequence[Half] = (),
) -> list[Segment]:
    """Cut a track into passages of about ``segment_seconds``, in order of time.

    A passage takes as many whole chunks as come nearest to ``segment_seconds``; its vector is their
    song vector. Chunks that remain at the end make a passage of their own when they are at least
    half as many as a passage takes, and otherwise join the passage before them.

    Parameters
    ----------
    chunk_vectors
        Shape (n, dimension), rows L2-normalised, in order of time.
    start_seconds
        Shape (n,): where each chunk starts.
    chunk_seconds
        Length of one chunk.
    halves
        As ``song_vector``.

    Raises
    ------
    InvalidVector
        When the chunks of a passage have no common direction.
    """
    if len(chunk_vectors) != len(start_seconds):
        raise ValueError(f"{len(chunk_vectors)} vectors but {len(start_seconds)} start times")
    if len(chunk_vectors) == 0:
        return []
    hop = float(np.median(np.diff(start_seconds))) if len(start_seconds) > 1 else chunk_seconds
    per_segment = max(1, round(segment_seconds / hop))
    firsts = list(range(0, len(chunk_vectors), per_segment))
    rest = len(chunk_vectors) - firsts[-1]
    if len(firsts) > 1 and rest < math.ceil(per_segment / 2):
        firsts.pop()
    lasts = [*firsts[1:], len(chunk_vectors)]
    return [
        Segment(
            number=number,
            start_seconds=float(start_seconds[first]),
            end_seconds=float(start_seconds[last - 1]) + chunk_seconds,
            vector=song_vector(chunk_vectors[first:last], halves),
        )
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]


def mean_probabilities(
    labels: Sequence[str], probabilities: npt.NDArray[np.float32] | None
) -> dict[str, float]:
    """Mean probability of each label over the chunks of a track; empty when there are none.

    Parameters
    ----------
    probabilities
        Shape (n, labels), or None when the model has no such output.
    """
    if probabilities is None or len(probabilities) == 0:
        return {}
    means = probabilities.mean(axis=0, dtype=np.float64)
    return {label: float(mean) for label, mean in zip(labels, means, strict=True)}


def genre_distribution(probabilities: Mapping[str, float]) -> Vector | None:
    """Place in the genre space: how the genres share a track out among them.

    Parameters
    ----------
    probabilities
        Genre to probability. A model that gives each genre a probability of its own leaves their
        sum open; here it becomes 1.

    Returns
    -------
    Vector or None
        Shape (genres,), not negative, of sum 1, in the order given; None when there are no genres
        or all are impossible.
    """
    total = math.fsum(probabilities.values())
    if not total > 0:
        return None
    shares: Vector = (np.fromiter(probabilities.values(), np.float64) / total).astype(np.float32)
    return shares
