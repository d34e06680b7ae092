"""Measures against rankings that are reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from segue.collaborative.evaluation.ranking_metrics import interval, measure


def test_measures_by_hand() -> None:
    hits = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    found = measure(hits, np.array([3, 1, 9]))
    np.testing.assert_allclose(found.recall, [2 / 3, 0, 1])
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    np.testing.assert_allclose(found.ndcg, [(1 + 1 / 2) / ideal, 0, 1])
    np.testing.assert_allclose(found.map, [(1 + 2 / 3) / 3, 0, 1])


def test_nothing_relevant_has_no_measure() -> None:
    with pytest.raises(ValueError, match="nothing is relevant"):
        measure(np.zeros((1, 3), bool), np.array([0]))


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for seed in range(200):
        found = interval(random.normal(0.5, 0.2, 80), resamples=200, seed=seed)
        assert found.low < found.mean < found.high
        covered += found.low < 0.5 < found.high
    assert 175 <= covered <= 200
