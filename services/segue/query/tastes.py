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
    below ``LEAST_SILHOUETTE`` there is one taste.

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
    distances = _distances(rows, rows)
    best, best_silhouette = np.zeros(len(rows), dtype=np.intp), LEAST_SILHOUETTE
    starts = _far_apart(rows, distances, heaviness, min(MOST_TASTES, len(rows) // 2))
    for number in range(2, len(starts) + 1):
        groups = _k_means(rows, heaviness, starts[:number])
        silhouette = _silhouette(distances, groups)
        # A thousandth more is no reason to split further.
        if silhouette > best_silhouette + 1e-3:
            best, best_silhouette = groups, silhouette
    total = float(heaviness.sum())
    found = [
        Taste(tuple(map(int, members)), float(heaviness[members].sum()) / total)
        for group in np.unique(best)
        if len(members := np.flatnonzero(best == group))
    ]
    return sorted(found, key=lambda one: (-one.share, one.members))


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


def _k_means(rows: _Numbers, weights: _Numbers, starts: list[int]) -> npt.NDArray[np.intp]:
    """Group of each row, by Lloyd's algorithm; a group that loses all its rows stays empty."""
    centres = rows[starts]
    groups: npt.NDArray[np.intp] = np.argmin(_distances(rows, centres), axis=1)
    for _ in range(_MOST_ROUNDS):
        for group in range(len(centres)):
            members = groups == group
            if members.any():
                centres[group] = _middle(rows[members], weights[members])
        renewed = np.argmin(_distances(rows, centres), axis=1)
        if (renewed == groups).all():
            break
        groups = renewed
    return groups


def _middle(rows: _Numbers, weights: _Numbers) -> _Numbers:
    """The weighted mean, as long as the rows are on average: on the sphere where they are."""
    mean: _Numbers = np.average(rows, axis=0, weights=weights)
    norm = float(np.linalg.norm(mean))
    length = float(np.average(np.linalg.norm(rows, axis=1), weights=weights))
    return mean * (length / norm) if norm > 0 else mean


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
