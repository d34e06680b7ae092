"""Copies of recordings over real gRPC: listed in groups, and one of each in an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from query_service import TOKEN, Service, embedded, serve
from random_fingerprints import fingerprint_of, noisy, random_codes
from refusals import refusal
from segue.fingerprints import Fingerprint
from segue.index.exact import ExactIndex
from segue.query.access import Access
from segue.query.recording_keeper import settle
from segue.tracks import EmbeddedTrack
from segue.v1 import catalog_service_pb2, track_pb2
from segue.v1 import similarity_service_pb2 as messages

SONGS = 6
COPIES = 4


def copy(song: int, number: int) -> EmbeddedTrack:
    """The copies of a song lie a tenth of a degree apart, songs ten degrees."""
    codes = noisy(random_codes(song), 0.02, number) if number else random_codes(song)
    genres = ("jazz",) if number % 2 else ("metal",)
    one = embedded(f"s{song}-{number}", 10.0 * song + 0.1 * number, genres=genres)
    return replace(one, fingerprint=fingerprint_of(codes))


CATALOGUE = [copy(song, number) for song in range(SONGS) for number in range(COPIES)]
CATALOGUE += [embedded("alone", 75.0, genres=("jazz",))]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=8, genre_dimension=2)
    await index.upsert(CATALOGUE)
    await settle(index)
    async for running in serve(index, tmp_path):
        yield running


async def search(service: Service, **fields: Any) -> messages.SearchSimilarTracksResponse:
    fields.setdefault("seed", {"track_id": "s0-0"})
    return await service.similarity.SearchSimilarTracks(
        messages.SearchSimilarTracksRequest(**fields)
    )


def ids(response: messages.SearchSimilarTracksResponse) -> list[str]:
    return [one.track.track_id for one in response.results]


async def test_an_answer_has_one_of_each_recording(service: Service) -> None:
    response = await search(service)
    assert ids(response) == ["s0-1", "s1-0", "s2-0", "s3-0", "s4-0", "s5-0", "alone"]
    assert [one.others for one in response.results] == [3, 3, 3, 3, 3, 3, 0]
    assert not response.next_page_token
    recordings = {one.track.recording for one in response.results}
    assert len(recordings) == 7
    assert "" in recordings


async def test_all_copies_can_be_asked_for(service: Service) -> None:
    response = await search(service, all_copies=True, page_size=100)
    assert len(ids(response)) == len(CATALOGUE) - 1
    assert ids(response)[:4] == ["s0-1", "s0-2", "s0-3", "s1-0"]
    assert not any(one.others for one in response.results)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("mix", [False, True])
async def test_pages_are_full_and_repeat_nothing(service: Service, size: int, mix: bool) -> None:
    fields: dict[str, Any] = {"page_size": size}
    if mix:
        fields["mix"] = messages.HybridMix(scores=[{"track_id": "alone", "score": 1.0}])
    found: list[str] = []
    token = ""
    while True:
        response = await search(service, page_token=token, **fields)
        found += ids(response)
        token = response.next_page_token
        if not token:
            break
        assert len(response.results) == size
    whole = await search(service, **{**fields, "page_size": 100})
    assert found == ids(whole)
    assert len({one.split("-")[0] for one in found}) == len(found) == 7


async def test_as_many_answers_as_there_are_behind_many_copies(tmp_path: Path) -> None:
    index = ExactIndex(space="bands-v1", dimension=8, genre_dimension=2)
    near = [copy(1, number) for number in range(60)]
    far = [embedded(f"far-{n}", 40.0 + n) for n in range(12)]
    await index.upsert([embedded("seed", 9.0), *near, *far])
    await settle(index)
    async for running in serve(index, tmp_path):
        response = await search(running, seed={"track_id": "seed"}, page_size=10)
        assert len(response.results) == 10
        assert response.results[0].others == 59
        assert ids(response)[1:] == [f"far-{n}" for n in range(9)]


async def test_the_copy_that_satisfies_the_filter_is_shown(service: Service) -> None:
    response = await search(service, filter={"genres": {"any_of": ["jazz"]}}, page_size=3)
    assert ids(response) == ["s0-1", "s1-1", "s2-1"]
    assert [one.others for one in response.results] == [3, 3, 3]


async def test_passages_are_answered_alike(service: Service) -> None:
    response = await search(service, match_level=messages.MATCH_LEVEL_PASSAGE)
    songs = [one.split("-")[0] for one in ids(response)]
    assert songs == ["s0", "s1", "s2", "s3", "s4", "s5", "alone"]
    assert all(one.HasField("passage") for one in response.results)


async def test_a_seed_outside_of_the_catalogue_hides_nothing(service: Service) -> None:
    vector = {"values": CATALOGUE[0].vector.tolist()}
    assert ids(await search(service, seed={"embedding": vector}))[:2] == ["s0-0", "s1-0"]


async def test_a_favoured_copy_is_the_one_shown(service: Service) -> None:
    mix = messages.HybridMix(weight=0.9, scores=[{"track_id": "s5-3", "score": 3.0}])
    response = await search(service, mix=mix)
    assert ids(response)[0] == "s5-3"
    assert len(ids(response)) == 7
    own = messages.HybridMix(weight=0.9, scores=[{"track_id": "s0-3", "score": 3.0}])
    assert ids(await search(service, mix=own))[0] == "s0-3"


async def test_groups_are_listed(service: Service) -> None:
    response = await service.catalog.ListDuplicates(catalog_service_pb2.ListDuplicatesRequest())
    assert response.total_groups == SONGS
    listed = [[track.track_id for track in group.tracks] for group in response.groups]
    assert sorted(listed) == [[f"s{song}-{n}" for n in range(COPIES)] for song in range(SONGS)]
    assert all(group.total_tracks == COPIES for group in response.groups)
    assert not any(group.same_content for group in response.groups)
    for group in response.groups:
        assert {track.recording for track in group.tracks} == {group.recording}


@pytest.mark.parametrize("size", [1, 3, 5, 1_000])
async def test_pages_of_groups_hold_every_track_once(service: Service, size: int) -> None:
    found: list[tuple[str, str]] = []
    token = ""
    while True:
        request = catalog_service_pb2.ListDuplicatesRequest(page_size=size, page_token=token)
        response = await service.catalog.ListDuplicates(request)
        page = [(g.recording, track.track_id) for g in response.groups for track in g.tracks]
        assert len(page) <= size
        found += page
        token = response.next_page_token
        if not token:
            break
    assert found == sorted(set(found))
    assert len(found) == SONGS * COPIES


async def test_copies_of_one_file_are_said_to_be(tmp_path: Path) -> None:
    index = ExactIndex(space="bands-v1", dimension=8, genre_dimension=2)
    one = embedded("one", 5.0)
    other = replace(one, track=replace(one.track, track_id="other"))
    await index.upsert([one, other])
    await settle(index)
    async for running in serve(index, tmp_path):
        request = catalog_service_pb2.ListDuplicatesRequest()
        (group,) = (await running.catalog.ListDuplicates(request)).groups
        assert group.same_content


async def test_a_guest_sees_no_folders(tmp_path: Path) -> None:
    index = ExactIndex(space="bands-v1", dimension=8, genre_dimension=2)
    await index.upsert(CATALOGUE)
    await settle(index)
    async for running in serve(index, tmp_path, access=Access(TOKEN)):
        request = catalog_service_pb2.ListDuplicatesRequest(view=track_pb2.TRACK_VIEW_FULL)
        response = await running.catalog.ListDuplicates(request)
        uris = [track.source_uri for group in response.groups for track in group.tracks]
        assert uris
        assert not any("music" in uri for uri in uris)


async def test_a_token_of_another_list_is_refused(service: Service) -> None:
    listed = await service.catalog.ListTracks(catalog_service_pb2.ListTracksRequest(page_size=1))
    request = catalog_service_pb2.ListDuplicatesRequest(page_token=listed.next_page_token)
    assert (await refusal(service.catalog.ListDuplicates(request))).reason == "PAGE_TOKEN_INVALID"


async def test_what_a_client_stores_is_grouped_soon(service: Service) -> None:
    fingerprint = fingerprint_of(random_codes(50))
    request = catalog_service_pb2.UpsertTracksRequest(
        embedding_space="bands-v1",
        tracks=[
            {
                "track": {"track_id": name},
                "values": [1.0] * 8,
                "fingerprint": fingerprint.code_bytes,
                "landmarks": fingerprint.landmarks,
            }
            for name in ("new", "newer")
        ],
    )
    await service.catalog.UpsertTracks(request)
    found = await service.index.recordings.fingerprints(["new"])
    assert found == {"new": Fingerprint(fingerprint.code_bytes, fingerprint.landmarks)}
    await settle(service.index)
    listed = await service.catalog.GetTracks(
        catalog_service_pb2.GetTracksRequest(track_ids=["new", "newer"])
    )
    one, other = (track.recording for track in listed.tracks)
    assert one == other != ""


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"fingerprint": b"abc"}, "tracks[0].fingerprint"),
        ({"fingerprint": bytes(16_386)}, "tracks[0].fingerprint"),
        ({"fingerprint": b"ab", "landmarks": range(49)}, "tracks[0].landmarks"),
        ({"landmarks": [1]}, "tracks[0].landmarks"),
    ],
)
async def test_what_is_no_fingerprint_is_refused(
    service: Service, fields: dict[str, Any], field: str
) -> None:
    request = catalog_service_pb2.UpsertTracksRequest(
        embedding_space="bands-v1",
        tracks=[{"track": {"track_id": "new"}, "values": [1.0] * 8, **fields}],
    )
    assert (await refusal(service.catalog.UpsertTracks(request))).field == field
