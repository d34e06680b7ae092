"""Tastes of more tracks than are compared with one another."""

from __future__ import annotations

import numpy as np
import pytest

from segue.query.tastes import MOST_COMPARED, tastes

DIMENSION = 16
SHARES = (0.5, 0.3, 0.2)


def tracks(number: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Song vectors around three middles, and which of them each lies around."""
    rng = np.random.default_rng(8)
    middles = np.linalg.qr(rng.normal(size=(DIMENSION, 3)))[0].T
    sides = rng.choice(3, size=number, p=SHARES)
    rows = middles[sides] + spread * rng.normal(size=(number, DIMENSION))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), sides


@pytest.mark.parametrize("number", [MOST_COMPARED, MOST_COMPARED + 1, 3 * MOST_COMPARED])
def test_every_track_is_of_the_taste_that_it_lies_around(number: int) -> None:
    rows, sides = tracks(number, 0.05)
    found = tastes(rows)
    assert [list(one.members) for one in found] == [
        np.flatnonzero(sides == side).tolist() for side in range(3)
    ]
    assert [one.share for one in found] == pytest.approx(np.bincount(sides) / number)


def test_tracks_that_lie_anywhere_are_of_one_taste() -> None:
    rows, _ = tracks(2 * MOST_COMPARED, 5.0)
    (only,) = tastes(rows)
    assert only.members == tuple(range(len(rows)))
    assert only.share == pytest.approx(1.0)


def test_a_heavy_track_counts_for_more() -> None:
    rows, sides = tracks(2 * MOST_COMPARED, 0.05)
    weights = np.where(sides == 2, 100.0, 1.0)
    first = tastes(rows, weights)[0]
    assert first.members == tuple(np.flatnonzero(sides == 2))
    assert first.share == pytest.approx(weights[sides == 2].sum() / weights.sum())
