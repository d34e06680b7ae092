"""Calls of the HTTP API, answered by a real query service."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest

from query_service import CATALOGUE, DIMENSION
from segue.limits import MOST_INTERACTIONS
from segue.v1 import listener_service_pb2
from segue.web.api.endpoints import UNARY
from segue.web.callers import Role
from segue.web.plays import AT_ONCE, SECONDS_EACH, Plays


def reason(response, status):
    error = response.json()["error"]
    assert response.status_code == status, error
    assert response.headers["cache-control"] == "no-store"
    assert set(error) == {"reason", "message", "next_step"}
    assert error["next_step"]
    return error["reason"]


async def test_a_search(guest):
    response = await guest.post(
        "/similar", json={"seed": {"track_id": "a"}, "page_size": 2, "view": "TRACK_VIEW_ID"}
    )
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    found = response.json()
    assert [one["track"]["track_id"] for one in found["results"]] == ["b", "c"]
    assert found["unknown_labels"] == []
    further = await guest.post(
        "/similar",
        json={
            "seed": {"track_id": "a"},
            "view": "TRACK_VIEW_ID",
            "page_token": found["next_page_token"],
        },
    )
    assert [one["track"]["track_id"] for one in further.json()["results"]] == ["d", "e"]


async def test_every_kind_of_reading(guest):
    wanted = {
        "GET server-info": None,
        "GET facets": None,
        "GET tracks": None,
        "GET tracks/a": None,
        "GET duplicates": None,
        "POST tracks:list": {"filter": {"genres": {"any_of": ["jazz"]}}},
        "POST tracks:get": {"track_ids": ["a", "zz"]},
        "POST tracks:search": {"query": "a"},
        "POST similar:batch": {"requests": [{"seed": {"track_id": "a"}}]},
        "POST segments": {"seed": {"passage": {"track_id": "a"}}},
        "POST playlists:build": {"seeds": [{"seed": {"track_id": "a"}}], "tracks": 3},
        "POST playlists:describe": {"track_ids": ["a", "b"]},
        "POST paths:find": {"from_track_id": "a", "to_track_id": "d", "tracks": 3},
    }
    for line, body in wanted.items():
        method, path = line.split()
        response = await guest.request(method, f"/{path}", json=body)
        assert response.status_code == 200, (line, response.text)
        assert response.json()


async def test_fields_in_the_address(guest):
    found = await guest.get("/tracks", params={"page_size": 2, "view": "TRACK_VIEW_ID"})
    assert len(found.json()["tracks"]) == 2
    wanted = json.dumps({"genres": {"any_of": ["metal"]}})
    facets = (await guest.get("/facets", params={"filter": wanted})).json()
    assert [one["label"] for one in facets["genres"]] == ["metal"]
    vector = await guest.get("/tracks/a", params={"include_vector": "true"})
    assert len(vector.json()["vector"]) == DIMENSION
    for query, message in {
        "pagesize=2": "pagesize: no such parameter",
        "track_id=b": "track_id: no such parameter",
        "view=FULL": "view",
        "include_vector=yes": "include_vector: must be true or false",
        "view=TRACK_VIEW_ID&view=TRACK_VIEW_ID": "twice",
    }.items():
        response = await guest.get(f"/tracks/a?{query}")
        assert reason(response, 400) == "INVALID_ARGUMENT"
        assert message in response.json()["error"]["message"]
    for number in ("two", "null", "", "1.5", "NaN", "[1]"):
        assert reason(await guest.get(f"/tracks?page_size={number}"), 400) == "INVALID_ARGUMENT"


async def test_ids_with_any_sign(service, owner):
    odd = "a/b %2F?#ä:audio"
    track = replace(CATALOGUE[0].track, track_id=odd, source_uri="")
    await service.index.upsert([replace(CATALOGUE[0], track=track)])
    address = f"/tracks/{quote(odd, safe='')}"
    assert (await owner.get(address)).json()["track"]["track_id"] == odd
    assert reason(await owner.get(f"{address}/audio"), 400) == "AUDIO_ELSEWHERE"
    assert (await owner.delete(address)).json() == {}
    assert reason(await owner.get(address), 404) == "TRACK_NOT_FOUND"
    assert reason(await owner.get("/tracks/%ff"), 400) == "INVALID_ARGUMENT"


async def test_changes(owner):
    changed = await owner.patch(
        "/tracks/a",
        json={"metadata": {"title": "Another", "year": 1999}, "update_mask": "title,year"},
    )
    assert changed.json()["track"]["metadata"]["title"] == "Another"
    stale = await owner.patch(
        "/tracks/a", json={"metadata": {"year": 1999}, "update_mask": "year", "etag": "other"}
    )
    assert reason(stale, 409) == "TRACK_CHANGED"
    named = await owner.patch("/tracks/a", json={"track_id": "b", "reset_mask": "*"})
    assert reason(named, 400) == "INVALID_ARGUMENT"
    accepted = await owner.post("/ingest", json={"items": [{"uri": "file:///music/x.flac"}]})
    job = accepted.json()["job_id"]
    assert (await owner.get(f"/jobs/{job}", params={"include_items": "true"})).json()["items"]
    assert (await owner.post(f"/jobs/{job}:cancel")).json()["cancelled"] == 1
    assert [one["job_id"] for one in (await owner.get("/jobs")).json()["jobs"]] == [job]


async def test_what_is_the_owners(guest, listener):
    for endpoint in UNARY:
        path = endpoint.path.format(track_id="a", job_id="job-1", user_id="ann")
        for client in (guest, listener):
            response = await client.request(endpoint.method, f"/{path}", json={})
            refused = response.status_code == 403
            assert refused is (endpoint.least is Role.OWNER), (endpoint, response.text)
    for path in ("tracks/a/audio", "tracks/a/cover", "tracks/a/waveform", "tracks/a/spectrogram"):
        assert reason(await guest.get(path), 403) == "ACCOUNT_NEEDED"
    assert reason(await guest.post("/uploads", content=b"x"), 403) == "OWNER_ONLY"
    assert reason(await listener.get("/jobs/job-1/events"), 403) == "OWNER_ONLY"
    assert reason(await guest.post("/interactions", json={}), 403) == "ACCOUNT_NEEDED"


async def test_tracks_with_vectors_and_where_they_lie(owner):
    vector = [1.0] + [0.0] * (DIMENSION - 1)
    sent = {
        "tracks": [{"track": {"track_id": "made"}, "values": vector}],
        "embedding_space": "bands-v1",
    }
    stored = await owner.post("/tracks:upsert", json=sent)
    assert (stored.status_code, stored.json()["upserted"]) == (200, 1), stored.text
    again = (await owner.post("/tracks:upsert", json={**sent, "only_new": True})).json()
    assert again["existing_track_ids"] == ["made"]
    sent["embedding_space"] = "bands-v2"
    assert reason(await owner.post("/tracks:upsert", json=sent), 409) == "SPACE_MISMATCH"
    moves = [{"track_id": one, "source_uri": "file:///new.flac"} for one in ("made", "nothing")]
    moved = await owner.post("/tracks:move", json={"moves": moves})
    assert moved.json()["missing_track_ids"] == ["nothing"]
    asked = {"view": "TRACK_VIEW_FULL"}
    told = (await owner.get("/tracks/made", params=asked)).json()["track"]
    assert told["source_uri"] == "file:///new.flac"


async def test_what_is_kept_and_who_is_forgotten(owner):
    kept = await owner.get("/kept-uploads", params={"page_size": 2})
    assert (kept.status_code, kept.json()["uploads"]) == (200, []), kept.text
    # The queue of this service is away: that it was asked is all that can be seen.
    assert reason(await owner.delete("/listeners/ann%2Fb"), 503) == "QUEUE_UNAVAILABLE"


async def test_whose_plays_are_recorded(listener):
    other = {"interactions": [{"user_id": "bob", "track_id": "a", "kind": "INTERACTION_KIND_PLAY"}]}
    response = await listener.post("/interactions", json=other)
    assert reason(response, 400) == "INVALID_ARGUMENT"
    assert "interactions[0].user_id" in response.json()["error"]["message"]
    own = {"interactions": [{"track_id": "a", "kind": "INTERACTION_KIND_PLAY"}]}
    # The queue of this service is away: that it was asked is all that can be seen.
    assert reason(await listener.post("/interactions", json=own), 503) == "QUEUE_UNAVAILABLE"


async def test_only_the_owner_sees_machines_in_operations(guest, listener, owner):
    told = [(await client.get("/operations")).json() for client in (guest, listener, owner)]
    workers = [one["status"]["workers"]["alive"] for one in told]
    assert [[worker.get("host") for worker in some] for some in workers] == [
        [None],
        [None],
        ["attic"],
    ]
    assert all(one["figures"] is None for one in told[:2])
    assert all(one["status"]["index"]["part"]["state"] == "PART_STATE_SERVING" for one in told)


async def test_a_listener_who_records_without_end_is_held_up(application, listener, owner):
    class Answering:
        async def call(self, *asked):
            return listener_service_pb2.RecordInteractionsResponse()

    application.state.plays = Plays(Answering())
    play = {"track_id": "a", "kind": "INTERACTION_KIND_PLAY"}
    many = {"interactions": MOST_INTERACTIONS * [play]}
    for _ in range(AT_ONCE // MOST_INTERACTIONS):
        assert (await listener.post("/interactions", json=many)).status_code == 200
    refused = await listener.post("/interactions", json=many)
    assert reason(refused, 429) == "TOO_MANY_PLAYS"
    assert 0 < int(refused.headers["Retry-After"]) <= MOST_INTERACTIONS * SECONDS_EACH
    assert (await owner.post("/interactions", json=many)).status_code == 200


async def test_a_mix_is_for_whoever_asks(service, owner, listener, guest):
    search = {"seed": {"track_id": "a"}, "mix": {"weight": 0.5}}
    recommender = service.recommender
    recommender.known = {"e": 1.0}

    def asked():
        users = [query.user_id for query, _ in recommender.asked]
        recommender.asked.clear()
        return users

    for client, user in ((listener, "ann~2"), (owner, "owner"), (guest, "")):
        mixed = (await client.post("/similar", json=search)).json()
        assert mixed["collaborative_status"] == "COLLABORATIVE_STATUS_USED"
        assert asked() == [user]
    await listener.post("/similar:batch", json={"requests": [search]})
    await owner.post("/similar", json={**search, "mix": {"user_id": "bob"}})
    assert asked() == ["ann~2", "bob"]
    brought = {"scores": [{"track_id": "b", "score": 1}]}
    assert (await listener.post("/similar", json={**search, "mix": brought})).status_code == 200
    assert asked() == []
    # Of whom nothing is known yet, a mix is what it is for anybody.
    recommender.known = {}
    await listener.post("/similar", json=search)
    assert asked() == ["ann~2", ""]


async def test_a_mix_gives_a_listener_nothing_else_that_is_the_owners(owner, listener, guest):
    search = {"seed": {"track_id": "a"}, "mix": {"weight": 0.0}, "view": "TRACK_VIEW_FULL"}
    for wrong in ({"mix": {"user_id": "bob"}}, {"seed": {"listener": {"user_id": "ann"}}}):
        response = await listener.post("/similar", json={**search, **wrong})
        assert reason(response, 403) == "OWNER_ONLY"
    for_listener, for_guest, for_owner = [
        [one["track"] for one in (await client.post("/similar", json=search)).json()["results"]]
        for client in (listener, guest, owner)
    ]
    assert for_listener == for_guest != for_owner


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("M3U8", "audio/x-mpegurl"),
        ("XSPF", "application/xspf+xml"),
        ("JSPF", "application/jspf+json"),
    ],
)
async def test_a_playlist_as_a_file(owner, name, media_type):
    body = {"track_ids": ["a", "zz"], "format": f"PLAYLIST_FORMAT_{name}", "title": "Ä/1"}
    response = await owner.post("/playlists:export", json=body)
    assert response.headers["content-type"].partition(";")[0] == media_type
    said = response.headers["content-disposition"]
    assert said == f"attachment; filename*=UTF-8''%C3%84%2F1.{name.lower()}"
    assert response.headers["x-missing-tracks"] == "1"
    assert b"A" in response.content


async def test_addresses_and_methods(guest):
    assert reason(await guest.get("/nothing"), 404) == "ADDRESS_NOT_FOUND"
    assert reason(await guest.get("/tracks/a/b/c"), 404) == "ADDRESS_NOT_FOUND"
    refused = await guest.put("/tracks/a", json={})
    assert reason(refused, 405) == "METHOD_NOT_ALLOWED"
    assert {"GET", "HEAD", "PATCH", "DELETE"} <= set(refused.headers["allow"].split(", "))
    options = await guest.options("/tracks:search")
    assert (options.status_code, options.headers["allow"]) == (204, "POST, OPTIONS")
    head = await guest.head("/server-info")
    assert (head.status_code, head.headers["content-type"]) == (200, "application/json")
    assert (await guest.post("/tracks%3Asearch", json={})).status_code == 200


async def test_bodies(guest):
    form = await guest.post("/similar", data={"page_size": "1"})
    assert reason(form, 415) == "MEDIA_TYPE_UNSUPPORTED"
    typed = {"Content-Type": "application/json; charset=utf-8"}
    for body in (b"{", b"[]", b'{"page_size": 1, "page_size": 2}', b"\xff"):
        assert reason(await guest.post("/similar", content=body, headers=typed), 400)
    large = b'{"page_token": "' + b"x" * 5_000_000 + b'"}'
    refused = await guest.post("/similar", content=large, headers=typed)
    assert reason(refused, 413) == "BODY_TOO_LARGE"
    unknown = await guest.post("/similar", json={"sed": {}})
    assert "sed: no such field" in unknown.json()["error"]["message"]


async def test_the_description_is_there(application):
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        response = await client.get("/api/openapi.json")
    described = response.json()
    assert described["openapi"].startswith("3.1")
    assert {f"/{one.path}" for one in UNARY} <= set(described["paths"])
