"""Confidence intervals by resampling: of means, and of any statistic of weighted values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

RESAMPLES = 1_000

Weights: TypeAlias = npt.NDArray[np.float64]
"""Shape (b, n): how often each of n values stands in each of b resamples."""

Statistic: TypeAlias = Callable[[Weights], npt.NDArray[np.float64]]
"""Statistics under each of b resamples, shape (statistics, b); NaN where there is none."""

_WEIGHTS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its 95 % interval; all NaN when there was nothing to compute it from.

    Attributes
    ----------
    low, high
        2.5th and 97.5th percentile of the resampled statistics.
    count
        Values that it is computed from.
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
    draws = _draws(len(counts), seed)
    low, high = np.percentile((draws @ sums) / (draws @ counts), [2.5, 97.5])
    return Estimate(float(numbers.mean()), float(low), float(high), len(numbers))


def resampled(
    statistic: Statistic, clusters: npt.ArrayLike, *, seed: int
) -> npt.NDArray[np.float64]:
    """Statistics of the values as they are and of resamples of whole clusters.

    A value that is drawn twice counts twice, so a statistic needs to know weights only. Several
    statistics of one call are computed from the same draws: their mean can be taken draw by draw.

    Parameters
    ----------
    clusters
        Shape (n,), integers.
    seed
        The same seed gives the same draws.

    Returns
    -------
    npt.NDArray[np.float64]
        Shape (statistics, 1 + ``RESAMPLES``); the first column is of the values as they are.
    """
    _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    found = [statistic(np.ones((1, len(cluster))))]
    found += [statistic(weights) for weights in _weight_blocks(cluster, seed)]
    return np.concatenate(found, axis=1)


def percentile_interval(values: npt.NDArray[np.float64], count: int) -> Estimate:
    """The interval of one of the ``resampled`` statistics, shape (1 + ``RESAMPLES``,).

    Resamples that have no such statistic (none of a class was drawn) are left out.
    """
    if not np.isfinite(values[0]):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    drawn = values[1:][np.isfinite(values[1:])]
    low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (np.nan, np.nan)
    return Estimate(float(values[0]), float(low), float(high), count)


def _weight_blocks(cluster: npt.NDArray[np.int64], seed: int) -> Iterator[Weights]:
    draws = _draws(int(cluster.max()) + 1, seed)
    block = max(1, _WEIGHTS_AT_ONCE // len(cluster))
    for first in range(0, RESAMPLES, block):
        yield draws[first : first + block, cluster].astype(np.float64)


def _draws(clusters: int, seed: int) -> npt.NDArray[np.int64]:
    """How often each cluster is drawn, shape (``RESAMPLES``, clusters)."""
    random = np.random.default_rng(seed)
    return random.multinomial(clusters, np.full(clusters, 1 / clusters), RESAMPLES)
