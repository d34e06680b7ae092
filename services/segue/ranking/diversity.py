"""Maximal marginal relevance: each answer is weighed against those before it. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from segue.tracks import Matrix


def unit_scores(similarities: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Similarities in [-1, 1] as scores in [0, 1]: ``(1 + similarity) / 2``.

    The scale does not hang on what else was found, so that a score is the same on every page. What
    lies outside [-1, 1] is clipped.
    """
    return np.clip((1.0 + np.asarray(similarities, dtype=np.float64)) / 2.0, 0.0, 1.0)


def marginal_order(
    relevance: npt.ArrayLike,
    vectors: Matrix,
    diversity: float,
    *,
    accepts: Callable[[int], bool],
    limit: int,
    before: Iterable[int] = (),
) -> list[int]:
    """Places of candidates by maximal marginal relevance.

    The next one has the largest ``(1 - diversity) · relevance - diversity · s``, where ``s`` is its
    largest similarity to one that was taken before it, brought to [0, 1]; of equals the first. Of
    the first of all only the relevance counts. Carbonell and Goldstein, "The use of MMR,
    diversity-based reranking" (SIGIR 1998), with λ = 1 - diversity.

    Parameters
    ----------
    relevance
        Shape (n,), higher is better.
    vectors
        Shape (n, dimension), rows of length 1.
    accepts
        Asked for each place when it is the next one: whether it is taken, or passed over.
    limit
        Ends after so many that were taken.
    before
        Places that were taken before: they are not among the answers.
    """
    scores = np.asarray(relevance, dtype=np.float64)
    if not 0 <= diversity <= 1:
        raise ValueError(f"diversity = {diversity} lies outside [0, 1]")
    taken = list(before)
    nearest = np.full(len(scores), -np.inf)
    if taken:
        nearest = np.max(vectors @ vectors[taken].T, axis=1).astype(np.float64)
    left = np.ones(len(scores), dtype=bool)
    left[taken] = False
    order: list[int] = []
    while len(order) < limit and left.any():
        value = scores
        if taken or order:
            value = (1.0 - diversity) * scores - diversity * unit_scores(nearest)
        place = int(np.argmax(np.where(left, value, -np.inf)))
        left[place] = False
        if accepts(place):
            order.append(place)
            nearest = np.maximum(nearest, vectors @ vectors[place])
    return order
