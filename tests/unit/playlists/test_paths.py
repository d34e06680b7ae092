"""Paths through catalogues whose best way is known."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from segue.playlists.angles import angles_between, units
from segue.playlists.paths import LARGEST_SHARE, drawn, path, unevenness, waypoints
from segue.tracks import Track, TrackMetadata


def at(degrees: list[float]) -> npt.NDArray[np.float64]:
    radians = np.radians(degrees)
    return np.stack((np.cos(radians), np.sin(radians)), axis=1)


def tracks(artists: list[str], recordings: dict[int, str] | None = None) -> list[Track]:
    return [
        Track(str(place), TrackMetadata(artist=one), recording=(recordings or {}).get(place, ""))
        for place, one in enumerate(artists)
    ]


def test_waypoints_lie_evenly_on_the_great_circle() -> None:
    points = waypoints(at([0.0])[0], at([90.0])[0], 2)
    assert points == pytest.approx(at([30.0, 60.0]))
    assert waypoints(at([0.0])[0], at([90.0])[0], 0).shape == (0, 2)


def test_opposite_ends_have_waypoints_too() -> None:
    points = waypoints(at([0.0])[0], at([180.0])[0], 3)
    assert np.linalg.norm(points, axis=1) == pytest.approx([1, 1, 1])


def test_other_waypoints_stray_but_not_at_the_ends() -> None:
    start, end = units(np.random.default_rng(0).normal(size=(2, 16)))
    straight, strayed = waypoints(start, end, 9), waypoints(start, end, 9, 5)
    apart = np.arccos(np.clip(np.einsum("nd,nd->n", straight, strayed), -1, 1))
    assert apart[4] > 2 * apart[0] > 0
    assert waypoints(start, end, 9, 5).tolist() == strayed.tolist()


def test_the_most_even_way_is_taken() -> None:
    degrees = [0.0, 90.0, 10.0, 30.0, 31.0, 60.0, 75.0, 89.0]
    rows = at(degrees)
    listed = tracks([f"artist {place}" for place in range(8)])
    order = path(listed, rows, waypoints(rows[0], rows[1], 2), most_per_artist=1)
    assert [degrees[place] for place in order] == [0, 30, 60, 90]


@pytest.mark.parametrize("seed", range(5))
def test_no_step_is_larger_than_its_fair_share_allows(seed: int) -> None:
    draw = np.random.default_rng(seed)
    degrees = [0.0, 90.0, *draw.uniform(-20, 110, 200)]
    rows = at(degrees)
    listed = tracks([f"artist {place % 60}" for place in range(202)])
    order = path(listed, rows, waypoints(rows[0], rows[1], 8), most_per_artist=1)
    assert len(set(order)) == 10
    assert (order[0], order[-1]) == (0, 1)
    steps = angles_between(rows, rows)[order[:-1], order[1:]]
    assert steps.max() <= LARGEST_SHARE * np.pi / 2 / 9
    artists = [listed[place].metadata.artist for place in order]
    assert max(Counter(artists).values()) == 1


def test_artists_may_come_as_often_as_is_said() -> None:
    rows = at([0.0, 90.0, 20.0, 40.0, 60.0])
    listed = tracks(["Ann", "Bob", "Cy", "Cy", "Cy"])
    points = waypoints(rows[0], rows[1], 3)
    assert len(path(listed, rows, points, most_per_artist=1)) == 3
    assert len(path(listed, rows, points, most_per_artist=3)) == 5
    # Who stands at an end has been heard.
    listed = tracks(["Ann", "Bob", "Ann", "Bob", "Cy"])
    assert path(listed, rows, points, most_per_artist=1) == [0, 4, 1]
    assert len(path(listed, rows, points, most_per_artist=2)) == 5


def test_no_copy_of_a_recording_and_nothing_that_sounds_the_same() -> None:
    rows = at([0.0, 90.0, 30.0, 33.0, 88.0, 60.0, 60.01])
    listed = tracks([f"artist {place}" for place in range(7)], {1: "b", 4: "b", 2: "c", 3: "c"})
    order = path(listed, rows, waypoints(rows[0], rows[1], 5), most_per_artist=1)
    assert 4 not in order
    assert not {2, 3} <= set(order)
    assert not {5, 6} <= set(order)
    assert len(order) == 4


def test_nothing_between_leaves_the_ends() -> None:
    rows = at([0.0, 90.0])
    points = waypoints(rows[0], rows[1], 3)
    assert path(tracks(["Ann", "Bob"]), rows, points, most_per_artist=1) == [0, 1]


def test_a_long_path_goes_forward() -> None:
    degrees = [0.0, 90.0, *np.linspace(0.5, 89.5, 300)]
    rows = at(degrees)
    listed = tracks([f"artist {place}" for place in range(302)])
    order = path(listed, rows, waypoints(rows[0], rows[1], 30), most_per_artist=1)
    walked = [degrees[place] for place in order]
    assert len(walked) == 32
    assert all(first < second for first, second in pairwise(walked))


def test_a_random_seed_leaves_enough() -> None:
    assert drawn(10, 8, 0) == list(range(10))
    assert drawn(10, 8, 3) == list(range(10))
    assert len(drawn(100, 8, 3)) == 60
    assert drawn(100, 8, 3) == drawn(100, 8, 3) != drawn(100, 8, 4)


def test_unevenness_is_the_largest_over_the_mean() -> None:
    assert unevenness(np.array([1.0, 2.0, 3.0])) == pytest.approx(1.5)
    assert unevenness(np.zeros(2)) == 1
