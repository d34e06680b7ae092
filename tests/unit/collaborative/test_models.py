"""One contract for every model, on tastes that are known; and each against its closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from openmp import skip_without_openmp
from segue.collaborative.models import (
    Als,
    Bpr,
    Ease,
    ItemNeighbours,
    Model,
    Popularity,
    bm25_weighted,
)

skip_without_openmp()

GROUP = 12
"""Listeners, and tracks, of each of two tastes that share nothing."""


def two_tastes() -> sparse.csr_array:
    """Each listener heard all tracks of their taste but the one of the same number."""
    heard = np.zeros((2 * GROUP, 2 * GROUP), np.float32)
    for first in (0, GROUP):
        heard[first : first + GROUP, first : first + GROUP] = 1 - np.eye(GROUP)
    return sparse.csr_array(heard)


LEARNING: dict[str, Callable[[], Model]] = {
    "item-KNN": lambda: ItemNeighbours(neighbours=5, shrinkage=1.0),
    "EASE": lambda: Ease(regularisation=1.0),
    "ALS": lambda: Als(factors=4, regularisation=0.1),
    "BPR": lambda: Bpr(factors=4, learning_rate=0.05, regularisation=0.01, iterations=200),
}


@pytest.mark.parametrize("name", LEARNING)
def test_what_a_listener_missed_of_their_taste_comes_first(name: str) -> None:
    model = LEARNING[name]()
    heard = two_tastes()
    model.fit(heard)
    scores = model.scores(np.arange(2 * GROUP))
    assert scores.shape == (2 * GROUP, 2 * GROUP)
    assert scores.dtype == np.float32
    scores[heard.toarray() > 0] = -np.inf
    assert scores.argmax(axis=1).tolist() == list(range(2 * GROUP))


@pytest.mark.parametrize("name", LEARNING)
def test_the_same_seed_learns_the_same(name: str) -> None:
    found = []
    for _ in range(2):
        model = LEARNING[name]()
        model.fit(two_tastes())
        found.append(model.scores(np.array([3, 0])))
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


@pytest.mark.parametrize("name", LEARNING)
def test_tracks_that_nobody_heard_have_finite_scores(name: str) -> None:
    heard = sparse.csr_array(np.pad(two_tastes().toarray(), ((0, 1), (0, 2))))
    model = LEARNING[name]()
    model.fit(heard)
    assert np.isfinite(model.scores(np.arange(heard.shape[0]))).all()


@pytest.mark.parametrize("name", ["ALS", "BPR"])
def test_factors_give_the_scores(name: str) -> None:
    model = LEARNING[name]()
    model.fit(two_tastes())
    factors = model.factors  # type: ignore[attr-defined]
    assert factors.users.shape == factors.tracks.shape == (2 * GROUP, 4)
    expected = factors.users @ factors.tracks.T + factors.biases
    np.testing.assert_allclose(model.scores(np.arange(2 * GROUP)), expected, atol=1e-5)
    if name == "ALS":
        assert not factors.biases.any()


def test_popularity_counts_listeners() -> None:
    model = Popularity()
    model.fit(sparse.csr_array(np.array([[3, 0, 1], [1, 0, 0]], np.float32)))
    assert model.scores(np.array([1, 0, 1])).tolist() == [[2, 0, 1]] * 3


def random_weights(users: int = 30, tracks: int = 20) -> sparse.csr_array:
    random = np.random.default_rng(5)
    heard = random.random((users, tracks)) < 0.3
    return sparse.csr_array((heard * random.uniform(0.2, 2, heard.shape)).astype(np.float32))


def test_item_neighbours_are_the_shrunk_cosines() -> None:
    weights = random_weights()
    model = ItemNeighbours(neighbours=6, shrinkage=3.0)
    model.fit(weights)
    dense = weights.toarray().astype(np.float64)
    norms = np.linalg.norm(dense, axis=0)
    similar = dense.T @ dense / (np.outer(norms, norms) + 3.0)
    np.fill_diagonal(similar, 0)
    for row in similar:  # each track keeps its own nearest
        row[np.argsort(-row)[6:]] = 0
    np.testing.assert_allclose(model.scores(np.arange(30)), dense @ similar.T, atol=1e-4)


def test_ease_solves_its_constrained_least_squares() -> None:
    weights = random_weights()
    strength = 2.5
    model = Ease(regularisation=strength)
    model.fit(weights)
    dense = weights.toarray().astype(np.float64)
    expected = np.zeros((20, 20))
    for track in range(20):  # a ridge regression of each track on all others
        others = [other for other in range(20) if other != track]
        inputs = dense[:, others]
        gram = inputs.T @ inputs + strength * np.eye(19)
        expected[others, track] = np.linalg.solve(gram, inputs.T @ dense[:, track])
    np.testing.assert_allclose(model.scores(np.arange(30)), dense @ expected, atol=2e-3)


def test_als_ends_where_neither_side_can_improve() -> None:
    weights = random_weights()
    strength, confidence = 1.0, 2.0
    model = Als(
        factors=3, regularisation=strength, confidence=confidence, bm25=False, iterations=200
    )
    model.fit(weights)
    users, tracks = (
        np.asarray(one, np.float64) for one in (model.factors.users, model.factors.tracks)
    )
    dense = confidence * weights.toarray().astype(np.float64)
    # Hu, Koren, Volinsky (2008), equation 4, with the confidence of what was heard.
    for user in range(30):
        trust = np.where(dense[user] > 0, dense[user], 1.0)
        gram = tracks.T @ (trust[:, None] * tracks) + strength * np.eye(3)
        expected = np.linalg.solve(gram, tracks.T @ np.where(dense[user] > 0, trust, 0.0))
        np.testing.assert_allclose(users[user], expected, atol=0.02)


def test_bm25_weighs_rare_tracks_and_short_listeners_more() -> None:
    heard = np.array([[1, 1, 1], [1, 0, 0], [1, 0, 1]] + [[1, 0, 0]] * 5, np.float32)
    weighed = bm25_weighted(sparse.csr_array(heard)).toarray()
    assert ((weighed > 0) == (heard > 0)).all()
    assert weighed[0, 1] > weighed[0, 2] > weighed[0, 0]
    assert weighed[1, 0] > weighed[2, 0] > weighed[0, 0]
    # One entry by hand: 8 listeners, 2 of the track; this one heard 2, and all 11 together.
    norm = 0.2 + 0.8 * 2 / (11 / 8)
    expected = 101 / (100 * norm + 1) * (np.log(8) - np.log(3))
    assert weighed[2, 2] == pytest.approx(expected, rel=1e-5)
