"""How many tracks, and which."""

from __future__ import annotations

import numpy as np
import pytest

from segue.playlists.selection import nearest_count, shaken, within_caps
from segue.tracks import Track, TrackMetadata


@pytest.mark.parametrize(
    ("seconds", "count"), [(1, 1), (149, 1), (150, 1), (151, 2), (260, 3), (999, 4)]
)
def test_a_length_ends_with_the_track_that_comes_nearest(seconds: float, count: int) -> None:
    # Sums: 100, 200, 300, 400; at 150 the shorter one.
    assert nearest_count([100.0] * 4, seconds) == count


def test_no_tracks_have_no_length() -> None:
    assert nearest_count([], 100.0) == 0


def test_caps_count_what_stands_already() -> None:
    def by(artist: str, album: str = "", recording: str = "") -> Track:
        return Track("t", TrackMetadata(artist=artist, album=album), recording=recording)

    tracks = [by("Ann"), by("Bob", "x"), by("Cy", "x"), by("", ""), by("", ""), by("Dee", "", "r")]
    before = [by("ANN", "", "r")]
    assert within_caps(tracks, before, most_per_artist=1, most_per_album=1) == [1, 3, 4]
    assert within_caps(tracks, before, most_per_artist=0, most_per_album=0) == [0, 1, 2, 3, 4]


def test_shaking_is_decided_by_a_number() -> None:
    similarities = np.linspace(1.0, 0.0, 30)
    assert shaken(similarities, 0) is similarities
    assert shaken(similarities, 3).tolist() == shaken(similarities, 3).tolist()
    assert shaken(similarities, 3).tolist() != shaken(similarities, -3).tolist()
    chosen = np.mean(
        [np.argsort(-shaken(similarities, seed))[:10].mean() for seed in range(1, 200)]
    )
    # The first ten would have a mean place of 4.5, and any ten of the thirty one of 14.5.
    assert 4.5 < chosen < 10
