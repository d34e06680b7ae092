"""A ranker of published trees, and the numbers that it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from segue.ranker import Numbers, RankerAbout, Trees, trees_from_bytes
from segue.ranking.ranker import Features

_PLAIN = tuple(one.name for one in fields(Features) if one.name != "collaborative")
_WITHIN = ("acoustic", "collaborative", "genre", "passage")
"""Similarities and scores that are also looked at by their place among those of the other
candidates. Collaborative scores by nothing else: their scale is another one with each model, each
version of its factors, and between a listener and a seed."""

NAMES = (
    *_PLAIN,
    *(f"{name}_share" for name in _WITHIN),
    *(f"{name}_rank" for name in _WITHIN),
)
"""Names of the columns of :func:`matrix`, in order."""


def matrix(features: Features) -> Numbers:
    """What trees look at, shape (candidates, len(NAMES)); NaN: not known.

    A share is the place between the lowest value (0) and the highest (1), 1 where all are equal. A
    rank is 1/(1 + how many are better): the top says the same of few candidates and of many.
    """
    columns = [getattr(features, name) for name in _PLAIN]
    within = [getattr(features, name) for name in _WITHIN]
    columns += [_share(values) for values in within]
    columns += [_rank(values) for values in within]
    return np.column_stack(columns)


class LearnedRanker:
    """A :class:`~segue.ranking.ranker.Ranker` of trees.

    Parameters
    ----------
    data
        As it was published.

    Raises
    ------
    RankerUnusable
        When the trees are damaged, or look at what is not known here.
    """

    def __init__(self, about: RankerAbout, data: bytes) -> None:
        self.about = about
        self._trees: Trees = trees_from_bytes(data, NAMES)
        used = {NAMES[number] for number in self._trees.used}
        self._uses = frozenset(
            name for name in _EVERY if used & {name, f"{name}_share", f"{name}_rank"}
        )

    @property
    def space(self) -> str:
        return self.about.space

    @property
    def uses(self) -> frozenset[str]:
        return self._uses

    def order(self, features: Features) -> Sequence[float]:
        found: list[float] = self._trees.scores(matrix(features)).tolist()
        return found


_EVERY = tuple(one.name for one in fields(Features))


def _share(values: Numbers) -> Numbers:
    known = ~np.isnan(values)
    if not known.any():
        return values
    low, high = values[known].min(), values[known].max()
    if low == high:
        return np.where(known, 1.0, np.nan)
    # Halved first: the difference of two finite numbers may overflow.
    shares: Numbers = (values / 2 - low / 2) / (high / 2 - low / 2)
    return shares


def _rank(values: Numbers) -> Numbers:
    known = ~np.isnan(values)
    falling = np.sort(-values[known])
    better = np.searchsorted(falling, -values, side="left")
    ranks: Numbers = np.where(known, 1.0 / (1.0 + better), np.nan)
    return ranks
