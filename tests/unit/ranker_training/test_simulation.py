"""The simulated catalogue is what its model says."""

from __future__ import annotations

import numpy as np
import pytest

from openmp import skip_without_openmp
from segue.ranker_training.simulated_comparison import over_repetitions
from segue.ranker_training.simulation import World, simulate

skip_without_openmp()

WORLD = World(tracks=300, artists=40, listeners=60, before=15, after=10)


def pairs(listening) -> set[tuple[str, str]]:
    rows, columns = listening.weights.nonzero()
    return {
        (listening.user_ids[row], listening.track_ids[column])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    }


def test_nobody_heard_a_new_track_before_and_nobody_hears_one_twice() -> None:
    drawn = simulate(WORLD, cold_share=0.5, seed=1)
    before, after = pairs(drawn.before), pairs(drawn.after)
    assert (len(before), len(after)) == (60 * 15, 60 * 10)
    assert not before & after
    new = {drawn.catalogue.track_ids[row] for row in np.flatnonzero(drawn.new)}
    assert len(new) == 150
    assert not {track for _, track in before} & new
    assert {track for _, track in after} & new


def test_the_same_seed_draws_the_same() -> None:
    one, other = (simulate(WORLD, cold_share=0.2, seed=4) for _ in range(2))
    assert pairs(one.before) == pairs(other.before)
    np.testing.assert_array_equal(one.catalogue.vectors, other.catalogue.vectors)
    assert pairs(simulate(WORLD, cold_share=0.2, seed=5).before) != pairs(one.before)


def test_popular_tracks_are_heard_more_and_artists_sound_alike() -> None:
    drawn = simulate(World(tracks=400, artists=40, listeners=400, skew=1.0), cold_share=0, seed=0)
    counts = np.sort(np.asarray(drawn.before.listeners))[::-1]
    assert counts[:40].sum() > 2 * counts[-40:].sum()
    vectors, artists = drawn.catalogue.vectors, drawn.catalogue.artists
    cosines = vectors @ vectors.T
    same = np.array([[one == other for other in artists] for one in artists])
    np.fill_diagonal(same, False)
    assert cosines[same].mean() > cosines[~same].mean() + 0.3


def test_too_few_old_tracks_are_refused() -> None:
    with pytest.raises(ValueError, match="too few are old"):
        simulate(WORLD, cold_share=0.99, seed=0)


def test_an_interval_over_repetitions() -> None:
    found = over_repetitions([1.0, 2.0, 3.0])
    assert found.mean == pytest.approx(2.0)
    assert found.high - found.mean == pytest.approx(4.303 / 3**0.5, rel=1e-3)  # t of 2 degrees
    alone = over_repetitions([0.5])
    assert (alone.low, alone.mean, alone.high) == pytest.approx((0.5, 0.5, 0.5))
