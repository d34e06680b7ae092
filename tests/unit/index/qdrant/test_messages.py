"""Messages of searches, written and read by hand, beside what the client makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from qdrant_client import grpc, models
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc

from segue.index.conditions import Conditions, HasLabel, IsTrack
from segue.index.payload import (
    BRIEF_FIELDS,
    PASSAGE_FIELDS,
    TRACK_FIELDS,
    track_from_payload,
    track_payload,
)
from segue.index.qdrant.messages import (
    SearchMessages,
    match,
    payload_of,
    song_hit,
    vector_of,
)
from segue.index.rounds import NearestPoints
from segue.index.schema import AUDIO, GENRE, SEGMENTS, TRACKS, GraphSettings
from segue.layers import MetadataLayers, with_layers
from segue.tracks import (
    EstimatedKey,
    EstimatedTempo,
    Provenance,
    Track,
    TrackMetadata,
    track_point_id,
)

MESSAGES = SearchMessages("m-v1", GraphSettings(search_ef=99))
VECTOR = np.array([0.5, 0.25, -1.0], np.float32)
SONGS = NearestPoints(
    kind=TRACKS,
    using=AUDIO,
    vector=VECTOR,
    track_id="",
    limit=21,
    where=Conditions(),
    exact=False,
    with_vectors=False,
    whole=True,
)
METADATA = TrackMetadata(
    "Title", "Ada, Bob", "Album", ("jazz",), ("calm",), 1999, ("Ada", "Bob"), "Ada",
    "USRC17607839", "r", "l", ("a", "b"), 3, 1, 120.5, "Am", "eng", explicit=True,
    track_gain_db=-7.25,
)  # fmt: skip
TRACK = with_layers(
    Track(
        "a",
        METADATA,
        180.25,
        "file:///a",
        "00ff",
        datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        {"jazz": 0.75, "folk": 0.5},
        {"calm": 0.25},
        Provenance.OWNER,
        "broken",
        "a.mp3",
        None,
        EstimatedTempo(120.0, 0.9),
        EstimatedKey("Am", 0.8),
        "group",
    ),
    MetadataLayers(METADATA, replace(METADATA, title="Hidden")),
)


def asked(request: NearestPoints) -> models.QueryRequest:
    """A request as the client reads it, which checks every field."""
    message = MESSAGES.nearest(request.kind, [request])
    (one,) = grpc.QueryBatchPoints.FromString(message.SerializeToString()).query_points
    assert message.collection_name == one.collection_name == f"{request.kind}.m-v1"
    return GrpcToRest.convert_query_points(one)


def point(payload: dict[str, Any], vector: models.VectorStruct | None = None) -> grpc.ScoredPoint:
    """A point of an answer as it comes over the wire."""
    one = models.ScoredPoint(
        id=str(track_point_id("a")), version=1, score=0.5, payload=payload, vector=vector
    )
    message = RestToGrpc.convert_scored_point(one)
    return grpc.ScoredPoint.FromString(message.SerializeToString())


def test_songs_near_a_vector_are_asked_for_by_that_vector() -> None:
    request = asked(SONGS)
    assert request.query == models.NearestQuery(nearest=VECTOR.tolist())
    assert (request.using, request.limit, request.filter) == (AUDIO, 21, None)
    assert request.params == models.SearchParams(hnsw_ef=99, exact=False)
    assert request.with_payload == list(TRACK_FIELDS)
    assert not request.with_vector
    assert request.lookup_from is None
    assert asked(replace(SONGS, exact=True)).params.exact  # type: ignore[union-attr]


def test_songs_near_a_stored_one_are_asked_for_by_its_point() -> None:
    request = asked(
        replace(SONGS, vector=None, track_id="a", using=GENRE, with_vectors=True, whole=False)
    )
    assert request.query == models.NearestQuery(nearest=str(track_point_id("a")))
    assert request.using == GENRE
    assert request.with_payload == list(BRIEF_FIELDS)
    assert request.with_vector == [AUDIO]
    assert request.lookup_from is None


def test_passages_near_a_stored_song_are_asked_for_by_the_song() -> None:
    where = Conditions((HasLabel("genres", ("jazz",)),), (IsTrack(("a",)),))
    request = asked(replace(SONGS, kind=SEGMENTS, vector=None, track_id="a", where=where))
    assert request.lookup_from == models.LookupLocation(collection="tracks.m-v1", vector=AUDIO)
    assert request.with_payload == PASSAGE_FIELDS
    assert request.filter is not None
    jazz = models.FieldCondition(key="genres", match=models.MatchAny(any=["jazz"]))
    assert request.filter.must == [jazz]
    own = models.FieldCondition(key="track_id", match=models.MatchAny(any=["a"]))
    assert request.filter.must_not == [own]


def test_only_a_search_with_a_filter_goes_by_acorn() -> None:
    where = Conditions((HasLabel("genres", ("jazz",)),))
    for request, share in ((SONGS, None), (replace(SONGS, where=where), 0.8)):
        params = asked(request).params
        assert params is not None
        assert params.acorn == (
            None if share is None else models.AcornSearchParams(enable=True, max_selectivity=share)
        )
        exact = asked(replace(request, exact=True)).params
        assert exact is not None
        assert exact.acorn is None
    never = SearchMessages("m-v1", GraphSettings(acorn_share=0.0))
    (message,) = never.nearest(TRACKS, [replace(SONGS, where=where)]).query_points
    assert not message.params.HasField("acorn")


def test_what_is_stored_is_asked_for_by_points() -> None:
    message = MESSAGES.stored(["a", "b"], whole=None, vectors=[GENRE])
    assert [one.uuid for one in message.ids] == [str(track_point_id(one)) for one in "ab"]
    assert not message.with_payload.enable
    assert GrpcToRest.convert_with_vectors_selector(message.with_vectors) == [GENRE]
    message = MESSAGES.stored(["a"], whole=True, vectors=[])
    assert list(message.with_payload.include.fields) == list(TRACK_FIELDS)
    assert not GrpcToRest.convert_with_vectors_selector(message.with_vectors)


@pytest.mark.parametrize("track", [TRACK, Track("bare")])
def test_tracks_come_back_as_they_were_stored(track: Track) -> None:
    payload = {**track_payload(track), "recording": track.recording}
    hit = song_hit(point(payload, {AUDIO: VECTOR.tolist(), GENRE: [0.5, 0.5]}))
    # What was stored is given back: nothing is computed.
    assert (hit.key, hit.score) == (track, 0.5)
    np.testing.assert_array_equal(hit.vector, VECTOR)
    assert hit.vector is not None
    assert hit.vector.dtype == np.float32
    assert song_hit(point(payload)).vector is None


class Read(Mapping[str, Any]):
    """A payload that knows what was asked of it."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self._payload = payload
        self.fields: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.fields.add(name)
        return self._payload[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._payload)

    def __len__(self) -> int:
        return len(self._payload)


def test_the_fields_that_are_asked_for_are_those_that_are_read() -> None:
    payload = {**track_payload(TRACK), "recording": TRACK.recording}
    read = Read(payload)
    assert track_from_payload(read) == TRACK
    assert read.fields == set(TRACK_FIELDS)
    brief = track_from_payload({name: payload[name] for name in BRIEF_FIELDS})
    assert brief == replace(TRACK, predicted_genres={}, predicted_moods={}, layers=None)


def test_vectors_of_earlier_servers_are_read() -> None:
    vectors = grpc.NamedVectorsOutput(vectors={AUDIO: grpc.VectorOutput(data=VECTOR.tolist())})
    one = grpc.ScoredPoint(vectors=grpc.VectorsOutput(vectors=vectors))
    np.testing.assert_array_equal(vector_of(one, AUDIO), VECTOR)
    assert vector_of(one, GENRE) is None


def test_places_of_passages_are_read() -> None:
    payload = {"track_id": "a", "start_seconds": 0.0, "end_seconds": 10.5}
    assert match(point(payload)) == ("a", 0.0, 10.5, 0.5)


def test_payloads_mean_what_the_client_reads_in_them() -> None:
    payload = {
        "text": "é", "whole": 3, "part": 0.25, "yes": True, "no": False, "nothing": None,
        "list": ["a", 1, [None]], "empty": [], "struct": {"a": {"b": [1.5]}}, "bare": {},
    }  # fmt: skip
    assert payload_of(point(payload).payload) == payload
