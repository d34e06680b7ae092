"""ALS whose regularisation suits the data: what suits thousands of listeners stifles sixty."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
from scipy import sparse

from segue.collaborative.evaluation.protocol import ranked, split_pairs
from segue.collaborative.models import Als, Factors, Floats, Weights

log = logging.getLogger(__name__)

REGULARISATIONS = (1.0, 3.0, 10.0, 30.0)

MOST_ASKED = 2_000
"""Listeners on whom a choice is measured."""

_K = 20


class ChosenAls:
    """A :class:`~segue.collaborative.models.FactorModel` that learns with each regularisation.

    Each is fitted on nine tenths of what every listener heard, and the one with the best NDCG@20 on
    the rest is fitted on everything. Where no listener heard ten tracks, the smallest is taken.

    Attributes
    ----------
    regularisation
        The one that was chosen.
    """

    def __init__(self, *, factors: int = 64, seed: int = 0) -> None:
        self._factors = factors
        self._seed = seed

    @property
    def factors(self) -> Factors:
        """What was learnt."""
        return self._model.factors

    def fit(self, weights: Weights) -> None:
        self.regularisation = self._chosen(weights)
        self._model = self._als(self.regularisation)
        self._model.fit(weights)

    def scores(self, users: npt.NDArray[np.intp]) -> Floats:
        return self._model.scores(users)

    def _als(self, regularisation: float) -> Als:
        return Als(factors=self._factors, regularisation=regularisation, seed=self._seed)

    def _chosen(self, weights: Weights) -> float:
        split = split_pairs(weights, shares=(0.9, 0.1, 0.0), seed=self._seed)
        wanted = _of_some_listeners(split.validation, seed=self._seed)
        if not wanted.nnz:
            return REGULARISATIONS[0]
        found = {}
        for one in REGULARISATIONS:
            model = self._als(one)
            model.fit(split.train)
            measured = ranked(model, known=split.train, wanted=wanted, k=_K)
            found[one] = float(measured.ndcg.mean())
        log.info("ALS: NDCG@20 by regularisation: %s", found)
        return max(found, key=lambda one: found[one])


def _of_some_listeners(weights: Weights, *, seed: int) -> Weights:
    listeners = np.flatnonzero(np.diff(weights.indptr))
    if len(listeners) <= MOST_ASKED:
        return weights
    chosen = np.random.default_rng(seed).choice(listeners, MOST_ASKED, replace=False)
    kept = np.zeros(weights.shape[0], np.float32)
    kept[chosen] = 1.0
    some = sparse.csr_array(weights.multiply(kept[:, None]))
    some.eliminate_zeros()
    return some
