"""Whose word each field of a track's metadata is."""

from __future__ import annotations

import pytest

from segue.layers import (
    FieldSource,
    MetadataLayers,
    corrections_from_text,
    corrections_to,
    corrections_to_text,
    laid_over,
    layers_from_sources,
    layers_from_text,
    layers_to_text,
    merged,
    with_layers,
)
from segue.tracks import Track, TrackMetadata

TAGS = TrackMetadata("Tag", "Artist", "Album", ("pop",), ("calm",), 1999)
GIVEN = TrackMetadata("Given", genres=("rock",))
CORRECTIONS = corrections_to(TrackMetadata("Right", year=2001), ["title", "year", "moods"])
LAYERS = MetadataLayers(TAGS, GIVEN, CORRECTIONS)


def test_given_metadata_wins_where_it_says_something() -> None:
    assert merged(GIVEN, TAGS) == TrackMetadata(
        "Given", "Artist", "Album", ("rock",), ("calm",), 1999
    )


def test_a_correction_stands_above_all_and_may_say_nothing() -> None:
    assert LAYERS.effective() == TrackMetadata("Right", "Artist", "Album", ("rock",), (), 2001)
    assert LAYERS.sources() == {
        "title": FieldSource.CORRECTED,
        "year": FieldSource.CORRECTED,
        "moods": FieldSource.CORRECTED,
        "genres": FieldSource.GIVEN,
        "artist": FieldSource.TAGS,
        "artists": FieldSource.TAGS,
        "album": FieldSource.TAGS,
    }


def test_what_is_reset_says_again_what_stood_below() -> None:
    reset = LAYERS.corrected({}, ["title", "moods"])
    assert reset.effective() == TrackMetadata(
        "Given", "Artist", "Album", ("rock",), ("calm",), 2001
    )
    again = reset.corrected({"title": "Other"}, ["year"])
    assert dict(again.corrections) == {"title": "Other"}


@pytest.mark.parametrize(
    ("names", "artist", "artists"),
    [
        (["artists"], "Ann, Bob", ("Ann", "Bob")),
        (["artist"], "Ann & Bob", ("Ann & Bob",)),
        (["artist", "artists"], "Ann & Bob", ("Ann", "Bob")),
    ],
)
def test_artist_and_artists_are_corrected_together(
    names: list[str], artist: str, artists: tuple[str, ...]
) -> None:
    said = TrackMetadata(artist="Ann & Bob", artists=("Ann", "Bob"))
    corrections = corrections_to(said, names)
    assert corrections == {"artist": artist, "artists": artists}
    layers = MetadataLayers(TAGS, corrections=corrections)
    assert (layers.effective().artist, layers.effective().artists) == (artist, artists)
    for name in ("artist", "artists"):
        assert layers.corrected({}, [name]).effective() == TAGS


def test_no_artist_at_all_can_be_a_correction() -> None:
    layers = MetadataLayers(TAGS, corrections=corrections_to(TrackMetadata(), ["artist"]))
    assert (layers.effective().artist, layers.effective().artists) == ("", ())


def test_what_nobody_says_of_a_flat_track_is_kept_as_a_correction() -> None:
    stood = TrackMetadata("Mine", "Artist", genres=("rock",), year=1999)
    layers = MetadataLayers(TAGS, GIVEN).inheriting(stood)
    assert dict(layers.corrections) == {"title": "Mine"}
    # What was empty may only be what earlier versions did not read.
    assert layers.effective().moods == ("calm",)


def test_a_list_of_artists_that_was_not_read_before_is_no_correction() -> None:
    tags = TrackMetadata(artist="Ann feat. Bob", artists=("Ann", "Bob"))
    layers = MetadataLayers(tags).inheriting(TrackMetadata(artist="Ann feat. Bob"))
    assert layers == MetadataLayers(tags)
    other = MetadataLayers(tags).inheriting(TrackMetadata(artist="Cid"))
    assert other.effective().artists == ("Cid",)


@pytest.mark.parametrize(
    "layers",
    [
        LAYERS,
        MetadataLayers(),
        MetadataLayers(TAGS),
        MetadataLayers(given=GIVEN),
        MetadataLayers(corrections=CORRECTIONS),
        MetadataLayers(
            TrackMetadata(artist="A & B", artists=("A", "B"), explicit=False, track_gain_db=0.0),
            TrackMetadata(bpm=90.5, explicit=True),
            corrections_to(TrackMetadata(explicit=False), ["explicit", "track_gain_db", "artists"]),
        ),
    ],
)
def test_layers_come_back_as_they_were_written(layers: MetadataLayers) -> None:
    text = layers_to_text(layers)
    assert layers_from_text(text, layers.effective()) == layers
    assert corrections_from_text(corrections_to_text(layers.corrections)) == layers.corrections


def test_tags_alone_take_no_room() -> None:
    assert layers_to_text(MetadataLayers(TAGS)) == "{}"


def test_a_field_of_a_later_version_is_passed_over() -> None:
    text = '{"tags":{"title":"T","loudness":3},"corrected":{"mass":1,"genres":[]}}'
    assert layers_from_text(text, TrackMetadata("T")) == MetadataLayers(
        TrackMetadata("T"), corrections={"genres": ()}
    )


def test_corrections_are_laid_over_a_track() -> None:
    track = with_layers(Track("a"), MetadataLayers(TAGS, GIVEN))
    corrected = laid_over(track, CORRECTIONS)
    assert corrected.layers == LAYERS
    assert corrected.metadata == LAYERS.effective()
    assert laid_over(corrected, {}) == track
    assert laid_over(track, {}) is track
    flat = Track("a", TAGS)
    assert laid_over(flat, {}) is flat
    assert laid_over(flat, CORRECTIONS).layers == MetadataLayers(
        given=TAGS, corrections=CORRECTIONS
    )


@pytest.mark.parametrize(
    "layers",
    [
        LAYERS,
        MetadataLayers(TAGS),
        MetadataLayers(given=GIVEN),
        MetadataLayers(),
        MetadataLayers(TAGS, TAGS),
        MetadataLayers(TAGS, corrections=corrections_to(TrackMetadata(), ["artist", "year"])),
    ],
)
def test_what_holds_and_what_does_not_are_the_layers_again(layers: MetadataLayers) -> None:
    again = layers_from_sources(layers.effective(), layers.sources(), *layers.hidden())
    assert again == layers


def test_what_is_hidden_says_nothing_that_holds() -> None:
    assert LAYERS.hidden() == (
        TrackMetadata("Tag", genres=("pop",), moods=("calm",), year=1999),
        TrackMetadata("Given"),
    )


def test_fields_without_a_source_count_as_given() -> None:
    layers = layers_from_sources(TAGS, {"title": FieldSource.TAGS})
    assert layers.tags == TrackMetadata("Tag")
    assert layers.given == TAGS.replaced({"title": ""})
