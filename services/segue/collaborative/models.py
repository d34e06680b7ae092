"""Models of what listeners like, behind one Protocol: baselines, and those that learn factors.

Shapes: U listeners, T tracks, F factors. Weights are float32 and positive where a listener heard a
track (``scipy.sparse.csr_array`` of shape (U, T)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats: TypeAlias = npt.NDArray[np.float32]
Weights: TypeAlias = Any
"""``scipy.sparse.csr_array`` of shape (U, T), float32."""


class Model(Protocol):
    """Scores every track for listeners that it was fitted on."""

    def fit(self, weights: Weights) -> None:
        """Learn from weights of shape (U, T)."""
        ...

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        """Scores of shape (len(users), T), higher is better; heard tracks have scores too."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """What a model learnt: a listener's score of a track is ``users @ tracks.T + biases``.

    Attributes
    ----------
    users
        Shape (U, F).
    tracks
        Shape (T, F).
    biases
        Shape (T,); zero where the model has none.
    """

    users: Floats
    tracks: Floats
    biases: Floats


class Popularity:
    """Every listener is given what most listeners heard."""

    def fit(self, weights: Weights) -> None:
        self._counts = np.asarray((weights > 0).sum(axis=0), dtype=np.float32).reshape(-1)

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        return np.broadcast_to(self._counts, (len(users), len(self._counts))).copy()


class ItemNeighbours:
    """Item-based k nearest neighbours by cosine (Sarwar et al., WWW 2001), with shrinkage.

    Parameters
    ----------
    neighbours
        Kept of each track.
    shrinkage
        Added to the product of norms: what few listeners share counts less.
    """

    def __init__(self, *, neighbours: int = 200, shrinkage: float = 10.0) -> None:
        self._neighbours = neighbours
        self._shrinkage = shrinkage

    def fit(self, weights: Weights) -> None:
        self._weights = weights
        norms = np.sqrt(np.asarray(weights.power(2).sum(axis=0)).reshape(-1))
        columns = weights.tocsc()
        rows, places, values = [], [], []
        for first in range(0, columns.shape[1], 512):
            piece = columns[:, first : first + 512]
            together = (piece.T @ weights).toarray()
            products = norms[first : first + 512, None] * norms[None, :] + self._shrinkage
            together /= np.maximum(products, 1e-12)  # of tracks that nobody heard
            count = min(self._neighbours, together.shape[1] - 1)
            own = np.arange(together.shape[0])
            together[own, own + first] = 0.0
            best = np.argpartition(-together, max(count - 1, 0), axis=1)[:, :count]
            rows.append(np.repeat(own + first, count))
            places.append(best.reshape(-1))
            values.append(np.take_along_axis(together, best, axis=1).reshape(-1))
        tracks = columns.shape[1]
        # Column t holds the neighbours of track t.
        self._similar = sparse.csr_array(
            (np.concatenate(values), (np.concatenate(places), np.concatenate(rows))),
            shape=(tracks, tracks),
            dtype=np.float32,
        )

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        return np.asarray((self._weights[users] @ self._similar).toarray(), dtype=np.float32)


class Ease:
    """Embarrassingly shallow autoencoder in closed form (Steck, WWW 2019).

    It inverts a matrix of shape (T, T): up to some 20,000 tracks.
    """

    def __init__(self, *, regularisation: float = 100.0) -> None:
        self._regularisation = regularisation

    def fit(self, weights: Weights) -> None:
        self._weights = weights
        gram = (weights.T @ weights).toarray().astype(np.float32)
        diagonal = np.arange(gram.shape[0])
        gram[diagonal, diagonal] += self._regularisation
        inverse = _inverse_of_positive(gram)
        inverse /= -inverse[diagonal, diagonal].copy()[None, :]
        inverse[diagonal, diagonal] = 0.0
        self._matrix = inverse

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        return np.asarray(self._weights[users] @ self._matrix, dtype=np.float32)


class FactorModel(Protocol):
    """A model that learns factors, which can be published."""

    def fit(self, weights: Weights) -> None:
        """Learn from weights of shape (U, T)."""
        ...

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        """As :meth:`Model.scores`."""
        ...

    @property
    def factors(self) -> Factors:
        """What was learnt."""
        ...


class _Factored:
    factors: Factors

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        scores: Floats = self.factors.users[users] @ self.factors.tracks.T + self.factors.biases
        return scores


class Als(_Factored):
    """Weighted matrix factorisation by alternating least squares (Hu, Koren, Volinsky, ICDM 2008).

    Parameters
    ----------
    confidence
        By which weights are multiplied: the confidence of what was heard is that much above the
        rest's, which is 1.
    bm25
        Whether weights are first weighed as BM25 does, so that one listener's thousand plays and a
        track that everybody heard say less.
    """

    def __init__(
        self,
        *,
        factors: int = 64,
        regularisation: float = 10.0,
        confidence: float = 1.0,
        bm25: bool = True,
        iterations: int = 15,
        seed: int = 0,
    ) -> None:
        self._factors = factors
        self._regularisation = regularisation
        self._confidence = confidence
        self._bm25 = bm25
        self._iterations = iterations
        self._seed = seed

    def fit(self, weights: Weights) -> None:
        from implicit.cpu.als import AlternatingLeastSquares

        heard = bm25_weighted(weights) if self._bm25 else weights
        with one_blas_thread():
            model = AlternatingLeastSquares(
                factors=self._factors,
                regularization=self._regularisation,
                alpha=self._confidence,
                iterations=self._iterations,
                random_state=self._seed,
                num_threads=1,
            )
            model.fit(_as_matrix(heard), show_progress=False)
        tracks = np.array(model.item_factors, dtype=np.float32)
        self.factors = Factors(
            np.array(model.user_factors, dtype=np.float32),
            tracks,
            np.zeros(len(tracks), np.float32),
        )


class Bpr(_Factored):
    """Matrix factorisation by Bayesian personalised ranking (Rendle et al., UAI 2009).

    Weights count only by being there.
    """

    def __init__(
        self,
        *,
        factors: int = 64,
        learning_rate: float = 0.01,
        regularisation: float = 0.01,
        iterations: int = 100,
        seed: int = 0,
    ) -> None:
        self._factors = factors
        self._learning_rate = learning_rate
        self._regularisation = regularisation
        self._iterations = iterations
        self._seed = seed

    def fit(self, weights: Weights) -> None:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=self._factors,
            learning_rate=self._learning_rate,
            regularization=self._regularisation,
            iterations=self._iterations,
            random_state=self._seed,
            # Several threads write without locks, and no two runs are the same.
            num_threads=1,
        )
        with one_blas_thread():
            model.fit(_as_matrix(weights), show_progress=False)
        # Its last factor of tracks is their bias; that of listeners is one.
        users = np.array(model.user_factors, dtype=np.float32)[:, :-1]
        tracks = np.array(model.item_factors, dtype=np.float32)
        self.factors = Factors(users, tracks[:, :-1].copy(), tracks[:, -1].copy())


def bm25_weighted(weights: Weights, *, saturation: float = 100.0, length: float = 0.8) -> Weights:
    """Weights as Okapi BM25 has them, with listeners as documents and tracks as words.

    Parameters
    ----------
    saturation, length
        K1 and B of BM25.
    """
    users = weights.shape[0]
    coordinates = weights.tocoo()
    counts = np.bincount(coordinates.col, minlength=weights.shape[1])
    rarity = np.log(users) - np.log1p(counts)
    sums = np.asarray(weights.sum(axis=1)).reshape(-1)
    norms = (1.0 - length) + length * sums / max(float(sums.mean()), 1e-12)
    values = coordinates.data
    weighed = values * (saturation + 1.0) / (saturation * norms[coordinates.row] + values)
    weighed = weighed * np.maximum(rarity[coordinates.col], 0.05)
    return sparse.csr_array(
        (weighed.astype(np.float32), (coordinates.row, coordinates.col)), shape=weights.shape
    )


def one_blas_thread() -> Any:
    """Context in which BLAS uses one thread: implicit's own loops run many small products."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "blas")


def _inverse_of_positive(matrix: Floats) -> Floats:
    """Inverse of a symmetric positive definite matrix; its memory is used again."""
    from scipy.linalg import lapack

    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    if failed == 0:
        inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    lower = np.tril(inverse)
    whole: Floats = lower + np.tril(lower, -1).T
    return whole


def _as_matrix(weights: Weights) -> Any:
    # implicit asks for scipy's older kind.
    return sparse.csr_matrix(weights)
