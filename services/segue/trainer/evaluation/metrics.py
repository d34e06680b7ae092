"""Measures of retrieval, over pairs of items and over the rankings of queries.

Two forms are in use. The *pairwise* form ranks the pairs of items of a category with each other and
with all other items: one number per category. The *query* form ranks the other items for every
item: one number per query.

Shapes: n items, c categories, q queries, p pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

Vectors: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.float64]
Booleans: TypeAlias = npt.NDArray[np.bool_]
Groups: TypeAlias = npt.NDArray[np.int64]
"""Shape (n,): equal numbers mean one track, or one artist."""

CUTOFFS = (1, 5, 10)

_QUERIES_AT_ONCE = 512


def average_precision(distances: npt.ArrayLike, relevant: npt.ArrayLike) -> float:
    """Average precision of items, or of pairs of items, ranked by rising distance.

    ``AP = Σ_t (R_t - R_{t-1}) P_t`` over the distinct distances t, where P_t and R_t are precision
    and recall of those at most that far away. What lies at the same distance is taken together,
    so that the order in which it comes says nothing (as scikit-learn's
    ``average_precision_score``).

    Parameters
    ----------
    distances
        Shape (p,); infinite where something is left out.
    relevant
        Shape (p,). NaN is returned when nothing is relevant.
    """
    everyone = np.sort(np.asarray(distances, np.float64))
    found = np.sort(np.asarray(distances, np.float64)[np.asarray(relevant, np.bool_)])
    if len(found) == 0:
        return float("nan")
    right = np.searchsorted(found, found, side="right")
    return float((right / np.searchsorted(everyone, found, side="right")).mean())


def category_average_precisions(
    vectors: Vectors, membership: Booleans, excluded: Groups | None = None
) -> Numbers:
    """Pairwise average precision of every category, shape (c,).

    For every category the pairs of items are ranked by Euclidean distance; a pair is relevant when
    both items belong to the category. Ranked are the pairs with at least one item of the category,
    each once: a perfect encoder gets 1. (Pairs wholly outside say nothing of the category: two
    clips of another track are rightly near each other.) A category without a relevant pair gets
    NaN.

    Parameters
    ----------
    vectors
        Shape (n, dimension).
    membership
        Shape (n, c), true where an item belongs to a category.
    excluded
        Pairs whose items share a number are left out of the rankings: the artist filter.

    Raises
    ------
    ValueError
        When the shapes do not fit, or a vector is not finite.
    """
    count = len(vectors)
    if membership.shape[:1] != (count,):
        raise ValueError(f"{count} vectors but membership of shape {membership.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("vectors are not finite")
    found = []
    for members in membership.T:
        inside = np.flatnonzero(members)
        kept = ~members | (np.arange(count) > inside[:, None])
        if excluded is not None:
            kept &= excluded[inside, None] != excluded
        same = np.broadcast_to(members, kept.shape)
        found.append(average_precision(cdist(vectors[inside], vectors)[kept], same[kept]))
    return np.array(found)


@dataclass(frozen=True, slots=True)
class QueryScores:
    """Measures per query, each of shape (q,); NaN where a query has no relevant item.

    R is the number of relevant items of a query; a ranking holds all items but those left out.

    Attributes
    ----------
    average_precision
        Mean over the relevant items of the precision at their distance, ties taken together.
    r_precision
        Share of relevant items among the first R.
    recall
        By k: relevant items among the first k, divided by min(k, R), so that 1 can be reached.
    hit_rate
        By k: 1 when a relevant item is among the first k, else 0. With one relevant item this is
        the recall@k of a search for one right answer.
    ndcg
        By k: Σ rel_i / log₂(1 + i) over the first k, divided by its largest possible value
        (K. Järvelin, J. Kekäläinen, TOIS 20, 2002; binary gains).
    """

    average_precision: Numbers
    r_precision: Numbers
    recall: dict[int, Numbers]
    hit_rate: dict[int, Numbers]
    ndcg: dict[int, Numbers]

    def by_name(self) -> dict[str, Numbers]:
        """Every measure under the name that reports use."""
        named = {"map": self.average_precision, "r_precision": self.r_precision}
        for name in ("recall", "hit_rate", "ndcg"):
            named.update({f"{name}_at_{k}": value for k, value in getattr(self, name).items()})
        return named


def score_rankings(
    distances: Numbers, relevant: Booleans, allowed: Booleans | None = None
) -> QueryScores:
    """Judge rankings by rising distance.

    Average precision takes ties together. In the measures of the first k, of items at the same
    distance the irrelevant come first: an encoder that cannot tell items apart earns nothing.

    Parameters
    ----------
    distances
        Shape (q, n), finite.
    relevant
        Shape (q, n).
    allowed
        Shape (q, n), false for items that are left out of a query's ranking.
    """
    if allowed is not None:
        distances = np.where(allowed, distances, np.inf)
        relevant = relevant & allowed
    precisions = np.array(list(map(average_precision, distances, relevant)))
    order = np.lexsort((relevant, distances), axis=-1)
    relevant = np.take_along_axis(relevant, order, axis=1)
    total = relevant.sum(axis=1)
    found = np.cumsum(relevant, axis=1)
    some = np.where(total > 0, total, np.nan)
    length = relevant.shape[1]
    places = np.arange(1, length + 1)

    first_r = np.take_along_axis(found, np.maximum(total, 1)[:, None] - 1, axis=1)[:, 0]
    discounts = 1 / np.log2(1 + places)
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    recall, hit_rate, ndcg = {}, {}, {}
    for k in CUTOFFS:
        here = found[:, min(k, length) - 1]
        best = np.minimum(some, k)
        recall[k] = here / best
        hit_rate[k] = np.where(total > 0, here > 0, np.nan)
        gained = (relevant[:, :k] * discounts[:k]).sum(axis=1)
        ndcg[k] = gained / np.where(total > 0, ideal[np.minimum(total, k)], np.nan)
    return QueryScores(precisions, first_r / some, recall, hit_rate, ndcg)


def score_retrieval(
    vectors: Vectors, membership: Booleans, excluded: Groups | None = None
) -> QueryScores:
    """Every item as a query among all others; relevant are those that share a category.

    Parameters
    ----------
    vectors
        Shape (n, dimension), n >= 2; ranked by Euclidean distance.
    membership
        Shape (n, c).
    excluded
        Items with the query's number are left out of its ranking: the artist filter
        (A. Flexer, D. Schnitzer, Computer Music Journal 34, 2010).
    """
    blocks = list(_retrieval_blocks(vectors, membership, excluded))
    return QueryScores(
        np.concatenate([block.average_precision for block in blocks]),
        np.concatenate([block.r_precision for block in blocks]),
        *(
            {k: np.concatenate([getattr(block, name)[k] for block in blocks]) for k in CUTOFFS}
            for name in ("recall", "hit_rate", "ndcg")
        ),
    )


def precision_at(
    vectors: Vectors,
    membership: Booleans,
    excluded: Groups | None = None,
    cutoffs: Sequence[int] = CUTOFFS,
) -> dict[int, Numbers]:
    """Share of the k nearest items that share a category with the query, each of shape (n,).

    Of equally near items the irrelevant ones count as first. NaN where nothing is left to rank;
    where fewer than k items are, the share is of those.

    Parameters
    ----------
    vectors
        Shape (n, dimension); ranked by Euclidean distance.
    membership
        Shape (n, c).
    excluded
        Items with the query's number are left out of its ranking: the artist filter.
    """
    shares = membership.astype(np.float32)
    blocks: list[list[Numbers]] = []
    for queries, allowed in _query_blocks(len(vectors), excluded):
        relevant = (shares[queries] @ shares.T > 0) & allowed
        distances = np.where(allowed, cdist(vectors[queries], vectors), np.inf)
        order = np.lexsort((relevant, distances), axis=-1)[:, : max(cutoffs)]
        found = np.take_along_axis(relevant, order, axis=1)
        ranked = allowed.sum(axis=1)
        some = np.where(ranked > 0, ranked, np.nan)
        blocks.append([found[:, :k].sum(axis=1) / np.minimum(some, k) for k in cutoffs])
    columns = map(np.concatenate, zip(*blocks, strict=True))
    return dict(zip(cutoffs, columns, strict=True))


def _retrieval_blocks(
    vectors: Vectors, membership: Booleans, excluded: Groups | None
) -> Iterator[QueryScores]:
    shares = membership.astype(np.float32)
    for queries, allowed in _query_blocks(len(vectors), excluded):
        relevant = shares[queries] @ shares.T > 0
        yield score_rankings(cdist(vectors[queries], vectors), relevant, allowed)


def _query_blocks(
    count: int, excluded: Groups | None
) -> Iterator[tuple[npt.NDArray[np.int64], Booleans]]:
    """Numbers of some queries, and which items each of them ranks."""
    for first in range(0, count, _QUERIES_AT_ONCE):
        queries = np.arange(first, min(first + _QUERIES_AT_ONCE, count))
        allowed = queries[:, None] != np.arange(count)
        if excluded is not None:
            allowed &= excluded[queries, None] != excluded
        yield queries, allowed
