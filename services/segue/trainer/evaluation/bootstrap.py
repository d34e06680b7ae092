"""Confidence intervals of means, by resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval; all NaN when there was nothing to average.

    Attributes
    ----------
    low, high
        2.5th and 97.5th percentile of the resampled means.
    count
        Values averaged.
    """

    value: float
    low: float
    high: float
    count: int


def mean_interval(
    values: npt.ArrayLike, clusters: npt.ArrayLike | None = None, *, seed: int
) -> Estimate:
    """Mean of values with a percentile bootstrap interval over clusters.

    Values of one cluster depend on each other (clips of one track), so whole clusters are drawn,
    with replacement, as many as there are (B. Efron, R. Tibshirani, An Introduction to the
    Bootstrap, 1993). NaN values are left out.

    Parameters
    ----------
    values
        Shape (n,).
    clusters
        Shape (n,), integers; None: every value is its own cluster.
    seed
        The same seed gives the same interval.
    """
    numbers = np.asarray(values, np.float64)
    groups = np.arange(len(numbers)) if clusters is None else np.asarray(clusters)
    kept = np.isfinite(numbers)
    numbers, groups = numbers[kept], groups[kept]
    if len(numbers) == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    _, cluster = np.unique(groups, return_inverse=True)
    counts = np.bincount(cluster)
    sums = np.bincount(cluster, weights=numbers)
    size = len(counts)
    draws = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), RESAMPLES)
    low, high = np.percentile((draws @ sums) / (draws @ counts), [2.5, 97.5])
    return Estimate(float(numbers.mean()), float(low), float(high), len(numbers))
