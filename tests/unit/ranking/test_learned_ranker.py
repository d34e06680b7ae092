"""The numbers that a learned ranker looks at, and its order."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from segue.errors import RankerUnusable
from segue.ranker import RankerAbout, Trees, trees_to_bytes
from segue.ranking.learned_ranker import NAMES, LearnedRanker, matrix
from segue.ranking.ranker import Features

nan = np.nan
UNKNOWN = Features(**{one.name: np.full(4, nan) for one in fields(Features)})


def column(features: Features, name: str) -> np.ndarray:
    return matrix(features)[:, NAMES.index(name)]


def stump(name: str) -> bytes:
    """One tree: what has more than 0.5 of a feature comes first."""
    trees = Trees(
        roots=np.array([0], np.int32),
        feature=np.array([NAMES.index(name), -1, -1], np.int32),
        threshold=np.array([0.5, 0, 0]),
        left=np.array([1, -1, -1], np.int32),
        right=np.array([2, -1, -1], np.int32),
        value=np.array([0, -1.0, 1.0]),
        unknown_left=np.array([True, False, False]),
    )
    return trees_to_bytes(trees, NAMES)


def about() -> RankerAbout:
    return RankerAbout("v", 1.0, "m-v1", "f", NAMES, 1, 1, 1)


def test_shares_lie_between_the_lowest_and_the_highest() -> None:
    features = replace(UNKNOWN, collaborative=np.array([-4.0, nan, 4.0, 0.0]))
    np.testing.assert_allclose(column(features, "collaborative_share"), [0, nan, 1, 0.5])
    np.testing.assert_allclose(column(features, "collaborative_rank"), [1 / 3, nan, 1, 1 / 2])


def test_equal_values_share_the_best_place() -> None:
    features = replace(UNKNOWN, acoustic=np.array([0.5, 0.5, 0.5, nan]))
    np.testing.assert_allclose(column(features, "acoustic_share"), [1, 1, 1, nan])
    np.testing.assert_allclose(column(features, "acoustic_rank"), [1, 1, 1, nan])


def test_the_scale_of_collaborative_scores_does_not_matter() -> None:
    scores = np.array([0.1, 0.9, nan, 0.4])
    one = matrix(replace(UNKNOWN, collaborative=scores))
    other = matrix(replace(UNKNOWN, collaborative=1e6 * scores - 5))
    np.testing.assert_allclose(one, other)


def test_what_is_not_known_stays_unknown() -> None:
    assert np.isnan(matrix(UNKNOWN)).all()
    assert matrix(UNKNOWN).shape == (4, len(NAMES))


def test_it_orders_and_says_what_it_looks_at() -> None:
    ranker = LearnedRanker(about(), stump("passage_share"))
    assert (ranker.space, ranker.uses) == ("m-v1", {"passage"})
    scores = ranker.order(replace(UNKNOWN, passage=np.array([0.1, 0.3, 0.15, nan])))
    assert list(scores) == pytest.approx([-1, 1, -1, -1])
    assert LearnedRanker(about(), stump("collaborative_known")).uses == {"collaborative_known"}


def test_trees_over_features_of_another_version_are_refused() -> None:
    data = stump("year").replace(b'"personal"', b'"mood"')
    with pytest.raises(RankerUnusable, match="mood, personal"):
        LearnedRanker(about(), data)
