"""Recommending what nobody was heard listening to: factors made from what describes the items.

In the Last.fm data set, tags stand for what audio says: of each artist the TF-IDF of its tags, in
:data:`DIMENSIONS` dimensions by a truncated singular value decomposition.
"""

from __future__ import annotations

import time
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import svds

from segue.collaborative.chosen_als import ChosenAls
from segue.collaborative.cold_start import Ridge
from segue.collaborative.evaluation.comparison import K, Line
from segue.collaborative.evaluation.protocol import Split, ranked
from segue.collaborative.evaluation.ranking_metrics import METRICS, interval
from segue.collaborative.models import Floats, Model, Weights

DIMENSIONS = 128
NEIGHBOURS = 10

Numbers: TypeAlias = npt.NDArray[np.float64]


class _Fixed:
    """Scores that are computed already: shape (listeners, items) as a product of two."""

    def __init__(self, users: Floats, items: Floats) -> None:
        self._users, self._items = users, items

    def fit(self, weights: Weights) -> None:
        """Nothing is learnt."""

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        return self._users[users] @ self._items.T


def described(tags: Weights, *, dimensions: int = DIMENSIONS, seed: int = 0) -> Floats:
    """Vectors of items by their tags, shape (items, dimensions), of unit length or zero."""
    carriers = np.asarray((tags > 0).sum(axis=0)).reshape(-1)
    rarity = np.log(tags.shape[0] / np.maximum(carriers, 1))
    weighed = sparse.csr_array(tags.copy())
    weighed.data = np.log1p(weighed.data)
    weighed = weighed.multiply(rarity[None, :]).tocsr()
    start = np.random.default_rng(seed).normal(size=min(weighed.shape))
    left, values, _ = svds(weighed.astype(np.float64), k=dimensions, v0=start)
    vectors = left * values
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    unit[lengths[:, 0] <= 1e-9] = 0.0
    return unit


def compare_cold(
    split: Split, tags: Weights, *, factors: int, seed: int, tested: bool, k: int = K
) -> list[Line]:
    """Rank the items of a part that was cut off whole, by several ways to come to factors.

    Parameters
    ----------
    split
        From :func:`~segue.collaborative.evaluation.protocol.split_items`.
    tags
        Shape (items, tags).
    tested
        On the test part; otherwise on the validation part.
    """
    wanted = split.test if tested else split.validation
    warm = np.flatnonzero(np.bincount(split.train.indices, minlength=tags.shape[0]))
    cold = np.unique(wanted.indices)
    vectors = described(tags, seed=seed)
    tagged = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0)
    taught = np.intersect1d(warm, tagged)
    began = time.monotonic()
    model = ChosenAls(factors=factors, seed=seed)
    model.fit(split.train)
    learnt = model.factors
    als_seconds = time.monotonic() - began
    random = np.random.default_rng(seed)
    ways: dict[str, tuple[Model, float]] = {
        "chance": (
            _Fixed(
                random.normal(size=(len(learnt.users), 16)).astype(np.float32),
                random.normal(size=(tags.shape[0], 16)).astype(np.float32),
            ),
            0.0,
        ),
        "tags alone": (_Fixed(_profiles(split.train, vectors), vectors), 0.0),
    }
    for name, made in (
        ("ALS, nearest tagged items", _from_neighbours),
        ("ALS, ridge from tags", _from_ridge),
    ):
        began = time.monotonic()
        items = learnt.tracks.copy()
        items[cold] = made(vectors, learnt.tracks, taught, cold)
        ways[name] = (_Fixed(learnt.users, items), als_seconds + time.monotonic() - began)
    lines = []
    for name, (way, seconds) in ways.items():
        found = ranked(way, known=split.train, wanted=wanted, k=k, among=cold)
        measures = {metric: interval(getattr(found, metric)) for metric in METRICS}
        lines.append(Line(name, measures, len(found.recall), seconds))
    return lines


def _profiles(train: Weights, vectors: Floats) -> Floats:
    """Mean vector of what each listener heard, of unit length."""
    means = np.asarray(train @ vectors)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    unit: Floats = (means / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit


def _from_neighbours(
    vectors: Floats, known: Floats, taught: npt.NDArray[np.intp], cold: npt.NDArray[np.intp]
) -> Floats:
    """Mean factors of the warm items with the nearest tags; an item without tags has none."""
    alike = vectors[cold] @ vectors[taught].T
    best = np.argpartition(-alike, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    shares = np.maximum(np.take_along_axis(alike, best, axis=1), 0.0)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    means: Floats = np.einsum("ck,ckf->cf", shares, known[taught][best])
    return means


def _from_ridge(
    vectors: Floats, known: Floats, taught: npt.NDArray[np.intp], cold: npt.NDArray[np.intp]
) -> Numbers:
    ridge = Ridge.fitted(vectors[taught].astype(np.float64), known[taught].astype(np.float64))
    return ridge.predict(vectors[cold])
