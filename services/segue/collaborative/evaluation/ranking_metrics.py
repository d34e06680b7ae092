"""Measures of a ranking against what a listener really heard, for one listener each.

All look at the first k of a ranking without the tracks that were known, and lie in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

METRICS = ("recall", "ndcg", "map")


@dataclass(frozen=True, slots=True, eq=False)
class PerListener:
    """Measures at k of each listener, shape (listeners,).

    Attributes
    ----------
    recall
        Hits in the first k over what could be hit, min(k, relevant).
    ndcg
        Normalised discounted cumulative gain with binary relevance (Järvelin and Kekäläinen, 2002).
    map
        Average precision at k, over min(k, relevant).
    """

    recall: Numbers
    ndcg: Numbers
    map: Numbers


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over listeners and its 95 % interval."""

    mean: float
    low: float
    high: float


def measure(hits: npt.NDArray[np.bool_], relevant: npt.NDArray[np.intp]) -> PerListener:
    """Measures of rankings.

    Parameters
    ----------
    hits
        Shape (listeners, k): whether the track at that rank is relevant.
    relevant
        Shape (listeners,): how many tracks are relevant to each, at least one.

    Raises
    ------
    ValueError
        When there is a listener to whom nothing is relevant.
    """
    if (relevant < 1).any():
        raise ValueError("a listener to whom nothing is relevant has no measure")
    k = hits.shape[1]
    possible = np.minimum(k, relevant)
    found = hits.cumsum(axis=1)
    ranks = np.arange(1, k + 1)
    gains = 1.0 / np.log2(ranks + 1.0)
    ideal = gains.cumsum()[possible - 1]
    precision = np.where(hits, found / ranks, 0.0)
    return PerListener(
        recall=found[:, -1] / possible,
        ndcg=(hits * gains).sum(axis=1) / ideal,
        map=precision.sum(axis=1) / possible,
    )


def interval(values: Numbers, *, resamples: int = 1_000, seed: int = 0) -> Interval:
    """Mean of values with a 95 % percentile bootstrap interval over listeners."""
    random = np.random.default_rng(seed)
    means = np.empty(resamples)
    for number in range(resamples):
        means[number] = values[random.integers(len(values), size=len(values))].mean()
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(values.mean()), float(low), float(high))
