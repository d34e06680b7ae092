"""Tracks and their vectors as messages, and back."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.errors import InvalidArgument
from segue.fingerprints import Fingerprint
from segue.layers import FieldSource, MetadataLayers, corrections_to, with_layers
from segue.limits import checked_track, checked_track_id
from segue.notation import KEYS, text_key
from segue.tracks import (
    METADATA_FIELDS,
    EmbeddedTrack,
    EstimatedKey,
    EstimatedTempo,
    Provenance,
    Segment,
    Track,
    TrackMetadata,
    normalise_labels,
)
from segue.v1 import track_pb2
from segue.v1.catalog_service_pb2 import TrackVectors
from segue.wire.tracks import (
    embedded_track_from_message,
    embedded_track_to_message,
    metadata_from_message,
    metadata_to_message,
    track_from_message,
    track_to_message,
    vector_from_values,
)
from writing import WRITING

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
    layers=MetadataLayers(
        TrackMetadata("Title", "Artist", genres=("jazz",), year=1999),
        TrackMetadata(album="Album", moods=("calm",)),
    ),
)


def test_metadata_is_normalised() -> None:
    message = track_pb2.TrackMetadata(
        title=" A ", artist="B\n", genres=["Hip  Hop", "hip hop", " "], moods=["CALM"]
    )
    assert metadata_from_message(message) == TrackMetadata(
        "A", "B", "", ("hip hop",), ("calm",), None
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"year": 0}, "metadata.year"),
        ({"year": 10_000}, "metadata.year"),
        ({"title": "x" * 4097}, "metadata.title"),
        ({"moods": ["x"] * 1001}, "metadata.moods"),
        ({"artists": ["x"] * 101}, "metadata.artists"),
        ({"artists": ["a", "x" * 4097]}, "metadata.artists[1]"),
        ({"isrc": "none"}, "metadata.isrc"),
        ({"musicbrainz_release_id": "none"}, "metadata.musicbrainz_release_id"),
        ({"musicbrainz_artist_ids": ["none"]}, "metadata.musicbrainz_artist_ids[0]"),
        ({"key": "H"}, "metadata.key"),
        ({"track_number": 0}, "metadata.track_number"),
        ({"disc_number": 1000}, "metadata.disc_number"),
        ({"bpm": float("nan")}, "metadata.bpm"),
        ({"bpm": 0}, "metadata.bpm"),
        ({"track_gain_db": float("inf")}, "metadata.track_gain_db"),
    ],
)
def test_wrong_metadata_names_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        metadata_from_message(track_pb2.TrackMetadata(**fields))
    assert caught.value.field == field


@pytest.mark.parametrize("track_id", ["a", "x" * 256, "ü" * 128])
def test_track_ids(track_id: str) -> None:
    assert checked_track_id(track_id) == track_id


@pytest.mark.parametrize("track_id", ["", "x" * 257, "ü" * 129])
def test_wrong_track_ids(track_id: str) -> None:
    with pytest.raises(InvalidArgument):
        checked_track_id(track_id, "seed.track_id")


def test_views() -> None:
    full = track_to_message(TRACK, track_pb2.TRACK_VIEW_FULL)
    basic = track_to_message(TRACK, track_pb2.TRACK_VIEW_BASIC)
    assert [entry.label for entry in full.predicted_genres] == ["metal", "jazz"]
    assert full.ingested_at.ToDatetime(tzinfo=UTC) == NOW
    assert (basic.metadata, basic.duration_seconds) == (full.metadata, 12.5)
    assert not basic.source_uri
    assert not basic.predicted_genres
    assert track_to_message(TRACK, track_pb2.TRACK_VIEW_UNSPECIFIED) == basic
    assert track_to_message(TRACK, track_pb2.TRACK_VIEW_ID) == track_pb2.Track(track_id="id")


TEXTS = st.text(WRITING, max_size=20).map(str.strip)
LABELS = st.lists(st.text(WRITING, max_size=12), max_size=4).map(normalise_labels)
METADATA = st.builds(
    TrackMetadata,
    title=TEXTS,
    artist=TEXTS,
    album=TEXTS,
    genres=LABELS,
    moods=LABELS,
    year=st.none() | st.integers(1000, 9999),
    artists=st.lists(TEXTS.filter(bool), max_size=3, unique=True).map(tuple),
    album_artist=TEXTS,
    isrc=st.sampled_from(("", "USRC17607839")),
    musicbrainz_recording_id=st.just("") | st.uuids().map(str),
    musicbrainz_artist_ids=st.lists(st.uuids().map(str), max_size=3, unique=True).map(tuple),
    track_number=st.none() | st.integers(1, 9999),
    disc_number=st.none() | st.integers(1, 999),
    bpm=st.none() | st.floats(1, 1000),
    key=st.sampled_from(("", "C", "F#m")),
    language=TEXTS.map(text_key),
    explicit=st.none() | st.booleans(),
    track_gain_db=st.none() | st.floats(-100, 100),
)
PROBABILITIES = st.dictionaries(
    st.text(WRITING, max_size=12), st.floats(0, 1, width=32), max_size=4
)
LAYERS = st.builds(
    MetadataLayers,
    METADATA,
    METADATA,
    st.builds(corrections_to, METADATA, st.sets(st.sampled_from(METADATA_FIELDS), max_size=5)),
)
TRACKS = st.builds(
    Track,
    track_id=st.text(WRITING, min_size=1, max_size=60),
    duration_seconds=st.floats(0, 1e6),
    source_uri=st.just("file:///a?b#c@d") | st.text(string.ascii_letters, max_size=20),
    content_sha256=st.text("0123456789abcdef", max_size=64),
    ingested_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    predicted_genres=PROBABILITIES,
    predicted_moods=PROBABILITIES,
    predicted_descriptors=PROBABILITIES,
    provenance=st.sampled_from((None, *Provenance)),
    damage=st.text(WRITING, max_size=60),
    file_name=st.text(WRITING, max_size=60),
    estimated_tempo=st.none() | st.builds(EstimatedTempo, st.floats(1, 1000), st.floats(0, 1)),
    estimated_key=st.none() | st.builds(EstimatedKey, st.sampled_from(KEYS), st.floats(0, 1)),
)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"estimated_tempo": {"bpm": 0, "confidence": 0.5}}, "track.estimated_tempo.bpm"),
        ({"estimated_tempo": {"bpm": float("nan")}}, "track.estimated_tempo.bpm"),
        (
            {"estimated_tempo": {"bpm": 90, "confidence": 1.1}},
            "track.estimated_tempo.confidence",
        ),
        ({"estimated_key": {"confidence": 0.5}}, "track.estimated_key.key"),
        ({"estimated_key": {"key": "H"}}, "track.estimated_key.key"),
        (
            {"estimated_key": {"key": "8A", "confidence": float("nan")}},
            "track.estimated_key.confidence",
        ),
    ],
)
def test_estimates_out_of_range_are_refused(said: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        track_from_message(track_pb2.Track(track_id="a", **said))
    assert caught.value.field == field


def test_artists_are_a_list_and_a_name() -> None:
    one = metadata_from_message(track_pb2.TrackMetadata(artist=" Ann "))
    assert (one.artist, one.artists) == ("Ann", ("Ann",))
    two = metadata_from_message(track_pb2.TrackMetadata(artists=["Ann", " Bob", "Ann", " "]))
    assert (two.artist, two.artists) == ("Ann, Bob", ("Ann", "Bob"))
    both = track_pb2.TrackMetadata(artist="Ann & Bob", artists=["Ann", "Bob"])
    assert metadata_to_message(metadata_from_message(both)) == both
    many = [f"{number:02d}" * 100 for number in range(100)]
    long = metadata_from_message(track_pb2.TrackMetadata(artists=many))
    assert len(long.artists) == 100
    assert len(long.artist) == 4096


def test_a_mark_that_is_false_is_given() -> None:
    assert metadata_to_message(TrackMetadata(explicit=False)).HasField("explicit")
    assert not metadata_to_message(TrackMetadata()).HasField("explicit")


@given(METADATA)
def test_metadata_comes_back_as_it_went(metadata: TrackMetadata) -> None:
    assert metadata_from_message(metadata_to_message(metadata)) == metadata


@given(TRACKS, LAYERS)
def test_a_track_comes_back_as_it_went(track: Track, layers: MetadataLayers) -> None:
    layered = with_layers(track, layers)
    message = track_to_message(layered, track_pb2.TRACK_VIEW_FULL)
    assert checked_track(track_from_message(message)) == layered


@given(TRACKS, METADATA)
def test_a_track_of_an_earlier_version_says_nothing_of_its_sources(
    track: Track, metadata: TrackMetadata
) -> None:
    flat = replace(track, metadata=metadata)
    message = track_to_message(flat, track_pb2.TRACK_VIEW_FULL)
    assert not message.field_sources
    expected = flat if metadata.given() else with_layers(flat, MetadataLayers())
    assert checked_track(track_from_message(message)) == expected


def test_sources_are_told_by_field_and_what_they_hide() -> None:
    layers = MetadataLayers(
        TrackMetadata("Tag", "Ann", genres=("rock",), year=1999),
        TrackMetadata("Given", genres=("pop",)),
        corrections_to(TrackMetadata("Corrected"), ["title", "genres"]),
    )
    message = track_to_message(with_layers(TRACK, layers), track_pb2.TRACK_VIEW_FULL)
    assert dict(message.field_sources) == {
        "title": track_pb2.FIELD_SOURCE_CORRECTED,
        "genres": track_pb2.FIELD_SOURCE_CORRECTED,
        "artist": track_pb2.FIELD_SOURCE_TAGS,
        "artists": track_pb2.FIELD_SOURCE_TAGS,
        "year": track_pb2.FIELD_SOURCE_TAGS,
    }
    assert message.hidden_tags == track_pb2.TrackMetadata(title="Tag", genres=["rock"])
    assert message.hidden_given == track_pb2.TrackMetadata(title="Given", genres=["pop"])
    basic = track_to_message(with_layers(TRACK, layers), track_pb2.TRACK_VIEW_BASIC)
    assert not basic.field_sources
    assert not basic.HasField("hidden_tags")


def test_fields_and_sources_of_a_later_version_are_passed_over() -> None:
    message = track_pb2.Track(track_id="a", metadata={"title": "T", "album": "A"})
    message.field_sources.update({"title": 77, "loudness": 1, "album": 1})
    assert track_from_message(message).layers == MetadataLayers(
        TrackMetadata(album="A"), TrackMetadata("T")
    )


@pytest.mark.parametrize("hidden", ["hidden_tags", "hidden_given"])
def test_hidden_metadata_is_checked_too(hidden: str) -> None:
    message = track_pb2.Track(track_id="a", metadata={"title": "T"})
    message.field_sources["title"] = track_pb2.FIELD_SOURCE_CORRECTED
    getattr(message, hidden).title = "x" * 4097
    with pytest.raises(InvalidArgument) as refused:
        embedded_track_from_message(
            TrackVectors(track=message, values=[1.0]), space="s-v1", now=NOW, field="given"
        )
    assert refused.value.field == "given.track.metadata.title"


def test_ready_made_metadata_without_sources_count_as_given() -> None:
    message = TrackVectors(track={"track_id": "a", "metadata": {"title": "T"}}, values=[1.0])
    back = embedded_track_from_message(message, space="s-v1", now=NOW, field="tracks[0]")
    assert back.track.layers is not None
    assert back.track.layers.sources() == {"title": FieldSource.GIVEN}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"source_uri": "x" * 16_385}, "track.source_uri"),
        ({"content_sha256": "a" * 65}, "track.content_sha256"),
        ({"damage": "x" * 257}, "track.damage"),
        ({"damage": "a\nb"}, "track.damage"),
        ({"file_name": "x" * 1_025}, "track.file_name"),
        ({"file_name": "a\nb"}, "track.file_name"),
        ({"predicted_genres": {"x" * 257: 0.5}}, "track.predicted_genres[0]"),
        ({"predicted_moods": {"\x1b": 0.5}}, "track.predicted_moods[0]"),
        ({"metadata": TrackMetadata("a\u202e"), "layers": None}, "track.metadata.title"),
        ({"track_id": "a\nb"}, "track.track_id"),
    ],
)
def test_texts_that_may_not_be_stored_name_their_field(
    changed: dict[str, object], field: str
) -> None:
    message = track_to_message(replace(TRACK, **changed), track_pb2.TRACK_VIEW_FULL)
    with pytest.raises(InvalidArgument) as refused:
        embedded_track_from_message(
            TrackVectors(track=message, values=[1.0]), space="s-v1", now=NOW, field="given"
        )
    assert refused.value.field == f"given.{field}"


def test_a_stored_text_of_an_earlier_version_can_still_be_read() -> None:
    old = replace(TRACK, track_id="a\nb", metadata=TrackMetadata("a\x1bb"), layers=None)
    assert track_from_message(track_to_message(old, track_pb2.TRACK_VIEW_FULL)) == old


def test_a_source_is_shown_without_its_secrets() -> None:
    secret = replace(TRACK, source_uri="https://ann:s3cret@host/a.mp3?token=s3cret")
    message = track_to_message(secret, track_pb2.TRACK_VIEW_FULL)
    assert message.source_uri == "https://***@host/a.mp3?token=***"


@pytest.mark.parametrize("genre_vector", [None, np.array([0.25, 0.75], np.float32)])
def test_vectors_come_back_as_they_went(genre_vector: np.ndarray | None) -> None:
    track = EmbeddedTrack(
        TRACK,
        "s-v1",
        np.array([0.6, 0.8], np.float32),
        genre_vector,
        [Segment(0, 0.0, 10.0, np.array([1, 0], np.float32))],
        Fingerprint(b"\x01\x00\xff\xff", (7, 2**32 - 1)),
    )
    message = embedded_track_to_message(track)
    back = embedded_track_from_message(message, space="s-v1", now=NOW, field="tracks[0]")
    assert (back.track, back.space) == (TRACK, "s-v1")
    np.testing.assert_array_equal(back.vector, track.vector)
    if genre_vector is None:
        assert back.genre_vector is None
    else:
        np.testing.assert_array_equal(back.genre_vector, genre_vector)
    assert back.fingerprint == track.fingerprint
    (segment,) = back.segments
    assert (segment.number, segment.start_seconds, segment.end_seconds) == (0, 0.0, 10.0)
    np.testing.assert_array_equal(segment.vector, [1, 0])


def test_a_track_without_a_time_of_ingest_gets_one() -> None:
    message = TrackVectors(track={"track_id": "a"}, values=[1.0])
    back = embedded_track_from_message(message, space="s-v1", now=NOW, field="tracks[0]")
    assert back.track.ingested_at == NOW


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
        embedded_track_from_message(
            TrackVectors(**fields), space="s-v1", now=NOW, field="tracks[0]"
        )
    assert caught.value.field == field


def test_vectors_are_single_precision() -> None:
    assert vector_from_values([1.0, 2.0]).dtype == np.float32
    assert vector_from_values([]).shape == (0,)
