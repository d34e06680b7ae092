"""Models side by side on pairs that they were not shown."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from segue.collaborative.chosen_als import ChosenAls
from segue.collaborative.evaluation.protocol import Split, ranked
from segue.collaborative.evaluation.ranking_metrics import METRICS, Interval, interval
from segue.collaborative.models import Bpr, Ease, ItemNeighbours, Model, Popularity

K = 20

MOST_EASE_TRACKS = 20_000
"""Its matrix of tracks by tracks takes 4 GB while it is inverted, and minutes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One model of a comparison.

    Attributes
    ----------
    measures
        By the names of ``METRICS``, each at ``K``.
    listeners
        How many were measured.
    fit_seconds
        How long it took to learn.
    """

    name: str
    measures: Mapping[str, Interval]
    listeners: int
    fit_seconds: float


def models(*, factors: int, tracks: int, seed: int = 0) -> dict[str, Model]:
    """Every model by its name, those that the number of tracks permits."""
    found: dict[str, Model] = {"popularity": Popularity(), "item-KNN": ItemNeighbours()}
    if tracks <= MOST_EASE_TRACKS:
        found["EASE"] = Ease()
    found["ALS"] = ChosenAls(factors=factors, seed=seed)
    found["BPR"] = Bpr(factors=factors, seed=seed)
    return found


def compare(split: Split, chosen: Mapping[str, Model], *, tested: bool, k: int = K) -> list[Line]:
    """Fit each model on the training part, and measure on another one.

    Parameters
    ----------
    tested
        On the test part, with the validation part known and left out of the rankings; otherwise on
        the validation part.
    """
    wanted = split.test if tested else split.validation
    known = split.train + split.validation if tested else split.train
    lines = []
    for name, model in chosen.items():
        began = time.monotonic()
        model.fit(split.train)
        seconds = time.monotonic() - began
        found = ranked(model, known=known.tocsr(), wanted=wanted, k=k)
        measures = {metric: interval(getattr(found, metric)) for metric in METRICS}
        lines.append(Line(name, measures, len(found.recall), seconds))
    return lines
