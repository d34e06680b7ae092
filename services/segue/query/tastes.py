"""How many tastes a set of tracks has, and the middle of each: k-means whose k is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tracks import Matrix

MOST_TASTES = 10

LEAST_SILHOUETTE = 0.25
"""Tracks count as of several tastes from this mean silhouette on. Kaufman and Rousseeuw, Finding
Groups in Data (1990), see no substantial structure below it."""

MOST_COMPARED = 400
"""Tracks that are compared with one another: about 30 ms."""

_MOST_ROUNDS = 50

_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Taste:
    """Tracks of one taste.

    Attributes
    ----------
    members
        Rows of the tracks, rising.
    share
        Part of the weight of all tracks that they have, in (0, 1].
    """

    members: tuple[int, ...]
    share: float


def tastes(vectors: Matrix, weights: npt.ArrayLike | None = None) -> list[Taste]:
    """Group tracks by their vectors; the same for the same rows, whatever else happens.

    Of the partitions into 2 to ``MOST_TASTES`` groups, and no more than one group for two tracks,
    the one with the largest mean silhouette is taken (Rousseeuw, 1987; by half of the squared
    Euclidean distance, for unit vectors 1 less the cosine), the smallest of equals; where that is
    below ``LEAST_SILHOUETTE`` there is one taste. Of more than ``MOST_COMPARED`` tracks, so many
    that lie evenly among the rows are partitioned, and each of the others goes to the nearest
    middle.

    Parameters
    ----------
    vectors
        Shape (n, dimension), n >= 1.
    weights
        Shape (n,), above 0; None: all alike.

    Returns
    -------
    list
        The groups, by falling share, ties by their first member.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    heaviness = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(rows) <= MOST_COMPARED:
        best, _ = _partition(rows, heaviness)
    else:
        some = np.linspace(0, len(rows) - 1, MOST_COMPARED).round().astype(np.intp)
        _, centres = _partition(rows[some], heaviness[some])
        best = np.argmin(_distances(rows, centres), axis=1)
    total = float(heaviness.sum())
    found = [
        Taste(tuple(map(int, members)), float(heaviness[members].sum()) / total)
        for group in np.unique(best)
        if len(members := np.flatnonzero(best == group))
    ]
    return sorted(found, key=lambda one: (-one.share, one.members))


def _partition(rows: _Numbers, weights: _Numbers) -> tuple[npt.NDArray[np.intp], _Numbers]:
    """Group of each row in the partition with the largest silhouette, and the groups' middles."""
    distances = _distances(rows, rows)
    everything = np.zeros(len(rows), dtype=np.intp)
    best, best_silhouette = (
        (everything, _middles(rows, weights, everything, rows[:1])),
        LEAST_SILHOUETTE,
    )
    starts = _far_apart(rows, distances, weights, min(MOST_TASTES, len(rows) // 2))
    for number in range(2, len(starts) + 1):
        groups, centres = _k_means(rows, weights, starts[:number])
        silhouette = _silhouette(distances, groups)
        # A thousandth more is no reason to split further.
        if silhouette > best_silhouette + 1e-3:
            best, best_silhouette = (groups, centres), silhouette
    return best


def _distances(left: _Numbers, right: _Numbers) -> _Numbers:
    """Half of the squared Euclidean distances, shape (left, right)."""
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None, :]
    half: _Numbers = np.maximum(squares / 2 - left @ right.T, 0.0)
    return half


def _far_apart(rows: _Numbers, distances: _Numbers, weights: _Numbers, most: int) -> list[int]:
    """Where groups start: the row nearest to the middle, then ever the one farthest from all."""
    middle = np.average(rows, axis=0, weights=weights)
    starts = [int(np.argmin(_distances(rows, middle[None, :])[:, 0]))]
    while len(starts) < most:
        nearest = distances[:, starts].min(axis=1)
        farthest = int(np.argmax(nearest))
        if nearest[farthest] <= 0:
            break
        starts.append(farthest)
    return starts


def _k_means(
    rows: _Numbers, weights: _Numbers, starts: list[int]
) -> tuple[npt.NDArray[np.intp], _Numbers]:
    """Group of each row, by Lloyd's algorithm, and the groups' middles.

    A group that loses all its rows stays where it was, empty.
    """
    centres = rows[starts]
    groups: npt.NDArray[np.intp] = np.argmin(_distances(rows, centres), axis=1)
    for _ in range(_MOST_ROUNDS):
        centres = _middles(rows, weights, groups, centres)
        renewed = np.argmin(_distances(rows, centres), axis=1)
        if (renewed == groups).all():
            break
        groups = renewed
    return groups, centres


def _middles(
    rows: _Numbers, weights: _Numbers, groups: npt.NDArray[np.intp], before: _Numbers
) -> _Numbers:
    """Weighted means, each as long as its rows are on average: on the sphere where they are.

    All at once: there are hundreds of rounds, and each group by itself takes ten times longer.
    """
    belongs = (groups[:, None] == np.arange(len(before))[None, :]) * weights[:, None]
    totals = belongs.sum(axis=0)
    shares = belongs / np.where(totals > 0, totals, 1.0)
    means = shares.T @ rows
    norms = np.linalg.norm(means, axis=1)
    lengths = np.linalg.norm(rows, axis=1) @ shares
    factors = np.where(norms > 0, lengths / np.where(norms > 0, norms, 1.0), 1.0)
    middles: _Numbers = np.where(totals[:, None] > 0, means * factors[:, None], before)
    return middles


def _silhouette(distances: _Numbers, groups: npt.NDArray[np.intp]) -> float:
    """Mean silhouette; a row that is alone in its group counts 0."""
    names = np.unique(groups)
    if len(names) < 2:
        return -1.0
    belongs = (groups[:, None] == names[None, :]).astype(np.float64)
    sizes = belongs.sum(axis=0)
    sums = distances @ belongs
    own = belongs.astype(bool)
    size = sizes[own.argmax(axis=1)]
    within = sums[own] / np.maximum(size - 1, 1)
    beside = np.where(own, np.inf, sums / sizes).min(axis=1)
    larger = np.maximum(within, beside)
    values = np.where((size > 1) & (larger > 0), (beside - within) / np.where(larger, larger, 1), 0)
    return float(values.mean())
