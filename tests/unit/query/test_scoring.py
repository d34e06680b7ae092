"""Scores of candidates, and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from segue.mix import FusionMethod, Mix
from segue.query.ranking_facts import RankingFacts
from segue.query.scoring import Ranked, Scoring
from segue.ranking.ranker import Features
from segue.tracks import LabelMatch, Neighbour, Passage, Track, TrackFilter, TrackMetadata
from segue.variety import LabelBoost, PopularityBoost, RecencyBoost

FOUND = [
    Neighbour(Track("a", TrackMetadata(year=2026, genres=("jazz",))), 0.8),
    Neighbour(Track("b", TrackMetadata(year=2006)), 0.6, (Passage(1.0, 2.0, 0.65),)),
    Neighbour(Track("c"), 0.5),
]
SCORES = {"c": 3.0, "b": 1.0, "somebody else's": 9.0}


class ByCollaborative:
    """A ranker that says what it was given, and prefers what listeners like."""

    space = "test-v1"
    uses = frozenset({"collaborative"})

    def __init__(self) -> None:
        self.features: list[Features] = []

    def order(self, features: Features) -> Sequence[float]:
        self.features.append(features)
        return [float(one) for one in np.nan_to_num(features.collaborative, nan=-5.0)]


class Broken:
    space = "test-v1"
    uses = frozenset[str]()

    def __init__(self, answer: Sequence[float] | Exception) -> None:
        self.answer = answer

    def order(self, features: Features) -> Sequence[float]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def parts(one: Ranked) -> list[float]:
    return [one.acoustic_part, one.collaborative_part, one.boost_part]


def test_alone_the_similarity_is_the_score() -> None:
    ranked, ranker, fallback = Scoring(2026).scored(FOUND[::-1])
    assert [(one.neighbour, one.score) for one in ranked] == [
        (one, one.similarity) for one in FOUND
    ]
    assert [parts(one) for one in ranked] == [[one.similarity, 0.0, 0.0] for one in FOUND]
    assert (ranker, fallback) == ("acoustic", "")


@pytest.mark.parametrize("method", FusionMethod)
def test_the_parts_of_a_mixed_score_sum_to_it(method: FusionMethod) -> None:
    boosts = (RecencyBoost(0.5), PopularityBoost(1.0))
    mix = Mix(method, 0.3)
    scoring = Scoring(2026, mix=mix, boosts=boosts, scores=SCORES, popularity={"c": 0.25})
    ranked, ranker, _ = scoring.scored(FOUND)
    assert ranker == method.value
    for one in ranked:
        assert sum(parts(one)) == pytest.approx(one.score)
        assert 0 <= one.acoustic_part <= 0.7 + 1e-9
        assert 0 <= one.collaborative_part <= 0.3 + 1e-9
    by_id = {one.neighbour.track.track_id: one for one in ranked}
    assert by_id["a"].collaborative_score is None
    assert by_id["a"].collaborative_part == 0
    assert by_id["b"].collaborative_score == 1.0
    assert by_id["b"].boost_part == pytest.approx(0.125)
    assert by_id["c"].boost_part == 0.25


def test_boosts_are_added_to_a_score_in_the_unit_range() -> None:
    boost = LabelBoost(-0.3, TrackFilter(genres=LabelMatch(any_of=("jazz",))))
    ranked, _, _ = Scoring(2026, boosts=(boost,)).scored(FOUND)
    assert [one.neighbour.track.track_id for one in ranked] == ["b", "c", "a"]
    assert [one.score for one in ranked] == pytest.approx([0.8, 0.75, 0.6])


def test_equal_scores_are_ordered_by_similarity_then_by_id() -> None:
    boosts = (PopularityBoost(1.0),)
    found = [Neighbour(Track(name), value) for name, value in (("b", 1.2), ("a", 1.2), ("c", 1.3))]
    ranked, _, _ = Scoring(2026, boosts=boosts).scored(found)
    assert [one.neighbour.track.track_id for one in ranked] == ["c", "a", "b"]


def test_a_mix_without_scores_is_acoustic() -> None:
    ranked, ranker, _ = Scoring(2026, mix=Mix(), scores={"somebody else's": 1.0}).scored(FOUND)
    assert [one.score for one in ranked] == [0.8, 0.6, 0.5]
    assert ranker == "acoustic"


def test_a_ranker_orders_where_no_method_is_named() -> None:
    learned = ByCollaborative()
    facts = RankingFacts(passage={"b": 0.65}, style={"c": -0.5}, seed_artists=frozenset({"ann"}))
    scoring = Scoring(
        2026,
        mix=Mix(user_id="u"),
        scores=SCORES,
        personal=True,
        popularity={"a": 0.5},
        ranker=learned,
        facts=facts,
    )
    ranked, ranker, fallback = scoring.scored(FOUND)
    assert [one.neighbour.track.track_id for one in ranked] == ["c", "b", "a"]
    assert [one.score for one in ranked] == pytest.approx([1.0, 0.75, 0.0])
    assert [parts(one) for one in ranked] == [[0.0, 0.0, 0.0]] * 3
    assert (ranker, fallback) == ("learned", "")
    (features,) = learned.features
    nan = float("nan")
    expected = {
        "acoustic": [0.8, 0.6, 0.5],
        "passage": [nan, 0.65, nan],
        "genre": [nan] * 3,
        "sound": [nan] * 3,
        "style": [nan, nan, -0.5],
        "collaborative": [nan, 1.0, 3.0],
        "collaborative_known": [0.0, 1.0, 1.0],
        "popularity": [0.5, nan, nan],
        "recency": [1.0, 0.25, nan],
        "year": [2026, 2006, nan],
        "same_artist": [0, 0, 0],
        "same_album": [0, 0, 0],
        "personal": [1, 1, 1],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(features, name), values)


def test_boosts_are_told_apart_from_what_a_ranker_says() -> None:
    scoring = Scoring(
        2026,
        mix=Mix(),
        boosts=(RecencyBoost(0.5),),
        scores=SCORES,
        ranker=ByCollaborative(),
    )
    ranked, _, _ = scoring.scored(FOUND)
    by_id = {one.neighbour.track.track_id: one for one in ranked}
    assert parts(by_id["b"]) == pytest.approx([0.0, 0.0, 0.125])
    assert by_id["b"].score == pytest.approx(0.875)


def test_a_method_that_is_named_is_used() -> None:
    mix = Mix(FusionMethod.RECIPROCAL_RANK)
    ranked, ranker, _ = Scoring(2026, mix=mix, scores=SCORES, ranker=ByCollaborative()).scored(
        FOUND
    )
    assert ranker == "reciprocal_rank"
    assert sum(parts(ranked[0])) == pytest.approx(ranked[0].score)


@pytest.mark.parametrize(
    "answer", [RuntimeError("no trees"), [1.0], [1.0, float("nan"), 2.0], [], ["x", 1, 2]]
)
def test_a_ranker_that_fails_costs_no_answer(answer: Sequence[float] | Exception) -> None:
    scoring = Scoring(2026, mix=Mix(), scores=SCORES, ranker=Broken(answer))
    ranked, ranker, fallback = scoring.scored(FOUND)
    assert ranker == "weighted_sum"
    assert "fused" in fallback
    fused, _, _ = Scoring(2026, mix=Mix(), scores=SCORES).scored(FOUND)
    assert ranked == fused


def test_nothing_found_is_nothing_scored() -> None:
    assert Scoring(2026).scored([]) == ([], "acoustic", "")
