"""Orders are short, and keep artists and albums apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, permutations

import numpy as np
import pytest

from segue.playlists.angles import Angles, angles_between, units
from segue.playlists.ordering import length, ordered
from segue.playlists.spacing import Kinship
from segue.tracks import Track, TrackMetadata


def named(artists: Sequence[str], albums: Sequence[str] | None = None) -> list[Track]:
    return [
        Track(str(place), TrackMetadata(artist=artist, album=album))
        for place, (artist, album) in enumerate(
            zip(artists, albums or [""] * len(artists), strict=True)
        )
    ]


def drawn_angles(seed: int, count: int) -> Angles:
    rows = units(np.random.default_rng(seed).normal(size=(count, 8)))
    angles = angles_between(rows, rows)
    np.fill_diagonal(angles, 0.0)
    return angles


def test_tracks_on_a_line_come_in_their_order() -> None:
    places = np.random.default_rng(5).permutation(50)
    angles = np.abs(np.subtract.outer(places, places)) * 0.01
    order = ordered(angles, Kinship.of(named([f"artist {place}" for place in places])))
    found = [int(places[place]) for place in order]
    assert found in (list(range(50)), list(range(49, -1, -1)))


@pytest.mark.parametrize("seed", range(20))
def test_small_orders_breach_as_little_as_any_and_are_nearly_as_short(seed: int) -> None:
    draw = np.random.default_rng(seed)
    numbers = draw.integers(2 + seed % 4, size=7)
    albums = [f"album {number} {draw.integers(2)}" for number in numbers]
    kinship = Kinship.of(named([f"artist {number}" for number in numbers], albums))
    angles = drawn_angles(seed, 7)
    order = ordered(angles, kinship)
    assert sorted(order) == list(range(7))
    every = [np.array(one) for one in permutations(range(7))]
    fewest = min(map(kinship.breaches, every))
    shortest = min(length(angles, one) for one in every if kinship.breaches(one) == fewest)
    assert kinship.breaches(order) == fewest
    assert length(angles, order) <= 1.1 * shortest


def test_no_artist_twice_in_a_row_and_no_album_twice_in_five() -> None:
    artists = [f"artist {place % 12}" for place in range(60)]
    albums = [f"album {place % 12}" for place in range(60)]
    order = ordered(drawn_angles(1, 60), Kinship.of(named(artists, albums)))
    assert all(artists[first] != artists[second] for first, second in pairwise(order))
    for place in range(56):
        assert len({albums[one] for one in order[place : place + 5]}) == 5


def test_half_of_the_tracks_by_one_artist_alternate() -> None:
    artists = ["Ann"] * 10 + [f"artist {place}" for place in range(9)]
    order = ordered(drawn_angles(2, 19), Kinship.of(named(artists)))
    assert [artists[place] == "Ann" for place in order] == [True, False] * 9 + [True]


def test_tracks_that_stand_first_stay() -> None:
    order = ordered(drawn_angles(3, 20), Kinship.of(named([str(one) for one in range(20)])),
                    first=[7, 3])  # fmt: skip
    assert order[:2] == [7, 3]
    assert sorted(order) == list(range(20))


def test_it_begins_with_the_end_that_is_more_like_the_seeds() -> None:
    angles = np.abs(np.subtract.outer(np.arange(9), np.arange(9))) * 0.1
    kinship = Kinship.of(named([str(one) for one in range(9)]))
    for likeness in (np.arange(9.0), -np.arange(9.0)):
        assert ordered(angles, kinship, likeness=likeness)[0] == int(np.argmax(likeness))


@pytest.mark.parametrize("random_seed", [0, 1, -1, 2**63 - 1])
def test_the_same_input_gives_the_same_order(random_seed: int) -> None:
    angles, kinship = drawn_angles(4, 30), Kinship.of(named([str(one) for one in range(30)]))
    assert ordered(angles, kinship, random_seed=random_seed) == ordered(
        angles, kinship, random_seed=random_seed
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_tracks(count: int) -> None:
    order = ordered(drawn_angles(6, count), Kinship.of(named(["Ann"] * count)))
    assert sorted(order) == list(range(count))


def test_breaches_are_counted_by_pairs() -> None:
    kinship = Kinship.of(named(["Ann", "Ann", "Bob", "Cy", "Dee"], ["x", "", "x", "", "x"]))
    # Ann next to Ann; the album x at 0, 2 and 4: three pairs within five.
    assert kinship.breaches([0, 1, 2, 3, 4]) == 4
    assert Kinship.of(named([""] * 3)).breaches([0, 1, 2]) == 0


def test_a_track_is_kin_by_each_of_its_artists() -> None:
    duet = Track("d", TrackMetadata(artist="Ann feat. Bob", artists=("Ann", "Bob")))
    kinship = Kinship.of([duet, *named(["BOB", "Cy"])])
    assert kinship.artist.tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, False],
    ]
