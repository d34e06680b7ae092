"""Ensembles accompany."""

import numpy as np
import pytest

from segue.trainer.corpus.accompaniment import Section, play_ensemble
from segue.trainer.corpus.styles import GENRES, Ensemble
from segue.trainer.corpus.theory import parse_progression

CHORDS = parse_progression("i bVI bIII bVII", 9)


def ensembles():
    return [
        pytest.param(backing, id=f"{name}-{backing.name}")
        for name, genre in GENRES.items()
        for backing in genre.backings
        if isinstance(backing, Ensemble)
    ]


@pytest.mark.parametrize("ensemble", ensembles())
def test_more_energy_never_means_fewer_players(ensemble):
    def players(energy):
        section = Section("A", energy, 0.0, CHORDS, ensemble.beats)
        rng = np.random.default_rng(5)
        return len(play_ensemble(rng, ensemble, [section], 90, 0, 11))

    assert 1 <= players(0.1) <= players(0.5) <= players(1.0)
