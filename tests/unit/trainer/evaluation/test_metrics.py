"""Retrieval measures: cases worked out by hand, scikit-learn, and a slow form of each."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist
from sklearn.metrics import average_precision_score, ndcg_score

from segue.trainer.evaluation.metrics import (
    CUTOFFS,
    average_precision,
    category_average_precisions,
    precision_at,
    score_rankings,
    score_retrieval,
)

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


def one_hot(labels: list[int]) -> np.ndarray:
    return np.array(labels)[:, None] == np.unique(labels)


@st.composite
def labelled_points(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Few places, so that ties are frequent; labels; artists."""
    count = draw(st.integers(2, 14))
    numbers = st.lists(st.integers(0, 3), min_size=count, max_size=count)
    places = np.array([draw(numbers), draw(numbers)], np.float64).T
    return places, np.array(draw(numbers)), np.array(draw(numbers))


def test_average_precision_by_hand() -> None:
    # Relevant pairs stand at ranks 1 and 3: (1/1 + 2/3) / 2.
    assert average_precision([0.1, 0.2, 0.3, 0.4], [1, 0, 1, 0]) == pytest.approx(5 / 6)


def test_ties_are_taken_together_in_any_order() -> None:
    values = {
        average_precision([0.5, 0.5, 0.5], same)
        for same in itertools.permutations([True, False, False])
    }
    assert sorted(values) == pytest.approx([1 / 3])


def test_average_precision_without_relevant_pairs_is_nan() -> None:
    assert np.isnan(average_precision([0.1, 0.2], [False, False]))


def test_category_precisions_by_hand() -> None:
    # First category: 01 1, 12 2, 02 3, 13 6, 03 7; pair 01 has rank 1.
    # Second: 12 2, 02 3, 23 4, 13 6, 03 7; pair 23 has rank 3.
    found = category_average_precisions(LINE, one_hot([0, 0, 1, 1]))
    assert found == pytest.approx([1.0, 1 / 3])
    assert np.nanmean(category_average_precisions(LINE, one_hot([0, 0, 1, 1]))) == pytest.approx(
        2 / 3
    )


def test_perfect_clusters_reach_one() -> None:
    vectors = np.array([[0.0], [0.1], [5.0], [5.1], [9.0], [9.2]])
    assert category_average_precisions(vectors, one_hot([0, 0, 1, 1, 2, 2])) == pytest.approx(1.0)


def test_items_may_belong_to_several_categories() -> None:
    # Category of 0, 1, 3: relevant 01 1, 13 6, 03 7 among 01, 12 2, 02 3, 23 4, 13, 03.
    membership = np.array([[1, 1], [1, 0], [0, 1], [1, 0]], bool)
    found = category_average_precisions(LINE, membership)
    assert found[0] == pytest.approx((1 + 2 / 5 + 3 / 6) / 3)


def test_category_precisions_with_the_artist_filter_by_hand() -> None:
    # Without the pairs of one artist (01, 12, 02) remain 23 4, 13 6, 03 7.
    artists = np.array([5, 5, 5, 6])
    found = category_average_precisions(LINE, one_hot([0, 0, 1, 1]), artists)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1.0)


def test_a_category_with_one_member_does_not_count() -> None:
    assert np.nanmean(category_average_precisions(LINE, one_hot([0, 0, 1, 2]))) == pytest.approx(
        1.0
    )


def test_vectors_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        category_average_precisions(np.array([[np.nan], [0.0]]), one_hot([0, 0]))
    with pytest.raises(ValueError, match="membership"):
        category_average_precisions(LINE, one_hot([0, 0]))


@given(labelled_points())
def test_category_precisions_are_scikit_learns(
    case: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    places, labels, artists = case
    membership = one_hot(labels.tolist())
    first, second = np.triu_indices(len(places), 1)
    for excluded in (None, artists):
        kept = np.full(len(first), True) if excluded is None else artists[first] != artists[second]
        found = category_average_precisions(places, membership, excluded)
        for category, value in zip(membership.T, found, strict=True):
            touching = kept & (category[first] | category[second])
            same = (category[first] & category[second])[touching]
            if not same.any():
                assert np.isnan(value)
                continue
            distances = pdist(places)[touching]
            assert value == pytest.approx(average_precision_score(same, -distances))
            assert value == pytest.approx(average_precision(distances, same))


@given(labelled_points(), st.randoms(use_true_random=False))
def test_results_do_not_depend_on_the_order_of_items(
    case: tuple[np.ndarray, np.ndarray, np.ndarray], random: object
) -> None:
    places, labels, artists = case
    order = list(range(len(places)))
    random.shuffle(order)  # type: ignore[attr-defined]
    membership = one_hot(labels.tolist())
    np.testing.assert_allclose(
        category_average_precisions(places, membership, artists),
        category_average_precisions(places[order], membership[order], artists[order]),
    )
    straight = score_retrieval(places, membership, artists).by_name()
    shuffled = score_retrieval(places[order], membership[order], artists[order]).by_name()
    for name, values in straight.items():
        np.testing.assert_allclose(values[order], shuffled[name], err_msg=name)


def test_query_measures_by_hand() -> None:
    # Ranking: relevant, not, not, relevant, relevant, not, ...: R = 3.
    relevant = np.array([[1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]], bool)
    scores = score_rankings(np.arange(12.0)[None], relevant).by_name()
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    expected = {
        "map": (1 + 2 / 4 + 3 / 5) / 3,
        "r_precision": 1 / 3,
        "recall_at_1": 1.0,
        "recall_at_5": 1.0,
        "recall_at_10": 1.0,
        "hit_rate_at_1": 1.0,
        "hit_rate_at_5": 1.0,
        "hit_rate_at_10": 1.0,
        "ndcg_at_1": 1.0,
        "ndcg_at_5": (1 + 1 / np.log2(5) + 1 / np.log2(6)) / ideal,
        "ndcg_at_10": (1 + 1 / np.log2(5) + 1 / np.log2(6)) / ideal,
    }
    assert {name: value[0] for name, value in scores.items()} == pytest.approx(expected)


def test_recall_divides_by_what_can_be_found() -> None:
    relevant = np.array([[0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]], bool)
    scores = score_rankings(np.arange(12.0)[None], relevant)
    assert [scores.recall[k][0] for k in CUTOFFS] == pytest.approx([0.0, 1 / 5, 6 / 8])
    assert [scores.hit_rate[k][0] for k in CUTOFFS] == [0.0, 1.0, 1.0]


def test_ties_count_against_the_relevant_in_the_first_k() -> None:
    scores = score_rankings(np.zeros((1, 3)), np.array([[True, False, False]]))
    assert scores.hit_rate[1][0] == pytest.approx(0.0)
    assert scores.r_precision[0] == pytest.approx(0.0)
    assert scores.average_precision[0] == pytest.approx(1 / 3)


def test_a_query_without_a_relevant_item_is_not_judged() -> None:
    scores = score_rankings(np.arange(3.0)[None], np.zeros((1, 3), bool)).by_name()
    assert all(np.isnan(values[0]) for values in scores.values())


def test_items_left_out_are_not_in_the_ranking() -> None:
    relevant = np.array([[True, False, True]])
    allowed = np.array([[False, True, True]])
    scores = score_rankings(np.arange(3.0)[None], relevant, allowed)
    assert scores.average_precision[0] == pytest.approx(1 / 2)
    assert scores.hit_rate[1][0] == pytest.approx(0.0)


def test_rankings_are_scikit_learns() -> None:
    random = np.random.default_rng(3)
    distances = random.random((20, 30))
    relevant = random.random((20, 30)) < 0.2
    relevant[:, 0] = True
    scores = score_rankings(distances, relevant)
    for query in range(20):
        wanted = average_precision_score(relevant[query], -distances[query])
        assert scores.average_precision[query] == pytest.approx(wanted)
    for k in CUTOFFS:
        wanted = ndcg_score(relevant.astype(float), -distances, k=k)
        assert scores.ndcg[k].mean() == pytest.approx(wanted)


@given(labelled_points())
def test_retrieval_is_the_slow_form(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    places, labels, artists = case
    found = score_retrieval(places, one_hot(labels.tolist()), artists)
    distances = cdist(places, places)
    for query in range(len(places)):
        others = [item for item in range(len(places)) if artists[item] != artists[query]]
        same = labels == labels[query]
        ranked = sorted(others, key=lambda item: (distances[query, item], same[item]))
        hits = [bool(same[item]) for item in ranked]
        total = sum(hits)
        if total == 0:
            assert np.isnan(found.average_precision[query])
            continue
        precision = average_precision_score(hits, -distances[query, ranked])
        assert found.average_precision[query] == pytest.approx(precision)
        assert found.r_precision[query] == pytest.approx(sum(hits[:total]) / total)
        for k in CUTOFFS:
            assert found.recall[k][query] == pytest.approx(sum(hits[:k]) / min(k, total))
            assert found.hit_rate[k][query] == float(any(hits[:k]))


@given(labelled_points())
def test_precision_at_k_is_that_of_a_slow_form(
    points: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    places, labels, artists = points
    found = precision_at(places, one_hot(labels.tolist()), artists, (1, 5))
    for query in range(len(places)):
        others = np.flatnonzero(artists != artists[query])
        distances = np.linalg.norm(places[others] - places[query], axis=1)
        ranked = sorted(zip(distances, labels[others] == labels[query], strict=True))
        for k, values in found.items():
            if ranked:
                assert values[query] == pytest.approx(np.mean([same for _, same in ranked[:k]]))
            else:
                assert np.isnan(values[query])


def test_precision_at_k_by_hand() -> None:
    # Nearest two: from 0, 1 (same) and 3; from 1, 0 (same) and 3; from 3, 1 and 0; from 7, 3 (same)
    # and 1.
    found = precision_at(LINE, one_hot([0, 0, 1, 1]), cutoffs=(2, 10))
    assert found[2] == pytest.approx([1 / 2, 1 / 2, 0, 1 / 2])
    assert found[10] == pytest.approx(1 / 3)
