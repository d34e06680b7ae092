"""Answers of indexes, compared as far as single precision tells them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from segue.index.exact import ExactIndex
from segue.tracks import Granularity, Neighbour, Vector

TOLERANCE = 2e-6
"""By which similarities of one pair of vectors may differ between engines and processors."""


BY_SOUND = (Granularity.TRACKS, Granularity.PASSAGES)
"""What is compared by vectors of the song vectors' space."""


def as_asked(vector: npt.ArrayLike, granularity: Granularity, genres: int = 4) -> Vector:
    """The vector itself, or the shares of so many genres that its first numbers stand for."""
    numbers = np.asarray(vector, dtype=np.float32)
    if granularity in BY_SOUND:
        return numbers
    shares = np.abs(numbers[:genres])
    return (shares / max(shares.sum(), np.float32(1e-6))).astype(np.float32)


def is_clear(oracle: ExactIndex, vector: Vector, granularity: Granularity) -> bool:
    """Whether a query tells all vectors apart: their order hangs on no engine's rounding."""
    vectors = oracle._stacked(granularity).vectors
    asked = as_asked(vector, granularity).astype(np.float64)
    if granularity in BY_SOUND:
        similarities = vectors @ (asked / np.linalg.norm(asked))
    else:
        similarities = np.linalg.norm(vectors - asked, axis=1) / np.sqrt(2)
    return bool(np.diff(np.sort(similarities)).min(initial=np.inf) > 2 * TOLERANCE)


def clear_query(oracle: ExactIndex, rng: np.random.Generator) -> Vector:
    """A query that tells all vectors apart: their order hangs on no engine's rounding.

    The similarities of any two songs, of any two passages, and of any two songs' genres, differ by
    twice the tolerance or more. The oracle must not hold two equal vectors.
    """
    while True:
        query = rng.standard_normal(oracle.dimension).astype(np.float32)
        if all(
            is_clear(oracle, query, granularity)
            for granularity in Granularity
            if len(oracle._stacked(granularity).owners)
        ):
            return query


def ids(neighbours: Sequence[Neighbour]) -> list[str]:
    return [neighbour.track.track_id for neighbour in neighbours]


def assert_same(found: Sequence[Neighbour], right: Sequence[Neighbour]) -> None:
    """Same tracks, order and passages; the similarities are equal within the tolerance.

    The query must be a clear one where similar vectors stand in the index. Tracks and the times
    of passages are stored and given back, not computed.
    """
    assert ids(found) == ids(right)
    for one, other in zip(found, right, strict=True):
        assert one.track == other.track
        assert one.similarity == pytest.approx(other.similarity, abs=TOLERANCE)
        assert len(one.passages) == len(other.passages)
        for passage, right_passage in zip(one.passages, other.passages, strict=True):
            assert passage.start_seconds == right_passage.start_seconds
            assert passage.end_seconds == right_passage.end_seconds
            assert passage.similarity == pytest.approx(right_passage.similarity, abs=TOLERANCE)
        assert (one.vector is None) == (other.vector is None)
        if one.vector is not None and other.vector is not None:
            np.testing.assert_allclose(one.vector, other.vector, atol=TOLERANCE)
