"""From candidates to a playlist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segue.playlists.arrangement import NO_ENERGY, Draft, arranged, chosen
from segue.playlists.contours import EnergyContour
from segue.playlists.selection import Length
from segue.playlists.spacing import Kinship
from segue.tracks import Track, TrackMetadata

RISING = EnergyContour((0.0, 1.0))


def draft(count: int, *, fixed: int = 0, moods: bool = True) -> Draft:
    """Tracks on an arc, all of three minutes, the first ones the most similar."""
    radians = np.radians(np.arange(count, dtype=np.float64))
    return Draft(
        [
            Track(
                str(place),
                TrackMetadata(artist=f"artist {place}"),
                duration_seconds=180.0,
                predicted_moods={"energetic": place / count} if moods else {},
            )
            for place in range(count)
        ],
        [1.0 - place / count for place in range(count)],
        list(np.stack((np.cos(radians), np.sin(radians)), axis=1).astype(np.float32)),
        fixed,
    )


def test_the_most_similar_tracks_are_taken() -> None:
    order, note = arranged(draft(40), Length(8), None, 0)
    assert order == list(range(8))
    assert note == ""


@pytest.mark.parametrize("random_seed", [1, 2, 3])
def test_a_random_seed_does_not_undo_variety(random_seed: int) -> None:
    # The search takes turns between two kinds, of which one is far more similar.
    made = draft(60)
    made.similarities = [0.5 if n % 2 else 1.0 - n / 1000 for n in range(60)]
    of_similar = {"by likeness": 0, "by rank": 0}
    for varied, name in ((False, "by likeness"), (True, "by rank")):
        made.varied = varied
        taken = chosen(made, Length(20), random_seed)
        assert len(set(taken)) == 20
        of_similar[name] = sum(n % 2 == 0 for n in taken)
    assert of_similar["by likeness"] >= 18
    assert 6 <= of_similar["by rank"] <= 14
    assert chosen(made, Length(20), 0) == list(range(20))


def test_what_it_begins_with_counts() -> None:
    order, _ = arranged(draft(40, fixed=3), Length(8), None, 0)
    assert order[:3] == [0, 1, 2]
    assert sorted(order) == list(range(8))
    assert arranged(draft(40, fixed=3), Length(2), None, 0)[0] == [0, 1, 2]


def test_a_contour_chooses_among_all_candidates() -> None:
    order, note = arranged(draft(40), Length(5), RISING, 0)
    assert note == ""
    assert order == sorted(order)
    assert order[-1] - order[0] > 25


@pytest.mark.parametrize("number", range(2, 9))
def test_a_contour_keeps_apart_from_what_it_begins_with(number: int) -> None:
    made = draft(40, fixed=3)
    kin = {
        # The last that it begins with and the least energetic candidates share an artist, ...
        **dict.fromkeys((2, 3, 4), TrackMetadata(artist="Ann")),
        # ... the one before it, and those that follow these, an album.
        **{n: TrackMetadata(artist=f"artist {n}", album="One") for n in (1, 5, 6)},
    }
    made.tracks = [
        replace(track, metadata=kin.get(n, track.metadata)) for n, track in enumerate(made.tracks)
    ]
    order, _ = arranged(made, Length(3 + number), RISING, 0)
    assert order[:3] == [0, 1, 2]
    assert Kinship.of(made.tracks).breaches(order) == 0


def test_a_contour_lasts_as_long_as_it_is_to() -> None:
    order, _ = arranged(draft(40), Length(500, 1_800.0), RISING, 0)
    assert len(order) == 10
    assert len(arranged(draft(4), Length(500, 1_800.0), RISING, 0)[0]) == 4


def test_a_contour_of_what_nobody_heard_is_told() -> None:
    order, note = arranged(draft(40, moods=False), Length(5), RISING, 0)
    assert order == list(range(5))
    assert note == NO_ENERGY


def test_nothing_makes_nothing() -> None:
    assert arranged(Draft(), Length(5), RISING, 0) == ([], "")
    assert arranged(Draft(), Length(500, 60.0), None, 0) == ([], "")
