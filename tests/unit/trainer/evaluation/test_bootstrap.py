"""Intervals cover what they should and respect clusters."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from segue.trainer.evaluation.bootstrap import (
    RESAMPLES,
    mean_interval,
    percentile_interval,
    resampled,
)


def test_the_interval_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(0).normal(5.0, 2.0, 2_000)
    found = mean_interval(values, seed=1)
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert found.value == pytest.approx(values.mean())
    assert found.count == 2_000
    assert found.high - found.value == pytest.approx(error, rel=0.15)
    assert found.value - found.low == pytest.approx(error, rel=0.15)


def test_copies_within_a_cluster_add_no_certainty() -> None:
    values = np.random.default_rng(0).normal(size=60)
    once = mean_interval(values, seed=1)
    copied = mean_interval(np.repeat(values, 9), np.repeat(np.arange(60), 9), seed=1)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(20.0)
    first, again, other = (astuple(mean_interval(values, seed=seed)) for seed in (7, 7, 8))
    assert again == pytest.approx(first)
    assert other != pytest.approx(first)


def test_missing_values_are_left_out() -> None:
    found = mean_interval([1.0, np.nan, 3.0], seed=1)
    assert (found.value, found.count) == pytest.approx((2.0, 2))


def test_nothing_to_average() -> None:
    found = mean_interval([np.nan], seed=1)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.count == 0


def test_a_weighted_mean_has_the_interval_of_a_mean() -> None:
    random = np.random.default_rng(2)
    values, clusters = random.normal(size=50), random.integers(0, 12, 50)
    means = resampled(
        lambda weights: (weights @ values / weights.sum(axis=1))[None], clusters, seed=3
    )
    assert means.shape == (1, 1 + RESAMPLES)
    wanted = mean_interval(values, clusters, seed=3)
    assert astuple(percentile_interval(means[0], 50)) == pytest.approx(astuple(wanted))


def test_resamples_without_a_statistic_are_left_out() -> None:
    drawn = np.full(1 + RESAMPLES, 0.5)
    drawn[1::2] = np.nan
    found = percentile_interval(drawn, 4)
    assert astuple(found) == pytest.approx((0.5, 0.5, 0.5, 4))
    assert percentile_interval(np.full(3, np.nan), 4).count == 0
