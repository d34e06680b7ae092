"""One cheap client tries to starve the others: what it may take is bounded, and it is told so."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import REGISTRY

from query_service import CATALOGUE, DIMENSION, TOKEN, Service, serve
from refusals import Refusal, refusal
from segue.index.exact import ExactIndex
from segue.owner_token import token_metadata
from segue.query.access import Access
from segue.settings import AdmissionSettings
from segue.v1 import catalog_service_pb2 as catalog
from segue.v1 import similarity_service_pb2 as similarity
from waiting import until_async

OWNER = token_metadata(TOKEN)
GUARDED = Access(TOKEN)
FEW = AdmissionSettings(
    most_calls=16,
    most_uploads=8,
    most_watches=8,
    most_clips=8,
    request_memory_mb=4_096,
    stream_idle_seconds=3600.0,
)
"""Guests of one machine get 8 calls and 4 of each other kind; the owner gets what is left too."""

LITTLE_MEMORY = replace(FEW, request_memory_mb=128)
"""Guests of one machine get 64 MiB: one request that may be of the largest, and not a second."""

CLIP = 32 * 1024 * 1024
SEARCH = "/segue.v1.SimilarityService/SearchSimilarTracks"


@asynccontextmanager
async def serving(
    tmp_path: Path, settings: AdmissionSettings, **more: float
) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    async for service in serve(index, tmp_path, access=GUARDED, admission=settings, **more):
        yield service


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(tmp_path, FEW) as running:
        yield running


REFUSED = grpc.StatusCode.RESOURCE_EXHAUSTED


async def only_some_go_on(
    calls: list[Any], some: int, *, otherwise: Collection[grpc.StatusCode] = (REFUSED,)
) -> None:
    """Of the calls, as many as may go on; all others are refused as too many."""
    await until_async(lambda: sum(not call.done() for call in calls) <= some)
    ended = [call for call in calls if call.done()]
    assert len(ended) == len(calls) - some
    codes = {await call.code() for call in ended}
    assert REFUSED in codes
    assert codes <= set(otherwise)


async def refused(call: Awaitable[object], reason: str) -> Refusal:
    told = await refusal(call)
    assert (told.code, told.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, reason)
    assert told.detail(error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() >= 1_000
    return told


async def others_are_served(service: Service) -> None:
    """A guest looks up, lists and searches; the owner does so too."""
    for metadata in ((), OWNER):
        await service.catalog.GetTrack(catalog.GetTrackRequest(track_id="a"), metadata=metadata)
        listed = await service.catalog.ListTracks(catalog.ListTracksRequest(), metadata=metadata)
        assert len(listed.tracks) == len(CATALOGUE)
        found = await service.similarity.SearchSimilarTracks(
            similarity.SearchSimilarTracksRequest(seed={"track_id": "a"}), metadata=metadata
        )
        assert found.results


def upload(service: Service, metadata: Any = ()) -> grpc.aio.StreamUnaryCall[Any, Any]:
    return service.catalog.UploadTrack(metadata=metadata)


def header() -> catalog.UploadTrackRequest:
    return catalog.UploadTrackRequest(header=catalog.UploadHeader(file_name="a.mp3"))


def in_use(kind: str) -> float:
    return REGISTRY.get_sample_value("segue_admission_in_use", {"kind": kind}) or 0.0


def ended(method: str, code: str, reason: str) -> float:
    labels = {"method": method, "code": code, "reason": reason}
    return REGISTRY.get_sample_value("segue_rpc_total", labels) or 0.0


def open_files(folder: Path) -> int:
    process = psutil.Process()
    return sum(Path(file.path).is_relative_to(folder) for file in process.open_files())


async def test_half_open_uploads_take_few_files(service: Service) -> None:
    calls = [upload(service) for _ in range(100)]
    for call in calls:
        try:
            await call.write(header())
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            continue  # refused already
    # gRPC's client calls it INTERNAL when a call is refused just while it writes.
    await only_some_go_on(calls, 4, otherwise=(REFUSED, grpc.StatusCode.INTERNAL))
    await until_async(lambda: open_files(service.spool) == 4)
    await refused(upload(service), "TOO_MANY_UPLOADS")
    await others_are_served(service)
    async with AsyncExitStack() as ending:
        owners = [upload(service, OWNER) for _ in range(4)]
        for call in owners:
            ending.callback(call.cancel)
            await call.write(header())
        await until_async(lambda: open_files(service.spool) == 8)
    for call in calls:
        call.cancel()
    await until_async(lambda: open_files(service.spool) == 0)
    again = upload(service)
    await again.write(header())
    await again.write(catalog.UploadTrackRequest(data=b"bytes"))
    await again.done_writing()
    assert (await again).size_bytes == 5


async def test_an_upload_that_comes_byte_by_byte_is_ended(tmp_path: Path) -> None:
    settings = AdmissionSettings(stream_idle_seconds=1.0)
    async with serving(tmp_path, settings) as service:
        call = upload(service)
        await call.write(header())
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # it is ended
            for _ in range(1_000):
                await call.write(catalog.UploadTrackRequest(data=b"x"))
                await asyncio.sleep(0.02)
        told = await refusal(call)
        assert (told.code, told.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_STALLED")


async def test_an_upload_that_stalls_is_ended(tmp_path: Path) -> None:
    settings = AdmissionSettings(stream_idle_seconds=1.0)
    async with serving(tmp_path, settings) as service:
        silent, started = upload(service), upload(service)
        await started.write(header())
        for call in (silent, started):
            told = await refusal(call)
            assert (told.code, told.reason) == (
                grpc.StatusCode.DEADLINE_EXCEEDED,
                "REQUEST_STALLED",
            )
        assert list(service.spool.iterdir()) == []


async def trickle(call: Any) -> None:
    with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
        while not call.done():
            await call.write(catalog.UploadTrackRequest(data=b"x"))
            await asyncio.sleep(0.02)


async def test_an_upload_that_trickles_for_ever_is_ended(tmp_path: Path) -> None:
    async with serving(tmp_path, AdmissionSettings(upload_seconds=1.0)) as service:
        call = upload(service)
        await call.write(header())
        trickling = asyncio.create_task(trickle(call))
        await until_async(call.done)
        await trickling
        # The client may call it INTERNAL when that happens just while it writes.
        await until_async(lambda: ended("UploadTrack", "DEADLINE_EXCEEDED", "UPLOAD_TOO_LONG") == 1)
        assert list(service.spool.iterdir()) == []


async def test_a_piece_of_an_upload_is_bounded(service: Service) -> None:
    call = upload(service)
    await call.write(header())
    await call.write(catalog.UploadTrackRequest(data=bytes(5 * 1024 * 1024)))
    assert (await refusal(call)).reason == "REQUEST_TOO_LARGE"


def health_watch(service: Service) -> Any:
    return health_pb2_grpc.HealthStub(service.channel).Watch(health_pb2.HealthCheckRequest())


def reflection(service: Service) -> Any:
    return reflection_pb2_grpc.ServerReflectionStub(service.channel).ServerReflectionInfo()


def silent_watch(service: Service) -> Any:
    """A watch whose request never comes."""
    return service.channel.stream_stream("/segue.v1.CatalogService/WatchIngest")()


async def watch_of_a_job(service: Service) -> Any:
    return service.catalog.WatchIngest(catalog.WatchIngestRequest(job_id="job-1"))


@pytest.mark.parametrize("kind", [health_watch, reflection, silent_watch])
async def test_watches_are_bounded_whatever_they_watch(
    service: Service, kind: Callable[[Service], Any]
) -> None:
    calls = [kind(service) for _ in range(40)]
    await only_some_go_on(calls, 4)
    told = await refusal(anext(aiter(await watch_of_a_job(service))))
    assert told.reason == "TOO_MANY_WATCHES"
    await others_are_served(service)
    for call in calls:
        call.cancel()


async def test_a_watch_that_lasted_its_time_can_be_taken_up_again(tmp_path: Path) -> None:
    async with serving(tmp_path, AdmissionSettings(watch_seconds=1e-6)) as service:
        submitted = await service.catalog.IngestTracks(
            catalog.IngestTracksRequest(items=[{"uri": "https://host/a.mp3"}])
        )
        watch = service.catalog.WatchIngest(catalog.WatchIngestRequest(job_id=submitted.job_id))
        seen: list[object] = []

        async def follow() -> None:
            seen.extend([message async for message in watch])

        told = await refusal(follow())
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "WATCH_EXPIRED")
    async with serving(tmp_path, AdmissionSettings(watch_seconds=1.0)) as service:
        watch = health_watch(service)
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        assert (await refusal(watch.read())).reason == "WATCH_EXPIRED"


def half_open_call(service: Service, metadata: Any = ()) -> Any:
    """A search whose request never comes."""
    return service.channel.stream_unary(SEARCH)(metadata=metadata)


async def test_calls_whose_request_never_comes_are_bounded(tmp_path: Path) -> None:
    async with serving(tmp_path, FEW) as service:
        calls = [half_open_call(service) for _ in range(60)]
        await only_some_go_on(calls, 8)
        await refused(
            service.catalog.GetTrack(catalog.GetTrackRequest(track_id="a")), "TOO_MANY_CALLS"
        )
        owners = catalog.GetTrackRequest(track_id="a")
        assert (await service.catalog.GetTrack(owners, metadata=OWNER)).track.track_id == "a"
        answer = await health_pb2_grpc.HealthStub(service.channel).Check(
            health_pb2.HealthCheckRequest()
        )
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        for call in calls:
            call.cancel()
    async with serving(tmp_path, AdmissionSettings(stream_idle_seconds=1.0)) as service:
        assert (await refusal(half_open_call(service))).reason == "REQUEST_STALLED"


async def test_large_requests_share_a_bounded_memory(tmp_path: Path) -> None:
    """Each of these is no audio, which is found out when it is admitted."""
    large = similarity.SearchSimilarTracksRequest(seed={"clip": {"audio": bytes(CLIP)}})
    serialised = large.SerializeToString()
    reasons: list[str] = []
    held: list[float] = []

    async def watch_memory() -> None:
        while True:
            held.append(in_use("memory"))
            await asyncio.sleep(0.001)

    roomy = replace(LITTLE_MEMORY, most_calls=64)
    async with serving(tmp_path, roomy, default_timeout_seconds=300.0) as service:
        watching = asyncio.create_task(watch_memory())

        async def attack() -> None:
            # A connection of its own, as that of another client.
            options = [("grpc.use_local_subchannel_pool", 1)]
            async with grpc.aio.insecure_channel(service.address, options=options) as channel:
                search = channel.unary_unary(SEARCH, lambda message: message)
                reasons.append((await refusal(search(serialised))).reason)

        async with asyncio.TaskGroup() as group:
            for _ in range(12):
                group.create_task(attack())
            group.create_task(others_are_served(service))
        watching.cancel()
        await others_are_served(service)
        await until_async(lambda: in_use("memory") == 0)
    assert set(reasons) <= {"AUDIO_NOT_AUDIO", "TOO_MANY_BYTES"}
    assert max(held) <= 64 * 1024 * 1024
    assert len(reasons) > reasons.count("AUDIO_NOT_AUDIO")


async def test_a_request_that_takes_long_to_come_counts_as_one_of_the_largest(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, LITTLE_MEMORY) as service:
        await _slow_requests_take_the_memory(service)


async def _slow_requests_take_the_memory(service: Service) -> None:
    slow = [half_open_call(service) for _ in range(3)]
    await only_some_go_on(slow, 1)
    large = similarity.SearchSimilarTracksRequest(seed={"clip": {"audio": bytes(CLIP)}})
    await refused(service.similarity.SearchSimilarTracks(large), "TOO_MANY_BYTES")
    await others_are_served(service)
    by_owner = await refusal(
        service.similarity.SearchSimilarTracks(large, metadata=OWNER, timeout=300)
    )
    assert by_owner.reason == "AUDIO_NOT_AUDIO", "the owner's part is not taken"
    for call in slow:
        call.cancel()


@pytest.mark.parametrize("method", ["GetTrack", "ListTracks", "GetIngestJob", "ListDeadLetters"])
async def test_a_small_question_may_not_be_large(service: Service, method: str) -> None:
    ask = service.channel.unary_unary(f"/segue.v1.CatalogService/{method}", lambda raw: raw)
    told = await refusal(ask(bytes(5 * 1024 * 1024)))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_TOO_LARGE")


LARGE_CLIP = similarity.SearchSimilarTracksRequest(
    seed={"clip": {"audio": bytes(5 * 1024 * 1024)}}
).SerializeToString()


@pytest.mark.parametrize(
    "raw",
    [
        similarity.SearchSimilarTracksRequest(
            seed={"embedding": {"values": [0.5] * 2_000_000}}
        ).SerializeToString(),
        similarity.SearchSimilarTracksRequest(
            seed={"clip": {"audio": b"a"}}, filter={"genres": {"any_of": ["jazz"] * 1_000_000}}
        ).SerializeToString(),
        LARGE_CLIP * 2,
        LARGE_CLIP + b"\x9a\x06" + b"\x80\x80\xc0\x02" + bytes(5 * 1024 * 1024),
    ],
    ids=["vector", "labels", "clip twice", "unknown field"],
)
async def test_a_search_may_not_be_large_but_for_its_clip(service: Service, raw: bytes) -> None:
    told = await refusal(service.channel.unary_unary(SEARCH, lambda given: given)(raw))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("raw", [b"\xff", b"\x08", b"\x0a\xff\xff\xff\xff\x0f"])
async def test_what_is_no_message_is_refused(service: Service, raw: bytes) -> None:
    ask = service.channel.unary_unary("/segue.v1.CatalogService/GetTrack", lambda given: given)
    told = await refusal(ask(raw))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")


async def test_a_call_without_a_request_is_refused(service: Service) -> None:
    call = half_open_call(service)
    await call.done_writing()
    assert (await refusal(call)).reason == "INVALID_ARGUMENT"


async def test_a_vector_of_absurd_length_is_refused_before_it_is_read(service: Service) -> None:
    embedding = similarity.EmbeddingSeed(values=[0.5] * 100_000)
    told = await refusal(
        service.similarity.SearchSimilarTracks(
            similarity.SearchSimilarTracksRequest(seed={"embedding": embedding})
        )
    )
    assert told.reason == "VECTOR_INVALID"


async def test_connections_are_bounded_and_those_there_are_go_on(tmp_path: Path) -> None:
    async with serving(tmp_path, replace(FEW, most_connections=20)) as service:
        await others_are_served(service)
        host, _, port = service.address.rpartition(":")
        attempts = [await asyncio.open_connection(host, int(port)) for _ in range(60)]
        told = await asyncio.gather(
            *(reader.read(1) for reader, _ in attempts), return_exceptions=True
        )
        taken = [first for first in told if isinstance(first, bytes) and first]
        assert 0 < len(taken) <= 20, "the others are closed without a word"
        await others_are_served(service)
        for _, writer in attempts:
            writer.close()


async def test_reflection_and_health_go_on_working(service: Service) -> None:
    talk = reflection(service)
    await talk.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    assert "segue.v1.StatusService" in str(await talk.read())
    await talk.done_writing()
    watch = health_watch(service)
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()


@pytest.mark.parametrize("size", [5 * 1024 * 1024, CLIP])
async def test_a_refused_call_is_freed_without_the_collector(service: Service, size: int) -> None:
    large = similarity.SearchSimilarTracksRequest(seed={"clip": {"audio": bytes(size)}})
    raw = large.SerializeToString()
    asked = {"/segue.v1.CatalogService/GetTrack": "REQUEST_TOO_LARGE", SEARCH: "AUDIO_NOT_AUDIO"}
    gc.collect()
    gc.disable()
    try:
        for method, reason in asked.items():
            ask = service.channel.unary_unary(method, lambda given: given)
            assert (await refusal(ask(raw, timeout=300))).reason == reason
        await until_async(lambda: in_use("call") == 0)
        contexts = [one for one in gc.get_objects() if type(one).__name__ == "_ServicerContext"]
        assert contexts == []
    finally:
        gc.enable()
