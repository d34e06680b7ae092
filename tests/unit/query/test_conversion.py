"""Messages to the domain and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from segue.errors import InvalidArgument
from segue.messages import timestamp, track_message
from segue.query.conversion import (
    checked_track_id,
    embedded_track_of,
    filter_of,
    metadata_of,
    vector_of,
)
from segue.tracks import LabelMatch, NumberRange, Track, TrackFilter, TrackMetadata
from segue.v1 import track_pb2
from segue.v1.catalog_service_pb2 import TrackVectors

NOW = datetime(2025, 3, 4, 5, 6, 7, 891000, tzinfo=UTC)
# Binary fractions: single precision carries them exactly.
TRACK = Track(
    "id",
    TrackMetadata("Title", "Artist", "Album", ("jazz",), ("calm",), 1999),
    12.5,
    "file:///a.mp3",
    "ab" * 32,
    NOW,
    {"jazz": 0.25, "metal": 0.75},
    {"calm": 0.5},
)


def test_a_filter_with_every_part() -> None:
    message = track_pb2.TrackFilter(
        genres={"any_of": ["Jazz ", "JAZZ", "hip  hop"], "none_of": ["metal"]},
        moods={"all_of": ["Calm"]},
        artists={"any_of": ["Straße"]},
        year={"minimum": 1960, "maximum": 1960},
        duration={"minimum_seconds": 0.0},
        exclude_track_ids=["b", "a", "b"],
    )
    assert filter_of(message) == TrackFilter(
        genres=LabelMatch(any_of=("jazz", "hip hop"), none_of=("metal",)),
        moods=LabelMatch(all_of=("calm",)),
        artists=LabelMatch(any_of=("strasse",)),
        year=NumberRange(1960, 1960),
        duration_seconds=NumberRange(0.0, None),
        exclude_track_ids=("b", "a"),
    )


def test_an_empty_filter_asks_nothing() -> None:
    assert filter_of(track_pb2.TrackFilter()) == TrackFilter()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"year": {"minimum": 2000, "maximum": 1999}}, "filter.year"),
        ({"duration": {"minimum_seconds": 9, "maximum_seconds": 8}}, "filter.duration"),
        ({"duration": {"minimum_seconds": float("nan")}}, "filter.duration.minimum_seconds"),
        ({"duration": {"maximum_seconds": float("inf")}}, "filter.duration.maximum_seconds"),
        ({"duration": {"maximum_seconds": -1}}, "filter.duration.maximum_seconds"),
        ({"genres": {"any_of": [" "]}}, "filter.genres.any_of"),
        ({"moods": {"none_of": [""]}}, "filter.moods.none_of"),
        ({"artists": {"all_of": ["a"] * 1001}}, "filter.artists.all_of"),
        ({"exclude_track_ids": ["a"] * 10_001}, "filter.exclude_track_ids"),
    ],
)
def test_a_wrong_filter_names_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        filter_of(track_pb2.TrackFilter(**fields))
    assert caught.value.field == field


def test_metadata_is_normalised() -> None:
    message = track_pb2.TrackMetadata(
        title=" A ", artist="B\n", genres=["Hip  Hop", "hip hop", " "], moods=["CALM"]
    )
    assert metadata_of(message) == TrackMetadata("A", "B", "", ("hip hop",), ("calm",), None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"year": 0}, "metadata.year"),
        ({"year": 10_000}, "metadata.year"),
        ({"title": "x" * 4097}, "metadata.title"),
        ({"moods": ["x"] * 1001}, "metadata.moods"),
    ],
)
def test_wrong_metadata_names_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        metadata_of(track_pb2.TrackMetadata(**fields))
    assert caught.value.field == field


@pytest.mark.parametrize("track_id", ["a", "x" * 256, "ü" * 128])
def test_track_ids(track_id: str) -> None:
    assert checked_track_id(track_id) == track_id


@pytest.mark.parametrize("track_id", ["", "x" * 257, "ü" * 129])
def test_wrong_track_ids(track_id: str) -> None:
    with pytest.raises(InvalidArgument):
        checked_track_id(track_id, "seed.track_id")


def test_views() -> None:
    full = track_message(TRACK, track_pb2.TRACK_VIEW_FULL)
    basic = track_message(TRACK, track_pb2.TRACK_VIEW_BASIC)
    assert [entry.label for entry in full.predicted_genres] == ["metal", "jazz"]
    assert full.ingested_at.ToDatetime(tzinfo=UTC) == NOW
    assert (basic.metadata, basic.duration_seconds) == (full.metadata, 12.5)
    assert not basic.source_uri
    assert not basic.predicted_genres
    assert track_message(TRACK, track_pb2.TRACK_VIEW_UNSPECIFIED) == basic
    assert track_message(TRACK, track_pb2.TRACK_VIEW_ID) == track_pb2.Track(track_id="id")


def test_a_full_track_comes_back_as_it_went() -> None:
    message = TrackVectors(
        track=track_message(TRACK, track_pb2.TRACK_VIEW_FULL),
        values=[0.6, 0.8],
        genre_values=[0.25, 0.75],
        segments=[{"start_seconds": 0, "end_seconds": 10, "values": [1, 0]}],
    )
    back = embedded_track_of(message, space="s-v1", now=NOW, field="tracks[0]")
    assert back.track == TRACK
    assert back.space == "s-v1"
    assert back.vector.dtype == np.float32
    np.testing.assert_allclose(back.vector, [0.6, 0.8], rtol=1e-6)
    assert back.genre_vector is not None
    assert [part.end_seconds for part in back.segments] == [10.0]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"track": {"track_id": ""}}, "tracks[0].track.track_id"),
        ({"track": {"track_id": "a", "duration_seconds": float("nan")}},
         "tracks[0].track.duration_seconds"),
        ({"track": {"track_id": "a", "predicted_moods": [{"label": "x", "probability": 2}]}},
         "tracks[0].track.predicted_moods"),
        ({"track": {"track_id": "a"}, "segments": [{"start_seconds": 5, "end_seconds": 5}]},
         "tracks[0].segments[0]"),
    ],
)  # fmt: skip
def test_wrong_vectors_name_their_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        embedded_track_of(TrackVectors(**fields), space="s-v1", now=NOW, field="tracks[0]")
    assert caught.value.field == field


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    assert timestamp(elsewhere) == timestamp(NOW)


def test_vectors_are_single_precision() -> None:
    assert vector_of([1.0, 2.0]).dtype == np.float32
    assert vector_of([]).shape == (0,)
