"""Orders of the same candidates side by side: by one side alone, fused, and learned."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from segue.collaborative.evaluation.ranking_metrics import PerListener, measure
from segue.mix import DEFAULT_WEIGHT, FusionMethod
from segue.ranker import Numbers, Trees
from segue.ranker_training.searches import Search
from segue.ranking.fusion import fuse
from segue.ranking.learned_ranker import matrix

Order: TypeAlias = Callable[[Search], Numbers]
"""Scores of the candidates of a search, higher is better."""

ACOUSTIC, COLLABORATIVE, LEARNED = "acoustic alone", "collaborative alone", "learned ranker"


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Measures of one order, each a mean over the searches of a listener; shape (listeners,)."""

    ndcg: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]


def orders(trees: Trees | None) -> dict[str, Order]:
    """Every order by its name; without trees, all but the learned one."""
    found: dict[str, Order] = {ACOUSTIC: _acoustic, COLLABORATIVE: _collaborative}
    found |= {method.value.replace("_", " "): _fusion(method) for method in FusionMethod}
    if trees is not None:
        found[LEARNED] = lambda search: trees.scores(matrix(search.features))
    return found


def compared(
    searches: Iterable[Search], chosen: Mapping[str, Order], *, k: int
) -> dict[str, Measures]:
    """Measure orders at k on searches, against everything that their listeners chose later.

    Equal scores are ordered by similarity, then by the order of the catalogue, as a search does.
    """
    hits: dict[str, list[npt.NDArray[np.bool_]]] = {name: [] for name in chosen}
    listeners, relevant = [], []
    for search in searches:
        listeners.append(search.listener)
        relevant.append(search.relevant)
        for name, order in chosen.items():
            scores = order(search)
            best = np.lexsort((search.tracks, -search.features.acoustic, -scores))[:k]
            found = np.zeros(k, bool)
            found[: len(best)] = search.labels[best] > 0
            hits[name].append(found)
    numbers = np.array(listeners)
    return {
        name: _by_listener(measure(np.array(found), np.array(relevant)), numbers)
        for name, found in hits.items()
    }


def _by_listener(found: PerListener, listeners: npt.NDArray[np.intp]) -> Measures:
    _, rows = np.unique(listeners, return_inverse=True)
    counts = np.bincount(rows)
    return Measures(
        ndcg=np.bincount(rows, found.ndcg) / counts,
        recall=np.bincount(rows, found.recall) / counts,
    )


def _acoustic(search: Search) -> Numbers:
    return search.features.acoustic


def _collaborative(search: Search) -> Numbers:
    return np.nan_to_num(search.features.collaborative, nan=-math.inf)


def _fusion(method: FusionMethod) -> Order:
    def order(search: Search) -> Numbers:
        names = [str(row) for row in search.tracks.tolist()]
        acoustic = dict(zip(names, search.features.acoustic.tolist(), strict=True))
        collaborative = {
            name: score
            for name, score in zip(names, search.features.collaborative.tolist(), strict=True)
            if not math.isnan(score)
        }
        if not collaborative:
            return search.features.acoustic
        fused = fuse(acoustic, collaborative, method=method, weight=DEFAULT_WEIGHT)
        return np.array([fused[name] for name in names])

    return order
