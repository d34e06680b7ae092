"""A learned ranker as it is published: trees over what is known of a candidate. No I/O.

Trees are evaluated here, so that whoever serves them needs no library that learns them.
Shapes: N candidates, F features, T trees, M nodes of all trees together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from segue.errors import RankerUnusable
from segue.published import About

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int32]

MOST_NODES = 1_000_000

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class RankerAbout(About):
    """What is said of a version of a ranker.

    Attributes
    ----------
    version
        Its name, which grows with time.
    created_at
        Seconds since 1970.
    space
        Embedding space whose similarities it has learned from.
    factors_version
        What the factors that it has learned beside say of themselves as ``learnt_as``.
    features
        Names of what it looks at, in order.
    trees
        How many it has.
    groups, listeners
        Searches that it has learned from, and whose they were.
    measures
        What an evaluation on other listeners said, by name.
    size_bytes
        What it takes where it is published.
    """

    WHAT: ClassVar = "a ranker"
    UNUSABLE: ClassVar = RankerUnusable

    version: str
    created_at: float
    space: str
    factors_version: str
    features: Sequence[str]
    trees: int
    groups: int
    listeners: int
    measures: Mapping[str, float] = field(default_factory=dict)
    size_bytes: int = 0


@dataclass(frozen=True)
class Trees:
    """Regression trees whose values are added up.

    An inner node sends a candidate left when its feature is at most the threshold, or is not known
    (NaN) and ``unknown_left`` is set. A leaf has -1 for its children.

    Attributes
    ----------
    roots
        Shape (T,): the node that each tree begins with.
    feature, left, right
        Shape (M,): number of the feature, and the children; a child comes after its parent.
    threshold, value
        Shape (M,): of inner nodes, and of leaves.
    unknown_left
        Shape (M,).

    Raises
    ------
    RankerUnusable
        When these are no trees.
    """

    roots: Places
    feature: Places
    threshold: Numbers
    left: Places
    right: Places
    value: Numbers
    unknown_left: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        nodes = len(self.feature)
        parts = (self.threshold, self.left, self.right, self.value, self.unknown_left)
        places = np.arange(nodes)
        inner = self.left >= 0
        fine = (
            0 < nodes <= MOST_NODES
            and len(self.roots) > 0
            and all(part.shape == (nodes,) for part in (self.feature, *parts))
            and bool(((self.roots >= 0) & (self.roots < nodes)).all())
            and bool((inner == (self.right >= 0)).all())
            and all(
                bool(((child > places) & (child < nodes))[inner].all())
                for child in (self.left, self.right)
            )
            and bool((self.feature[inner] >= 0).all())
            and bool(np.isfinite(self.threshold[inner]).all())
            and bool(np.isfinite(self.value[~inner]).all())
        )
        if not fine:
            raise RankerUnusable("the trees of the ranker are damaged")

    @cached_property
    def used(self) -> frozenset[int]:
        """Numbers of the features that any tree looks at."""
        return frozenset(self.feature[self.left >= 0].tolist())

    def scores(self, matrix: Numbers) -> Numbers:
        """Scores of candidates, shape (N,), from their features, shape (N, F); NaN: not known.

        Raises
        ------
        ValueError
            When there are fewer features than the trees look at.
        """
        rows, width = matrix.shape
        if self.used and max(self.used) >= width:
            raise ValueError(f"{width} features, and the trees look at more")
        # What is not known is below every threshold in one copy and above it in the other, so that
        # each step is one comparison.
        missing = np.isnan(matrix)
        both = np.hstack([np.where(missing, -np.inf, matrix), np.where(missing, np.inf, matrix)])
        values = both.reshape(-1)
        columns, children, steps = self._steps
        columns = np.where(self.unknown_left, columns, columns + width)
        start = (np.arange(rows) * (2 * width))[:, None]
        node = np.tile(self.roots.astype(np.intp), (rows, 1))
        for _ in range(steps):
            right = values.take(columns.take(node) + start) > self.threshold.take(node)
            node = children.take(2 * node + right)
        found: Numbers = self.value.take(node).sum(axis=1)
        return found

    @cached_property
    def _steps(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], int]:
        """Columns, both children of each node one after the other, and the greatest depth."""
        nodes = len(self.feature)
        leaf = self.left < 0
        own = np.arange(nodes, dtype=np.int32)
        children = np.stack(
            [np.where(leaf, own, self.left), np.where(leaf, own, self.right)], axis=1
        )
        depth = np.zeros(nodes, np.int64)
        for place in np.flatnonzero(~leaf).tolist():  # parents come before their children
            for child in (self.left[place], self.right[place]):
                depth[child] = max(depth[child], depth[place] + 1)
        columns = np.where(leaf, 0, self.feature).astype(np.intp)
        return columns, children.reshape(-1).astype(np.intp), int(depth.max())


def trees_to_bytes(trees: Trees, features: Sequence[str]) -> bytes:
    """Write trees down, with the names of the features that they look at."""
    said: dict[str, Any] = {"format": _FORMAT, "features": list(features)}
    for name in _PARTS:
        said[name] = getattr(trees, name).tolist()
    return json.dumps(said, separators=(",", ":"), allow_nan=False).encode()


def trees_from_bytes(data: bytes, features: Sequence[str]) -> Trees:
    """Read back what :func:`trees_to_bytes` wrote.

    Parameters
    ----------
    features
        Names of those that are computed here.

    Raises
    ------
    RankerUnusable
        When it is something else, is damaged, or looks at other features.
    """
    try:
        said = json.loads(data)
        if said["format"] != _FORMAT:
            raise RankerUnusable("the ranker is of another version of Segue")
        names = [str(one) for one in said["features"]]
        arrays = {name: np.array(said[name], kind) for name, kind in _PARTS.items()}
    except (ValueError, KeyError, TypeError, OverflowError) as exc:
        raise RankerUnusable("the ranker is damaged") from exc
    trees = Trees(**arrays)
    if names != list(features):
        other = sorted(set(names).symmetric_difference(features)) or ["their order"]
        raise RankerUnusable(
            f"the ranker looks at other features than are known here: {', '.join(other)}"
        )
    if trees.used and max(trees.used) >= len(names):
        raise RankerUnusable("the trees of the ranker are damaged")
    return trees


_PARTS: Mapping[str, npt.DTypeLike] = {
    "roots": np.int32,
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "value": np.float64,
    "unknown_left": np.bool_,
}
