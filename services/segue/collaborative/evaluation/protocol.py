"""Splits of what listeners heard, and the ranking of the rest by a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from segue.collaborative.evaluation.ranking_metrics import PerListener, measure
from segue.collaborative.models import Floats, Model, Weights

_BATCH = 256


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Weights of shape (U, T) in three parts without a pair in common."""

    train: Weights
    validation: Weights
    test: Weights


def split_pairs(weights: Weights, *, shares: tuple[float, float, float], seed: int) -> Split:
    """Split each listener's tracks at random: warm items.

    Parameters
    ----------
    shares
        Of training, validation and test; they sum to 1. The counts are rounded down for the last
        two, so that a listener of few tracks stays in the training.
    """
    random = np.random.default_rng(seed)
    part = np.zeros(weights.nnz, dtype=np.int8)
    for user in range(weights.shape[0]):
        first, last = weights.indptr[user], weights.indptr[user + 1]
        count = last - first
        order = first + random.permutation(count)
        held = int(count * shares[1] + 1e-9)
        tested = int(count * shares[2] + 1e-9)
        part[order[:tested]] = 2
        part[order[tested : tested + held]] = 1
    return _parts(weights, part)


def split_items(weights: Weights, *, shares: tuple[float, float, float], seed: int) -> Split:
    """Split the tracks at random, with all that was heard of each: the last two parts are cold."""
    random = np.random.default_rng(seed)
    order = random.permutation(weights.shape[1])
    ends = np.rint(np.cumsum(shares) * len(order)).astype(int)
    of_track = np.zeros(len(order), dtype=np.int8)
    of_track[order[ends[0] : ends[1]]] = 1
    of_track[order[ends[1] :]] = 2
    return _parts(weights, of_track[weights.indices])


def _parts(weights: Weights, part: npt.NDArray[np.int8]) -> Split:
    coordinates = weights.tocoo()
    matrices = []
    for number in range(3):
        chosen = part == number
        matrices.append(
            sparse.csr_array(
                (
                    coordinates.data[chosen],
                    (coordinates.row[chosen], coordinates.col[chosen]),
                ),
                shape=weights.shape,
            )
        )
    return Split(*matrices)


def ranked(
    model: Model,
    *,
    known: Weights,
    wanted: Weights,
    k: int,
    among: npt.NDArray[np.intp] | None = None,
) -> PerListener:
    """Rank what each listener does not know yet, and measure against what is wanted.

    Parameters
    ----------
    known
        Pairs that are left out of the ranking.
    wanted
        Pairs that are relevant; listeners without any are left out of the measures.
    among
        Tracks that are ranked; None: all.

    Returns
    -------
    PerListener
        One entry per listener with something wanted, in their order.
    """
    users = np.flatnonzero(np.diff(wanted.indptr))
    hits = np.zeros((len(users), k), dtype=bool)
    outside = None
    if among is not None:
        outside = np.ones(wanted.shape[1], dtype=bool)
        outside[among] = False
    for first in range(0, len(users), _BATCH):
        batch = users[first : first + _BATCH]
        scores = model.scores(batch)
        scores[known[batch].nonzero()] = -np.inf
        if outside is not None:
            scores[:, outside] = -np.inf
        best = top(scores, k)
        relevant = wanted[batch].toarray() > 0
        found = np.take_along_axis(relevant, best, axis=1)
        # Where fewer than k tracks can be ranked, those that fill up count for nothing.
        found &= np.isfinite(np.take_along_axis(scores, best, axis=1))
        hits[first : first + len(batch), : best.shape[1]] = found
    return measure(hits, np.diff(wanted.indptr)[users])


def top(scores: Floats, k: int) -> npt.NDArray[np.intp]:
    """Places of the k highest scores of each row, best first; of equal ones the first place."""
    k = min(k, scores.shape[1])
    best = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)
