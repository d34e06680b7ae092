"""Maximal marginal relevance, compared with its formula taken literally."""

from __future__ import annotations

import numpy as np
import pytest

from segue.ranking.diversity import marginal_order, unit_scores


def everything(_: int) -> bool:
    return True


def candidates(seed: int, number: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((number, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.sort(rng.uniform(0, 1, number))[::-1], vectors


def by_formula(
    relevance: np.ndarray, vectors: np.ndarray, diversity: float, before: list[int]
) -> list[int]:
    taken = list(before)
    left = [place for place in range(len(relevance)) if place not in taken]
    while left:
        values = [
            (1 - diversity) * relevance[place]
            - diversity * max((1 + float(vectors[place] @ vectors[one])) / 2 for one in taken)
            if taken
            else relevance[place]
            for place in left
        ]
        taken.append(left.pop(int(np.argmax(values))))
    return taken[len(before) :]


@pytest.mark.parametrize("diversity", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("before", [[], [4], [7, 2]])
def test_the_order_is_the_formulas(diversity: float, before: list[int]) -> None:
    relevance, vectors = candidates(3)
    order = marginal_order(
        relevance, vectors, diversity, accepts=everything, limit=100, before=before
    )
    assert order == by_formula(relevance, vectors, diversity, before)


def test_without_diversity_the_order_stays() -> None:
    relevance, vectors = candidates(5)
    assert marginal_order(relevance, vectors, 0.0, accepts=everything, limit=9) == list(range(9))


def test_what_is_passed_over_makes_nothing_less_likely() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    order = marginal_order([1.0, 0.9, 0.8], vectors, 0.9, accepts=lambda one: one != 0, limit=3)
    assert order == [1, 2]


def test_pages_go_on_where_the_one_before_ended() -> None:
    relevance, vectors = candidates(8)
    whole = marginal_order(relevance, vectors, 0.5, accepts=everything, limit=30)
    second = marginal_order(
        relevance, vectors, 0.5, accepts=everything, limit=10, before=whole[:10]
    )
    assert second == whole[10:20]


def test_equal_ones_come_in_their_order() -> None:
    vectors = np.ones((4, 1), dtype=np.float32)
    order = marginal_order([0.5] * 4, vectors, 0.5, accepts=everything, limit=4)
    assert order == [0, 1, 2, 3]


def test_no_candidates_have_no_order() -> None:
    nothing = np.zeros((0, 3), dtype=np.float32)
    assert marginal_order([], nothing, 0.5, accepts=everything, limit=4) == []


@pytest.mark.parametrize("diversity", [-0.1, 1.1, float("nan")])
def test_a_diversity_out_of_range_is_refused(diversity: float) -> None:
    with pytest.raises(ValueError, match="diversity"):
        marginal_order([1.0], np.ones((1, 1), np.float32), diversity, accepts=everything, limit=1)


def test_similarities_become_scores() -> None:
    np.testing.assert_allclose(unit_scores([-1, 0, 0.5, 1, 1.01, -3]), [0, 0.5, 0.75, 1, 1, 0])
