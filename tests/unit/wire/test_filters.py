"""Filters as messages, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.errors import InvalidArgument
from segue.notation import text_key
from segue.tracks import (
    LEAST_PROBABILITY,
    LabelMatch,
    LabelSource,
    NumberRange,
    TrackFilter,
)
from segue.v1 import track_pb2
from segue.wire.filters import filter_from_message, filter_to_message
from writing import WRITING


def matches(normal):
    keys = st.text(WRITING, min_size=1, max_size=12).map(normal).filter(bool)
    lists = st.lists(keys, unique=True, max_size=4).map(tuple)
    return st.builds(LabelMatch, any_of=lists, all_of=lists, none_of=lists)


def matches_heard():
    return st.builds(
        replace,
        matches(text_key).filter(bool),
        source=st.sampled_from(LabelSource),
        minimum_probability=st.none() | st.floats(LEAST_PROBABILITY, 1),
    ) | st.just(LabelMatch())


def ranges(numbers):
    return st.one_of(
        st.builds(NumberRange),
        st.builds(NumberRange, minimum=numbers),
        st.builds(NumberRange, maximum=numbers),
        st.tuples(numbers, numbers).map(sorted).map(lambda pair: NumberRange(*pair)),
    )


FILTERS = st.builds(
    TrackFilter,
    genres=matches_heard(),
    moods=matches_heard(),
    descriptors=matches_heard().map(
        lambda match: replace(match, source=LabelSource.PREDICTED) if match else match
    ),
    artists=matches(text_key),
    albums=matches(text_key),
    album_artists=matches(text_key),
    keys=st.builds(LabelMatch, any_of=st.sampled_from(((), ("Am", "C")))),
    isrcs=st.builds(LabelMatch, none_of=st.sampled_from(((), ("USRC17607839",)))),
    musicbrainz_ids=st.builds(
        LabelMatch, all_of=st.lists(st.uuids().map(str), max_size=2).map(tuple)
    ),
    languages=matches(text_key),
    bpm=ranges(st.floats(0, 1000)),
    tempo_and_key_source=st.sampled_from(LabelSource),
    explicit=st.none() | st.booleans(),
    year=ranges(st.integers(0, 9999)),
    duration_seconds=ranges(st.floats(0, 1e6)),
    exclude_track_ids=st.lists(st.text(max_size=12), unique=True, max_size=4).map(tuple),
)


@given(FILTERS)
def test_a_filter_comes_back_as_it_went(where: TrackFilter) -> None:
    assert filter_from_message(filter_to_message(where)) == where


def test_a_choice_from_within_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="only_track_ids"):
        filter_to_message(TrackFilter(only_track_ids=("a",)))


def test_a_filter_with_every_part() -> None:
    message = track_pb2.TrackFilter(
        genres={"any_of": ["Jazz ", "JAZZ", "hip  hop"], "none_of": ["metal"]},
        moods={"all_of": ["Calm"]},
        artists={"any_of": ["Straße"]},
        year={"minimum": 1960, "maximum": 1960},
        duration={"minimum_seconds": 0.0},
        exclude_track_ids=["b", "a", "b"],
    )
    assert filter_from_message(message) == TrackFilter(
        genres=LabelMatch(any_of=("jazz", "hip hop"), none_of=("metal",)),
        moods=LabelMatch(all_of=("calm",)),
        artists=LabelMatch(any_of=("strasse",)),
        year=NumberRange(1960, 1960),
        duration_seconds=NumberRange(0.0, None),
        exclude_track_ids=("b", "a"),
    )


def test_spellings_are_brought_together() -> None:
    message = track_pb2.TrackFilter(
        genres={"any_of": ["ME\u0301TAL"]},
        isrcs={"any_of": ["us-rc1-76-07839"]},
        keys={"any_of": ["8A", "A minor"]},
    )
    assert filter_from_message(message) == TrackFilter(
        genres=LabelMatch(any_of=("métal",)),
        isrcs=LabelMatch(any_of=("USRC17607839",)),
        keys=LabelMatch(any_of=("Am",)),
    )


def test_an_empty_filter_asks_nothing() -> None:
    assert filter_from_message(track_pb2.TrackFilter()) == TrackFilter()


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
        ({"isrcs": {"any_of": ["none"]}}, "filter.isrcs.any_of"),
        ({"keys": {"none_of": ["H"]}}, "filter.keys.none_of"),
        ({"musicbrainz_ids": {"any_of": ["x"]}}, "filter.musicbrainz_ids.any_of"),
        ({"bpm": {"minimum": float("nan")}}, "filter.bpm.minimum"),
        ({"artists": {"source": 2}}, "filter.artists.source"),
        ({"genres": {"source": 99}}, "filter.genres.source"),
        ({"genres": {"minimum_probability": 0.05}}, "filter.genres.minimum_probability"),
        ({"moods": {"minimum_probability": float("nan")}}, "filter.moods.minimum_probability"),
        ({"genres": {"source": 3, "none_of": ["a"] * 101}}, "filter.genres.none_of"),
        ({"bpm": {"minimum": 2, "maximum": 1}}, "filter.bpm"),
        ({"tempo_and_key_source": 9}, "filter.tempo_and_key_source"),
        ({"artists": {"all_of": ["a"] * 1001}}, "filter.artists.all_of"),
        ({"exclude_track_ids": ["a"] * 10_001}, "filter.exclude_track_ids"),
    ],
)
def test_a_wrong_filter_names_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        filter_from_message(track_pb2.TrackFilter(**fields))
    assert caught.value.field == field


def test_descriptors_are_always_what_is_heard() -> None:
    message = track_pb2.TrackFilter(descriptors=track_pb2.LabelMatch(any_of=["Piano"]))
    assert filter_from_message(message).descriptors == LabelMatch(
        ("piano",), source=LabelSource.PREDICTED
    )
    # What a program leaves at its default is sent as what it means.
    sent = filter_to_message(TrackFilter(descriptors=LabelMatch(("piano",))))
    assert sent.descriptors.source == track_pb2.LABEL_SOURCE_PREDICTED
    message.descriptors.source = track_pb2.LABEL_SOURCE_GIVEN
    with pytest.raises(InvalidArgument, match=r"filter\.descriptors\.source.*never given"):
        filter_from_message(message)
