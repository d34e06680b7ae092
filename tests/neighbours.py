"""Answers of indexes, compared as far as single precision tells them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from segue.index.exact import ExactIndex
from segue.tracks import Granularity, Neighbour, Vector

TOLERANCE = 2e-6
"""By which similarities of one pair of vectors may differ between engines and processors."""


def clear_query(oracle: ExactIndex, rng: np.random.Generator) -> Vector:
    """A query that tells all vectors apart: their order hangs on no engine's rounding.

    The similarities of any two songs, and of any two passages, differ by twice the tolerance or
    more. The oracle must not hold two equal vectors.
    """
    while True:
        query = rng.standard_normal(oracle.dimension).astype(np.float32)
        unit = query.astype(np.float64) / np.linalg.norm(query.astype(np.float64))
        stacks = (oracle._stacked(granularity).vectors for granularity in Granularity)
        gaps = [np.diff(np.sort(vectors @ unit)) for vectors in stacks]
        if all(gap.min(initial=np.inf) > 2 * TOLERANCE for gap in gaps):
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
        assert (one.passage is None) == (other.passage is None)
        if one.passage is not None and other.passage is not None:
            assert one.passage.start_seconds == other.passage.start_seconds
            assert one.passage.end_seconds == other.passage.end_seconds
            assert one.passage.similarity == pytest.approx(other.passage.similarity, abs=TOLERANCE)
