"""Messages become JSON whose outermost fields are always there."""

from __future__ import annotations

import json

from segue.v1 import catalog_service_pb2 as catalog
from segue.v1 import similarity_service_pb2 as similarity
from segue.v1 import status_service_pb2 as status
from segue.v1 import track_pb2
from segue.web.api.json_writing import answer, as_json


def test_an_empty_answer_has_its_fields():
    assert as_json(similarity.SearchSimilarTracksResponse()) == {
        "results": [],
        "next_page_token": "",
        "embedding_space": "",
        "collaborative_status": "COLLABORATIVE_STATUS_UNSPECIFIED",
        "collaborative_message": "",
        "unknown_labels": [],
        "unknown_seeds": [],
    }
    assert as_json(catalog.ListFacetsResponse())["total_tracks"] == "0"
    assert as_json(status.GetServerInfoResponse())["limits"] == {}


def test_what_is_empty_inside_is_left_out():
    track = track_pb2.Track(track_id="a", metadata=track_pb2.TrackMetadata(title="A", year=0))
    assert as_json(catalog.GetTrackResponse(track=track)) == {
        "track": {"track_id": "a", "metadata": {"title": "A", "year": 0}},
        "embedding_space": "",
        "vector": [],
    }


async def test_nothing_keeps_an_answer_and_large_ones_are_the_same():
    tracks = [track_pb2.Track(track_id=f"Ä {number}") for number in range(10_000)]
    message = catalog.ListTracksResponse(tracks=tracks)
    response = await answer(message)
    assert response.headers["cache-control"] == "no-store"
    assert response.media_type == "application/json"
    assert json.loads(response.body) == as_json(message)
