"""What the collaborative side of a search is asked, and what becomes of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from segue.callers import Call, set_call
from segue.index.exact import ExactIndex
from segue.mix import SUGGESTIONS, SUGGESTIONS_UNDER_FILTER, Mix
from segue.query.mixing import Mixing
from segue.query.pool import Pool
from segue.query.rules import Exclusions
from segue.query.seeds import SeedSearch
from segue.ranking.collaborative import ScoreQuery
from segue.seeds import PlaylistSeed, Seeds, TrackSeed, VectorSeed, WeightedSeed
from segue.tracks import EmbeddedTrack, LabelMatch, Track, TrackFilter, TrackMetadata

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
    """Says what it was told to, and keeps what it was asked.

    Parameters
    ----------
    known
        Listeners of whom it knows something; nobody is always one.
    """

    def __init__(self, scores: Mapping[str, float], known: Sequence[str] = ()) -> None:
        self._scores = scores
        self._known = ("", *known)
        self.asked: list[ScoreQuery] = []

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> Mapping[str, float]:
        self.asked.append(query)
        return self._scores if query.user_id in self._known else {}

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


async def test_under_a_filter_the_best_suggestions_that_satisfy_it_are_added() -> None:
    even = TrackMetadata(genres=("even",))
    index = ExactIndex(space=SPACE, dimension=2)
    vector = np.array([1.0, 0.0], dtype=np.float32)
    await index.upsert(
        [
            EmbeddedTrack(
                Track(f"s{number:03}", TrackMetadata() if number % 4 else even, ingested_at=NOW),
                SPACE,
                vector,
            )
            for number in range(400)
        ]
    )
    where = TrackFilter(genres=LabelMatch(any_of=("even",)))
    candidates = await SeedSearch().candidates(index, None, Seeds.of(VectorSeed(vector)))
    pool = Pool(index, candidates, where)
    # The best first; one in four fits.
    recommender = Recommender({f"s{number:03}": 1000.0 - number for number in range(400)})
    mixed = await Mixing(recommender, timeout_seconds=1.0).mixed(
        pool, Mix(), candidates.seeds, where
    )
    assert recommender.asked[0].suggestion_limit == SUGGESTIONS_UNDER_FILTER
    assert sorted(pool.found) == [f"s{4 * number:03}" for number in range(SUGGESTIONS)]
    assert (mixed.suggested, mixed.unfit) == (50, 3 * 49)


async def test_suggestions_of_which_nothing_is_stored_are_counted(index: ExactIndex) -> None:
    candidates = await SeedSearch().candidates(index, None, Seeds.of(TrackSeed("t00")))
    pool = Pool(index, candidates, TrackFilter())
    await pool.search(2, Exclusions())
    recommender = Recommender({"t05": 1.0, "gone": 2.0, "t01": 3.0, "t00": 4.0})
    mixed = await Mixing(recommender, timeout_seconds=1.0).mixed(pool, Mix(), candidates.seeds)
    assert recommender.asked[0].suggestion_limit == SUGGESTIONS
    assert (mixed.suggested, mixed.unfit) == (1, 1)


async def test_all_tracks_whose_scores_were_handed_in_may_be_added(index: ExactIndex) -> None:
    candidates = await SeedSearch().candidates(index, None, Seeds.of(TrackSeed("t00")))
    pool = Pool(index, candidates, TrackFilter())
    given = {f"t{number:02}": 1.0 for number in range(10)} | {"gone": 0.5}
    mixed = await Mixing(None, timeout_seconds=1.0).mixed(pool, Mix(scores=given), candidates.seeds)
    assert (mixed.suggested, mixed.unfit) == (9, 1)


@pytest.mark.parametrize(
    ("listener", "user_id", "asked", "personal"),
    [
        ("ann", "ann", ["ann"], True),
        # An account of which nothing is known yet hears what anybody likes: that is nobody's own.
        ("bob", "bob", ["bob", ""], False),
        # Whom the owner names and nobody knows has no scores.
        ("", "bob", ["bob"], True),
        ("", "", [""], False),
    ],
)
async def test_scores_are_personal_when_they_are_the_listeners(
    index: ExactIndex, listener: str, user_id: str, asked: list[str], personal: bool
) -> None:
    set_call(Call(listener=listener))
    candidates = await SeedSearch().candidates(index, None, Seeds.of(TrackSeed("t00")))
    pool = Pool(index, candidates, TrackFilter())
    recommender = Recommender({"t05": 1.0}, known=["ann"])
    mixed = await Mixing(recommender, timeout_seconds=1.0).mixed(
        pool, Mix(user_id=user_id), candidates.seeds
    )
    assert [one.user_id for one in recommender.asked] == asked
    assert mixed.personal is personal
