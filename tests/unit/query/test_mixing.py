"""What the collaborative side of a search is asked, and what becomes of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest

from segue.index.exact import ExactIndex
from segue.mix import Mix
from segue.query.mixing import Mixing
from segue.query.pool import Pool
from segue.query.rules import Exclusions
from segue.query.seeds import SeedSearch
from segue.ranking.collaborative import ScoreQuery
from segue.seeds import PlaylistSeed, Seeds, TrackSeed, WeightedSeed
from segue.tracks import EmbeddedTrack, Track, TrackFilter

SPACE = "test-v1"
NOW = datetime(2026, 5, 4, tzinfo=UTC)


def stored(number: int) -> EmbeddedTrack:
    angle = np.radians(number)
    vector = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    return EmbeddedTrack(Track(f"t{number:02}", ingested_at=NOW), SPACE, vector)


@pytest.fixture
async def index() -> ExactIndex:
    opened = ExactIndex(space=SPACE, dimension=2)
    await opened.upsert([stored(number) for number in range(10)])
    return opened


class Recommender:
    """Says what it was told to, and keeps what it was asked."""

    def __init__(self, scores: Mapping[str, float]) -> None:
        self._scores = scores
        self.asked: list[ScoreQuery] = []

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> Mapping[str, float]:
        self.asked.append(query)
        return self._scores

    async def close(self) -> None:
        """Nothing is held open."""


async def test_seeds_against_are_no_seeds_of_the_collaborative_side(index: ExactIndex) -> None:
    seeds = Seeds(
        [
            WeightedSeed(TrackSeed("t00"), 1.0),
            WeightedSeed(PlaylistSeed(("t01", "t02")), 0.5),
            WeightedSeed(TrackSeed("t09"), -1.0),
            WeightedSeed(PlaylistSeed(("t02", "t08")), -0.5),
        ]
    )
    candidates = await SeedSearch().candidates(index, None, seeds)
    pool = Pool(index, candidates, TrackFilter())
    await pool.search(2, Exclusions())
    recommender = Recommender({"t09": 3.0, "t08": 2.0, "t06": 1.0})
    mixing = Mixing(recommender, timeout_seconds=1.0)
    mixed = await mixing.mixed(pool, Mix(), candidates.seeds)
    (asked,) = recommender.asked
    assert asked.seed_track_ids == ["t00", "t01", "t02"]
    # What is against is no answer either.
    assert pool.found.keys().isdisjoint({"t00", "t01", "t02", "t08", "t09"})
    assert pool.found.keys() - pool.acoustic == {"t06"}
    assert mixed.suggested == 1
