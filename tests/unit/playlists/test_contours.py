"""Contours are followed by as near a match as there is."""

from __future__ import annotations

import numpy as np
import pytest

from segue.playlists.contours import followed, parts, targets_at
from segue.playlists.spacing import Kinship
from segue.tracks import Track, TrackMetadata


def kinship(artists: list[str]) -> Kinship:
    return Kinship.of([Track(str(at), TrackMetadata(artist=one)) for at, one in enumerate(artists)])


def test_targets_lie_on_straight_lines() -> None:
    assert targets_at([0.0, 1.0, 0.0], 5) == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert targets_at([0.2, 0.8], 1) == pytest.approx([0.2])
    assert targets_at([0.0, 1.0, 0.0], 2) == pytest.approx([0, 0])


def test_parts_are_as_equal_as_can_be() -> None:
    assert parts(10, 3) == [4, 3, 3]
    assert parts(2, 3) == [1, 1, 0]


@pytest.mark.parametrize("targets", [[0.0, 1.0], [1.0, 0.0], [0.5, 1.0, 0.0, 0.7]])
def test_a_contour_is_followed(targets: list[float]) -> None:
    count = 60
    energies = np.random.default_rng(3).permutation(count) / (count - 1)
    wanted = targets_at(targets, 12)
    order = followed(
        energies,
        wanted,
        np.ones(count),
        np.zeros((count, count)),
        kinship([f"artist {place}" for place in range(count)]),
    )
    assert len(set(order)) == 12
    assert np.abs(energies[order] - wanted).max() < 0.06


def test_likeness_decides_between_equal_energies() -> None:
    likeness = np.array([0.1, 0.9, 0.1, 0.9])
    order = followed(
        np.array([0.0, 0.0, 1.0, 1.0]),
        np.array([0.0, 1.0]),
        likeness,
        np.zeros((4, 4)),
        kinship(["a", "b", "c", "d"]),
    )
    assert order == [1, 3]


def test_another_track_takes_the_place_of_one_too_near_to_its_kin() -> None:
    order = followed(
        np.array([0.5, 0.5, 0.52]),
        np.array([0.5, 0.5]),
        np.array([1.0, 1.0, 1.0]),
        np.zeros((3, 3)),
        kinship(["Ann", "Ann", "Bob"]),
    )
    assert 2 in order
