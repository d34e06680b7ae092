"""The regularisation that held-out pairs choose."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from openmp import skip_without_openmp
from segue.collaborative.chosen_als import REGULARISATIONS, ChosenAls
from segue.collaborative.models import Als

skip_without_openmp()


def tastes(listeners: int, tracks: int, *, seed: int) -> sparse.csr_array:
    random = np.random.default_rng(seed)
    same = np.arange(listeners)[:, None] % 3 == np.arange(tracks)[None] % 3
    heard = random.random((listeners, tracks)) < np.where(same, 0.5, 0.02)
    return sparse.csr_array(heard.astype(np.float32))


def test_one_is_chosen_and_everything_is_learnt_with_it() -> None:
    weights = tastes(60, 120, seed=1)
    model = ChosenAls(factors=6, seed=4)
    model.fit(weights)
    assert model.regularisation in REGULARISATIONS[:3]  # the largest stifles so few listeners
    alone = Als(factors=6, regularisation=model.regularisation, seed=4)
    alone.fit(weights)
    everybody = np.arange(60)
    np.testing.assert_allclose(model.scores(everybody), alone.scores(everybody), atol=1e-5)
    assert model.factors.tracks.shape == (120, 6)


def test_where_nothing_can_be_held_out_the_smallest_is_taken() -> None:
    model = ChosenAls(factors=2)
    model.fit(tastes(9, 12, seed=1))
    assert model.regularisation == REGULARISATIONS[0]
