"""What guests may do, what the owner may, and that no RPC was forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from query_service import CATALOGUE, DIMENSION, OPEN, TOKEN, Service, serve
from refusals import Refusal, refusal
from segue.callers import ACTING_FOR, Caller
from segue.errors import QueueUnavailable
from segue.index.exact import ExactIndex
from segue.jobs.map_store import MapStore
from segue.owner_token import token_metadata
from segue.query.access import OWNER_ONLY, Access
from segue.settings import AccessSettings, InvalidSetting, QueueSettings
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import (
    playlist_service_pb2,
    similarity_service_pb2,
)
from served_services import served_methods

OWNER = token_metadata(TOKEN)


def path_of(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    nowhere = MapStore(QueueSettings(redis_url=f"unix://{tmp_path}/no.sock?db=0"))
    async for running in serve(index, tmp_path, access=Access(TOKEN), map_stores=[nowhere]):
        yield running


def test_the_table_names_every_rpc_and_no_other() -> None:
    assert {path_of(method) for method in served_methods()} == set(OWNER_ONLY)


@pytest.mark.parametrize("method", served_methods(), ids=path_of)
async def test_a_guest_is_refused_what_the_table_says(
    guarded: Service, method: MethodDescriptor
) -> None:
    for metadata in ((), (*OWNER, (ACTING_FOR, "192.0.2.7"))):
        refused = await _refused(guarded, method, metadata)
        assert (refused == "OWNER_ONLY") is OWNER_ONLY[path_of(method)]
        assert refused != "TOKEN_INVALID"


@pytest.mark.parametrize("method", served_methods(), ids=path_of)
async def test_the_owner_is_not_refused(guarded: Service, method: MethodDescriptor) -> None:
    assert await _refused(guarded, method, OWNER) not in ("OWNER_ONLY", "TOKEN_INVALID")


@pytest.mark.parametrize("method", served_methods(), ids=path_of)
async def test_a_wrong_token_is_refused_everywhere(
    guarded: Service, method: MethodDescriptor
) -> None:
    assert await _refused(guarded, method, token_metadata(f"{TOKEN}x")) == "TOKEN_INVALID"


async def _refused(service: Service, method: MethodDescriptor, metadata: object) -> str:
    """Reason for which an empty request is refused, or nothing."""
    sent, answered = (
        "stream" if streams else "unary"
        for streams in (method.client_streaming, method.server_streaming)
    )
    request = GetMessageClass(method.input_type)()
    call = getattr(service.channel, f"{sent}_{answered}")(
        path_of(method),
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )(iter([request]) if method.client_streaming else request, metadata=metadata, timeout=60)
    try:
        if method.server_streaming:
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return Refusal(error).reason
    return ""


async def test_the_refusals_say_what_to_do(guarded: Service) -> None:
    request = messages.DeleteTrackRequest(track_id="a")
    refused = await refusal(guarded.catalog.DeleteTrack(request))
    assert refused.code is grpc.StatusCode.PERMISSION_DENIED
    assert "DeleteTrack is for the owner" in refused.message
    wrong = token_metadata("x" * 40)
    refused = await refusal(guarded.catalog.DeleteTrack(request, metadata=wrong))
    assert refused.code is grpc.StatusCode.UNAUTHENTICATED
    assert await guarded.index.get(["a"]), "it is still there"
    await guarded.catalog.DeleteTrack(request, metadata=OWNER)
    assert not await guarded.index.get(["a"])


async def test_a_guest_learns_nothing_of_listeners_and_hands_nothing_on(guarded: Service) -> None:
    search = similarity_service_pb2.SearchSimilarTracksRequest
    of_listener = search(
        seeds=[{"seed": {"track_id": "a"}}, {"seed": {"listener": {"user_id": "u"}}}]
    )
    for_listener = search(seed={"track_id": "a"}, mix={"user_id": "u"})
    batch = similarity_service_pb2.BatchSearchSimilarTracksRequest(
        requests=[of_listener, for_listener, search(seed={"track_id": "a"})]
    )
    playlist = playlist_service_pb2.BuildPlaylistRequest(seeds=of_listener.seeds)
    for call in (
        guarded.similarity.SearchSimilarTracks(of_listener),
        guarded.similarity.SearchSimilarTracks(for_listener),
        guarded.playlists.BuildPlaylist(playlist),
    ):
        refused = await refusal(call)
        assert refused.code is grpc.StatusCode.PERMISSION_DENIED
        assert refused.reason == "OWNER_ONLY"
    results = (await guarded.similarity.BatchSearchSimilarTracks(batch)).results
    assert [one.failure.reason for one in results] == ["OWNER_ONLY", "OWNER_ONLY", ""]
    assert not guarded.recommender.asked
    said = (("x-segue-plan", "gold"),)
    mixed = search(seed={"track_id": "a"}, mix={})
    await guarded.similarity.SearchSimilarTracks(mixed, metadata=said)
    await guarded.similarity.SearchSimilarTracks(for_listener, metadata=(*said, *OWNER))
    handed = [dict(query.caller_metadata) for query, _ in guarded.recommender.asked]
    assert handed == [{}, {"x-segue-plan": "gold"}]


async def test_only_the_owner_hears_where_a_part_that_is_away_should_be(
    guarded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise QueueUnavailable("nobody answers at 10.1.2.3:6379")

    monkeypatch.setattr(guarded.job_store, "progress", away)
    request = messages.GetIngestJobRequest(job_id="a")
    for metadata, hears in (((), False), (OWNER, True), ((*OWNER, (ACTING_FOR, "::1")), False)):
        told = await refusal(guarded.catalog.GetIngestJob(request, metadata=metadata))
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "QUEUE_UNAVAILABLE")
        assert ("10.1.2.3" in told.message) is hears


async def test_who_asked_travels_with_what_is_to_be_ingested(guarded: Service) -> None:
    request = messages.IngestTracksRequest(items=[{"uri": "https://music.example/a.mp3"}])
    header = messages.UploadTrackRequest(header={"file_name": "a"})
    data = messages.UploadTrackRequest(data=b"bytes")
    for metadata in ((), OWNER):
        await guarded.catalog.IngestTracks(request, metadata=metadata)
        await guarded.catalog.UploadTrack(iter([header, data]), metadata=metadata)
    asked = [item.caller for items in guarded.job_store.jobs.values() for item in items]
    assert asked == [Caller.GUEST, Caller.GUEST, Caller.OWNER, Caller.OWNER]


async def test_an_open_service_admits_everybody_and_knows_the_owner(tmp_path: Path) -> None:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    request = messages.IngestTracksRequest(items=[{"uri": "https://music.example/a.mp3"}])
    async for service in serve(index, tmp_path, access=OPEN):
        await service.catalog.DeleteTrack(messages.DeleteTrackRequest(track_id="a"))
        # As a proxy in front may send one of its own.
        for metadata in ((), token_metadata("x" * 40), OWNER):
            await service.catalog.IngestTracks(request, metadata=metadata)
        asked = [item.caller for items in service.job_store.jobs.values() for item in items]
        assert asked == [Caller.ADMITTED, Caller.ADMITTED, Caller.OWNER]


def test_a_service_that_could_know_no_owner_does_not_start() -> None:
    with pytest.raises(InvalidSetting) as refused:
        Access.of(AccessSettings())
    assert refused.value.reason == "OWNER_TOKEN_MISSING"
    assert "SEGUE_OWNER_TOKEN_FILE" in refused.value.next_step
    Access.of(AccessSettings(open_to_everybody=True))
    Access.of(AccessSettings(owner_token=TOKEN))
