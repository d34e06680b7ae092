"""From what listeners did to factors that can be published."""

from __future__ import annotations

import numpy as np

from segue.collaborative.chosen_als import ChosenAls
from segue.collaborative.listening import Listening
from segue.collaborative.models import Bpr, FactorModel
from segue.errors import InteractionsUnusable
from segue.factors import FactorTable, ListenerFactors, Origin

MODELS = ("als", "bpr")

LEAST_LISTENERS = 2
LEAST_TRACKS = 2


def factor_model(name: str, *, factors: int, seed: int) -> FactorModel:
    """A model by its name of :data:`MODELS`, with the settings that docs/hybrid.md chose."""
    if name == "bpr":
        return Bpr(factors=factors, seed=seed)
    return ChosenAls(factors=factors, seed=seed)


def learnt(
    listening: Listening, name: str, *, factors: int, seed: int = 0
) -> tuple[FactorTable, ListenerFactors]:
    """Factors of all tracks and listeners.

    Raises
    ------
    InteractionsUnusable
        When there are too few of them to learn anything.
    """
    users, tracks = listening.weights.shape
    if users < LEAST_LISTENERS or tracks < LEAST_TRACKS:
        raise InteractionsUnusable(
            f"{users} listeners and {tracks} tracks are too few to learn from",
            next_step="Train on more: what one listener hears says nothing of others.",
        )
    model = factor_model(name, factors=factors, seed=seed)
    model.fit(listening.weights)
    found = model.factors
    table = FactorTable(
        listening.track_ids,
        found.tracks,
        found.biases,
        listening.listeners,
        np.full(tracks, Origin.LISTENED, np.uint8),
    )
    return table, ListenerFactors(listening.user_ids, found.users)
