"""What a list is like, against numbers computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segue.playlists.properties import properties
from segue.tracks import Track, TrackMetadata

RIGHT, UP, BETWEEN = ([1.0, 0.0], [0.0, 1.0], [math.sqrt(0.5), math.sqrt(0.5)])


def vectors(*rows: list[float]) -> list[np.ndarray]:
    return [np.array(row, np.float32) for row in rows]


def test_cohesion_is_of_all_pairs_and_flow_of_neighbours() -> None:
    tracks = [Track(name, duration_seconds=60.0) for name in "abc"]
    found = properties(tracks, vectors(RIGHT, UP, BETWEEN))
    # Pairs: 0, 0.7071, 0.7071. Neighbours: 0, 0.7071.
    assert found.cohesion == pytest.approx(2 * math.sqrt(0.5) / 3, abs=1e-6)
    assert found.flow == pytest.approx(math.sqrt(0.5) / 2, abs=1e-6)
    assert found.duration_seconds == 180
    assert (found.genre_entropy, found.genre_composition, found.shared_labels) == (None, (), None)


def test_opposite_tracks_have_a_cohesion_of_minus_one() -> None:
    found = properties([Track("a"), Track("b")], vectors(RIGHT, [-1.0, 0.0]))
    assert (found.cohesion, found.flow) == (pytest.approx(-1), pytest.approx(-1))


def test_a_single_track_is_all_of_one_kind() -> None:
    found = properties([Track("a", TrackMetadata(genres=("jazz",)))], vectors(UP))
    assert (found.cohesion, found.flow, found.shared_labels) == (1, 1, None)


def test_genres_are_the_mean_of_shares() -> None:
    tracks = [
        Track("a", predicted_genres={"jazz": 0.8, "rock": 0.2, "folk": 0.0}),
        # Independent probabilities become shares: 1/2, 1/2.
        Track("b", predicted_genres={"jazz": 0.4, "rock": 0.4, "folk": 0.0}),
        Track("c"),
    ]
    found = properties(tracks, vectors(UP, UP, UP))
    assert dict(found.genre_composition) == pytest.approx({"jazz": 0.65, "rock": 0.35, "folk": 0})
    assert [genre for genre, _ in found.genre_composition] == ["jazz", "rock", "folk"]
    entropy = -(0.65 * math.log(0.65) + 0.35 * math.log(0.35)) / math.log(3)
    assert found.genre_entropy == pytest.approx(entropy)


@pytest.mark.parametrize(
    ("shares", "entropy"),
    [({"jazz": 1.0, "rock": 0.0}, 0.0), ({"jazz": 0.5, "rock": 0.5}, 1.0), ({"jazz": 0.3}, 0.0)],
)
def test_entropy_lies_between_one_genre_and_all_alike(
    shares: dict[str, float], entropy: float
) -> None:
    found = properties([Track("a", predicted_genres=shares)], vectors(UP))
    assert found.genre_entropy == pytest.approx(entropy, abs=1e-12)


def test_shared_labels_are_given_ones_of_one_kind() -> None:
    tracks = [
        Track("a", TrackMetadata(genres=("dark",))),
        Track("b", TrackMetadata(genres=("dark", "jazz"))),
        Track("c", TrackMetadata(moods=("dark",)), predicted_genres={"jazz": 1.0}),
        Track("d", TrackMetadata(genres=("jazz",))),
    ]
    # a-b and b-d, of six pairs.
    assert properties(tracks, vectors(UP, UP, UP, UP)).shared_labels == pytest.approx(2 / 6)
