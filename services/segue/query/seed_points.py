"""The vectors that count in a search, and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.errors import InvalidVector
from segue.index.validation import SMALLEST_NORM
from segue.tracks import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A vector of a seed: the only one, or the middle of one of its tastes.

    Attributes
    ----------
    vector
        Shape (dimension,): a song vector, or shares of genres.
    weight
        Of the seed, not 0; negative: it counts against.
    share
        Part of the seed that this one stands for, in (0, 1]: in a mean, a seed of several tastes
        weighs as much as one of a single vector.
    """

    vector: Vector
    weight: float
    share: float = 1.0


def average(points: Sequence[Point], *, of_shares: bool = False) -> Vector:
    """``2 mean(for) - mean(against)``, or the mean of those for where none is against.

    Parameters
    ----------
    points
        At least one of positive weight.
    of_shares
        The vectors are shares of genres: what falls below 0 becomes 0, and the sum 1.

    Returns
    -------
    Vector
        Shape (dimension,), of unit length, or of sum 1.

    Raises
    ------
    InvalidVector
        When the seeds cancel out, or vectors are not of one length.
    """
    wanted = _mean([one for one in points if one.weight > 0])
    against = [one for one in points if one.weight < 0]
    combined = 2.0 * wanted - _mean(against) if against else wanted
    if of_shares:
        combined = np.maximum(combined, 0.0)
        size = float(combined.sum())
    else:
        size = float(np.linalg.norm(combined))
    if not size > SMALLEST_NORM:
        raise InvalidVector(
            "the seeds cancel out: nothing is left to look for",
            next_step="Leave some seeds out, weigh them otherwise, or ask for the best score.",
        )
    vector: Vector = (combined / size).astype(np.float32)
    return vector


def _mean(points: Sequence[Point]) -> npt.NDArray[np.float64]:
    lengths = {len(one.vector) for one in points}
    if len(lengths) > 1:
        raise InvalidVector(f"the seeds' vectors are of several lengths: {sorted(lengths)}")
    rows = np.array([one.vector for one in points], dtype=np.float64)
    weights = np.array([abs(one.weight) * one.share for one in points])
    mean: npt.NDArray[np.float64] = weights @ rows / weights.sum()
    return mean
