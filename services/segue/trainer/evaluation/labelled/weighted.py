"""Measures of scores against labels under weights, for all resamples of a bootstrap at once.

A weight of 2 is the same as the clip standing there twice. Clips of one score are taken together,
so that their order says nothing.

Shapes: n clips, b resamples, g distinct scores.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segue.trainer.evaluation.bootstrap import Weights
from segue.trainer.evaluation.metrics import Booleans, Numbers


def area_under_curve(scores: npt.ArrayLike, relevant: Booleans, weights: Weights) -> Numbers:
    """Area under the receiver operating characteristic, shape (b,); 0.5 is chance.

    The probability that a relevant clip scores above one that is not, ties counting half
    (J. Hanley, B. McNeil, Radiology 143, 1982). NaN where either kind has no weight.

    Parameters
    ----------
    scores
        Shape (n,), finite.
    relevant
        Shape (n,).
    weights
        Shape (b, n).
    """
    groups = _Groups(scores)
    right = groups.sums(weights * relevant)
    wrong = groups.sums(weights * ~relevant)
    below = np.cumsum(wrong, axis=1) - wrong / 2
    return _ratio((right * below).sum(axis=1), right.sum(axis=1) * wrong.sum(axis=1))


def weighted_average_precision(
    scores: npt.ArrayLike, relevant: Booleans, weights: Weights
) -> Numbers:
    """Average precision of clips by falling score, shape (b,), as ``metrics.average_precision``.

    The share of relevant clips is chance. NaN where no relevant clip has weight.

    Parameters
    ----------
    scores
        Shape (n,), finite.
    relevant
        Shape (n,).
    weights
        Shape (b, n).
    """
    groups = _Groups(-np.asarray(scores, np.float64))
    right = groups.sums(weights * relevant)
    precision = _ratio(np.cumsum(right, axis=1), np.cumsum(groups.sums(weights), axis=1))
    return _ratio(np.nansum(right * precision, axis=1), right.sum(axis=1))


def rank_correlation(first: npt.ArrayLike, second: npt.ArrayLike, weights: Weights) -> Numbers:
    """Spearman's rank correlation, shape (b,): Pearson's of the ranks, ties sharing theirs.

    NaN where one side has a single value, or nothing has weight (C. Spearman, American Journal of
    Psychology 15, 1904).

    Parameters
    ----------
    first, second
        Shape (n,), finite.
    weights
        Shape (b, n).
    """
    total = weights.sum(axis=1, keepdims=True)
    total = np.where(total > 0, total, np.nan)
    ours, theirs = (
        ranks - (weights * ranks).sum(axis=1, keepdims=True) / total
        for ranks in (_Groups(values).ranks(weights) for values in (first, second))
    )
    together = (weights * ours * theirs).sum(axis=1)
    apart = (weights * ours**2).sum(axis=1) * (weights * theirs**2).sum(axis=1)
    # Ranks of a single value differ from their mean by rounding alone.
    return _ratio(together, np.sqrt(np.where(apart > 1e-9, apart, 0.0)))


def calibration_error(
    probabilities: npt.ArrayLike, shares: npt.ArrayLike, weights: Weights
) -> Numbers:
    """Expected calibration error, shape (b,): how far probabilities lie from what is so.

    In ten bins of equal width, the distance between the mean probability and the mean share,
    weighed by what lies in the bin (M. Pakdaman Naeini, G. Cooper, M. Hauskrecht, AAAI 2015). NaN
    where nothing has weight.

    Parameters
    ----------
    probabilities, shares
        Shape (n,), in [0, 1].
    weights
        Shape (b, n).
    """
    made, wanted = (np.asarray(values, np.float64) for values in (probabilities, shares))
    if not ((made >= 0.0) & (made <= 1.0)).all():
        raise ValueError("probabilities lie outside of [0, 1]")
    bins = np.minimum((made * _BINS).astype(np.int64), _BINS - 1)
    within = bins[:, None] == np.arange(_BINS)
    apart = np.abs((weights * (made - wanted)) @ within).sum(axis=1)
    return _ratio(apart, weights.sum(axis=1))


_BINS = 10


class _Groups:
    """Clips of one value, by rising value."""

    def __init__(self, values: npt.ArrayLike) -> None:
        numbers = np.asarray(values, np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError("scores are not finite")
        _, self._inverse = np.unique(numbers, return_inverse=True)
        self._order = np.argsort(self._inverse, kind="stable")
        self._starts = np.flatnonzero(np.diff(self._inverse[self._order], prepend=-1))

    def sums(self, weights: Weights) -> Numbers:
        """Weight of each group, shape (b, g)."""
        return np.asarray(np.add.reduceat(weights[:, self._order], self._starts, axis=1))

    def ranks(self, weights: Weights) -> Numbers:
        """Mean place of each clip among all, counted from 1, shape (b, n)."""
        own = self.sums(weights)
        places = np.cumsum(own, axis=1) - own + (own + 1) / 2
        return np.asarray(places[:, self._inverse])


def _ratio(upper: Numbers, lower: Numbers) -> Numbers:
    return np.divide(upper, lower, out=np.full_like(upper, np.nan), where=lower > 0)
