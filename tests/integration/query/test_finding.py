"""Tracks by words, over real gRPC."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from query_service import CATALOGUE, DIMENSION, TOKEN, Service, embedded, serve
from refusals import refusal
from segue.index import payload
from segue.index.edge.index import EdgeIndex
from segue.index.exact import ExactIndex
from segue.owner_token import token_metadata
from segue.query.access import Access
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2
from waiting import until_async


async def ids(service: Service, query: str, **asked: object) -> list[str]:
    request = messages.SearchTracksRequest(query=query, **asked)  # type: ignore[arg-type]
    answer = await service.similarity.SearchTracks(request)
    return [track.track_id for track in answer.tracks]


async def finds(service: Service, query: str, count: int) -> bool:
    return len(await ids(service, query)) == count


async def test_words_find_tracks_under_a_filter(service: Service) -> None:
    await service.index.upsert([embedded("f", 40, artist="Björk", album="Début")])
    assert await ids(service, "BJORK deb") == ["f"]
    assert sorted(await ids(service, "ann")) == ["a", "c"]
    assert await ids(service, "ann", filter={"year": {"minimum": 1970}}) == ["c"]
    assert await ids(service, "ann bob") == []
    listed, _ = await service.index.list_tracks(limit=10)
    assert await ids(service, "") == [track.track_id for track in listed]


async def test_pages_hold_every_track_once(service: Service) -> None:
    request = messages.SearchTracksRequest(page_size=2, filter={"moods": {"any_of": ["calm"]}})
    seen: list[str] = []
    while True:
        answer = await service.similarity.SearchTracks(request)
        assert len(answer.tracks) <= 2
        seen += [track.track_id for track in answer.tracks]
        request.page_token = answer.next_page_token
        if not request.page_token:
            break
    assert sorted(seen) == ["a", "d", "e"]

    first = await service.similarity.SearchTracks(messages.SearchTracksRequest(page_size=2))
    other = messages.SearchTracksRequest(query="a", page_token=first.next_page_token)
    assert (await refusal(service.similarity.SearchTracks(other))).reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"query": "x" * 257}, "query"),
        ({"query": " ".join(33 * ["ab"])}, "query"),
        ({"view": 99}, "view"),
        ({"filter": {"bpm": {"minimum": float("nan")}}}, "filter.bpm.minimum"),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    service: Service, asked: dict[str, object], field: str
) -> None:
    request = messages.SearchTracksRequest(**asked)  # type: ignore[arg-type]
    told = await refusal(service.similarity.SearchTracks(request))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")
    assert told.field == field


async def test_the_longest_query_is_answered(service: Service) -> None:
    assert await ids(service, " ".join(32 * ["abcdefg"])) == []
    assert await ids(service, "夜" * 85) == []


async def test_views_and_guests(tmp_path: Path) -> None:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    async for service in serve(index, tmp_path, access=Access(TOKEN)):
        for view, titled, source in (
            (track_pb2.TRACK_VIEW_UNSPECIFIED, True, ""),
            (track_pb2.TRACK_VIEW_ID, False, ""),
            (track_pb2.TRACK_VIEW_SOURCE, False, "file:///music/b.flac"),
            (track_pb2.TRACK_VIEW_FULL, True, "file:///music/b.flac"),
        ):
            request = messages.SearchTracksRequest(query="bob", view=view)
            for metadata, shown in (
                (token_metadata(TOKEN), source),
                ((), source.replace("/music/", "/***/")),
            ):
                answer = await service.similarity.SearchTracks(request, metadata=metadata)
                (track,) = answer.tracks
                assert track.track_id == "b"
                assert bool(track.metadata.title) == titled
                assert track.source_uri == shown


async def test_tracks_of_earlier_versions_are_found_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = await EdgeIndex.open(tmp_path / "index", space="bands-v1", dimension=DIMENSION)
    with monkeypatch.context() as earlier:
        earlier.setattr(payload, "words_payload", lambda track: {})
        await index.upsert([embedded(f"old-{n}", n, artist="Zoë") for n in range(40)])
    assert await index.find("zoe", limit=100) == ([], None)
    async for service in serve(index, tmp_path):
        await until_async(finds, service, "zoe", 40)
        await service.index.correct("old-7", {"artist": "Ann"})
        assert await ids(service, "ann") == ["old-7"]
