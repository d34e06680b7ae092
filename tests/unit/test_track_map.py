"""A map as bytes and back, and what is said of tracks on it."""

from __future__ import annotations

import numpy as np
import pytest

from segue.errors import MapUnusable
from segue.map_colours import MOST_LABELS, ColourGathering
from segue.track_map import LAYOUTS, MapAbout, TrackMap, map_from_bytes, map_to_bytes
from segue.tracks import Track, TrackMetadata

TRACKS = [
    Track("é/1", TrackMetadata(artist="Ann", genres=("rock", "pop"), year=1999)),
    Track("2", TrackMetadata(artist="Bob"), predicted_genres={"jazz": 0.2, "rock": 0.7}),
    Track("3", predicted_moods={"calm": 0.5, "dark": 0.01}),
    Track("4", TrackMetadata(artist="Ann", genres=("rock",), moods=("dark",))),
]


def small_map(tracks: list[Track] = TRACKS, *, seed: int = 0) -> TrackMap:
    colours = ColourGathering()
    for track in tracks:
        colours.add(track)
    random = np.random.default_rng(seed)
    places = {name: random.uniform(-1, 1, (len(tracks), 2)).astype(np.float32) for name in LAYOUTS}
    digests = random.integers(0, 1 << 63, len(tracks)).astype(np.uint64)
    return TrackMap([track.track_id for track in tracks], places, digests, colours.gathered())


def assert_same(one: TrackMap, other: TrackMap) -> None:
    assert list(one.track_ids) == list(other.track_ids)
    for name in LAYOUTS:
        np.testing.assert_array_equal(one.places[name], other.places[name])
    np.testing.assert_array_equal(one.digests, other.digests)
    for kind, coded in one.colours.coded.items():
        assert list(coded.values) == list(other.colours.coded[kind].values)
        np.testing.assert_array_equal(coded.codes, other.colours.coded[kind].codes)
    np.testing.assert_array_equal(one.colours.years, other.colours.years)
    assert list(one.colours.labels) == list(other.colours.labels)
    np.testing.assert_array_equal(one.colours.levels, other.colours.levels)


@pytest.mark.parametrize("tracks", [TRACKS, TRACKS[:1], []])
def test_a_map_comes_back_as_it_was(tracks: list[Track]) -> None:
    one = small_map(tracks)
    assert_same(one, map_from_bytes(map_to_bytes(one)))


def test_damaged_bytes_are_no_map() -> None:
    data = map_to_bytes(small_map())
    for wrong in (b"", b"SEGUE-MAP-2\n" + data[12:], data[:-4], data[:40], data[:12] + b"\0" * 50):
        with pytest.raises(MapUnusable):
            map_from_bytes(wrong)


def test_what_is_said_of_it_comes_back() -> None:
    about = MapAbout("v", "m-v1", 4, 1, 2.0, 1.0, 3, 0.5, 100, ["genre:rock"])
    assert MapAbout.from_json(about.to_json()) == about
    with pytest.raises(MapUnusable):
        MapAbout.from_json('{"version": "v", "more": 1}')


def test_a_track_is_coloured_by_what_is_given_else_by_what_is_heard_most() -> None:
    colours = small_map().colours
    genre, mood, artist = (colours.coded[kind] for kind in ("genre", "mood", "artist"))

    assert list(genre.values) == ["rock"]
    assert genre.codes.tolist() == [1, 1, 0, 1]
    assert [("", *mood.values)[code] for code in mood.codes] == ["", "", "calm", "dark"]
    assert [("", *artist.values)[code] for code in artist.codes] == ["Ann", "Bob", "", "Ann"]
    assert artist.values[0] == "Ann"  # the most frequent first
    assert colours.years.tolist() == [1999, 0, 0, 0]


def test_a_track_is_not_coloured_by_what_does_not_count_as_heard() -> None:
    tracks = [
        Track("1", predicted_genres={"jazz": 0.49, "rock": 0.2}, predicted_moods={"calm": 0.29}),
        Track("2", predicted_genres={"jazz": 0.5}, predicted_moods={"calm": 0.3}),
        # Shares of a whole, of which one is always the largest.
        Track("3", predicted_genres={"jazz": 0.4, "rock": 0.35, "pop": 0.25}),
    ]
    genre, mood = (small_map(tracks).colours.coded[kind] for kind in ("genre", "mood"))

    assert [("", *genre.values)[code] for code in genre.codes] == ["", "jazz", "jazz"]
    assert [("", *mood.values)[code] for code in mood.codes] == ["", "calm", ""]


def test_a_label_is_as_strong_as_it_is_heard_and_strongest_where_it_is_given() -> None:
    colours = small_map().colours
    levels = dict(zip(colours.labels, colours.levels.tolist(), strict=True))

    assert set(levels) == {"genre:jazz", "genre:pop", "genre:rock", "mood:calm", "mood:dark"}
    assert levels["genre:rock"][0] == 255
    assert levels["genre:rock"][1] == pytest.approx(0.7 * 255, abs=5)
    assert levels["mood:calm"] == [0, 0, pytest.approx(0.5 * 255, abs=5), 0]
    assert levels["mood:dark"] == [0, 0, 0, 255]  # hardly heard counts as not heard


def test_labels_of_most_tracks_are_kept() -> None:
    many = [f"label {number:03}" for number in range(MOST_LABELS + 20)]
    tracks = [Track(str(n), TrackMetadata(genres=(many[n], "rock"))) for n in range(len(many))]
    colours = small_map(tracks).colours
    assert len(colours.labels) == MOST_LABELS
    assert "genre:rock" in colours.labels
