"""Life of the server: health, reflection, deadlines, surprises, its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import REGISTRY

from query_service import (
    DIMENSION,
    OPEN,
    USUAL,
    BandEmbedder,
    JobStoreInMemory,
    Service,
    embedded,
    serve,
)
from refusals import refusal
from segue.embedding.model import ModelCard
from segue.errors import IndexUnavailable
from segue.index.exact import ExactIndex
from segue.index.port import IndexInfo, TrackIndex
from segue.jobs.map_store import MapStore
from segue.query import server as server_module
from segue.query.server import QueryServer
from segue.settings import InvalidSetting, QuerySettings, QueueSettings
from segue.stack.ports import free_ports
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import status_service_pb2
from segue.v1.similarity_service_pb2_grpc import SimilarityServiceStub
from segue.v1.status_service_pb2_grpc import StatusServiceStub
from served_services import served_services
from waiting import until_async

SERVICES = ("", "segue.v1.SimilarityService", "segue.v1.CatalogService")
STATUS = "segue.v1.StatusService"
SEARCH = messages.SearchSimilarTracksRequest(seed={"track_id": "a"})


async def health(channel: grpc.aio.Channel, service: str) -> str:
    answer = await health_pb2_grpc.HealthStub(channel).Check(
        health_pb2.HealthCheckRequest(service=service), wait_for_ready=True
    )
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def server_over(
    embedder: BandEmbedder,
    index: TrackIndex,
    tmp_path: Path,
    *,
    open_index: Callable[[ModelCard, str], Awaitable[TrackIndex]] | None = None,
    **settings: object,
) -> QueryServer:
    async def open_for(card: ModelCard, catalogue: str) -> TrackIndex:
        del card, catalogue
        return index

    chosen = {"listen": "127.0.0.1:0", "shutdown_grace_seconds": 60.0, **settings}
    return QueryServer(
        QuerySettings(**chosen),  # type: ignore[arg-type]
        embedder=embedder,
        open_index=open_index or open_for,
        job_store=JobStoreInMemory(),
        spool=tmp_path,
        largest_upload_bytes=100,
        access=OPEN,
        admission=USUAL,
    )


class SlowIndex(ExactIndex):
    """An index whose searches wait until they are let through."""

    def __init__(self) -> None:
        super().__init__(space="bands-v1", dimension=DIMENSION)
        self.searching = asyncio.Event()
        self.let_through = asyncio.Event()

    async def search_many(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        self.searching.set()
        await self.let_through.wait()
        return await super().search_many(*args, **kwargs)


async def test_it_listens_once_model_and_index_have_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedder, faults = BandEmbedder(), [IndexUnavailable("still loading")] * 3
    embedder.answers = False
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert([embedded("a", 0), embedded("b", 5)])

    async def open_late(card: ModelCard, catalogue: str) -> TrackIndex:
        del card, catalogue
        if faults:
            raise faults.pop()
        return index

    listen = f"127.0.0.1:{free_ports(1)[0]}"
    server = server_over(embedder, index, tmp_path, listen=listen, open_index=open_late)
    caplog.set_level(logging.INFO, "segue.query")
    starting = asyncio.create_task(server.start())
    async with grpc.aio.insecure_channel(listen) as channel:
        search = SimilarityServiceStub(channel).SearchSimilarTracks  # type: ignore[no-untyped-call]
        patient = asyncio.create_task(_answer(search(SEARCH, wait_for_ready=True)))
        await logged(caplog, "the model does not answer: switched off")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*listen.split(":"))
        assert not starting.done()
        embedder.answers = True
        await starting
        for service in SERVICES:
            assert await health(channel, service) == "SERVING", "from the first moment"
        assert len((await patient).results) == 1
    await server.stop()
    waits = [record.message for record in caplog.records if "not listening" in record.message]
    assert waits == [
        "not listening yet: the model does not answer: switched off",
        "not listening yet: the index does not answer: still loading",
    ], "once for each thing that is waited for"


async def test_while_its_model_stays_away_it_listens_for_who_asks_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "PATIENCE_SECONDS", 0.1)
    embedder, index = BandEmbedder(), ExactIndex(space="bands-v1", dimension=DIMENSION)
    embedder.answers = False
    server = server_over(embedder, index, tmp_path)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for service in SERVICES:
            assert await health(channel, service) == "NOT_SERVING"
        assert await health(channel, STATUS) == "SERVING"
        ask = StatusServiceStub(channel).GetStatus  # type: ignore[no-untyped-call]
        answer = await ask(status_service_pb2.GetStatusRequest())
        assert answer.inference.part.reason == "EMBEDDER_UNAVAILABLE"
        embedder.answers = True
        await server.readiness.check()
        for service in SERVICES:
            assert await health(channel, service) == "SERVING"
    await server.stop()


async def test_a_service_that_waits_for_its_model_can_be_stopped(tmp_path: Path) -> None:
    embedder = BandEmbedder()
    embedder.answers = False
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    server = server_over(embedder, index, tmp_path)
    starting = asyncio.create_task(server.start())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await server.stop()


async def test_settings_that_name_no_index_end_the_wait(tmp_path: Path) -> None:
    async def open_nothing(card: ModelCard, catalogue: str) -> TrackIndex:
        raise InvalidSetting("SEGUE_INDEX_URL has scheme 'segue'")

    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    server = server_over(BandEmbedder(), index, tmp_path, open_index=open_nothing)
    with pytest.raises(InvalidSetting, match="SEGUE_INDEX_URL"):
        await server.start()
    await server.stop()


async def test_a_surprise_at_the_start_is_logged_once_and_waited_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    surprises = [ZeroDivisionError("of the index")] * 3

    async def open_late(card: ModelCard, catalogue: str) -> TrackIndex:
        if surprises:
            raise surprises.pop()
        return index

    server = server_over(BandEmbedder(), index, tmp_path, open_index=open_late)
    await server.start()
    await server.stop()
    assert [record.message for record in caplog.records if record.exc_info] == [
        "the health check failed unexpectedly"
    ]


async def logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    await until_async(lambda: words in caplog.text, every=0.01)


async def test_health_follows_index_and_model(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "segue.query")

    async def down() -> IndexInfo:
        raise IndexUnavailable("gone")

    for name in (*SERVICES, "segue.index", "segue.embedder"):
        assert await health(service.channel, name) == "SERVING"
    service.embedder.answers = False
    await service.server.readiness.check()
    assert await health(service.channel, "segue.embedder") == "NOT_SERVING"
    for name in SERVICES:
        assert await health(service.channel, name) == "SERVING", "tracks can still be searched"
    with monkeypatch.context() as patched:
        patched.setattr(service.index, "info", down)
        await service.server.readiness.check()
        assert await health(service.channel, STATUS) == "SERVING", "it says what is down"
        for name in (*SERVICES, "segue.index"):
            assert await health(service.channel, name) == "NOT_SERVING"
    service.embedder.answers = True
    await service.server.readiness.check()
    for name in (*SERVICES, "segue.index", "segue.embedder"):
        assert await health(service.channel, name) == "SERVING"
    service.embedder.answers = False
    for _ in range(2):
        await service.server.readiness.check()
    told = [
        (record.levelname, record.message)
        for record in caplog.records
        if record.name == "segue.query.readiness" and "serving" not in record.message
    ]
    model, index = "the model does not answer: switched off", "the index does not answer: gone"
    assert told == [
        ("WARNING", model),
        ("WARNING", f"{model}; {index}"),
        ("INFO", "model and index answer"),
        ("WARNING", model),
    ], "each change once, and an outage that comes again is told again"


async def test_health_and_reflection_know_every_service_of_the_protos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {one.full_name for one in served_services()}
    assert len(names) > 5
    nowhere = MapStore(QueueSettings(redis_url=f"unix://{tmp_path}/no.sock?db=0"))
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)

    async def down() -> IndexInfo:
        raise IndexUnavailable("gone")

    async for running in serve(index, tmp_path, map_stores=[nowhere]):
        assert await reflected(running) >= names
        for name in names:
            assert await health(running.channel, name) == "SERVING", name
        monkeypatch.setattr(index, "info", down)
        await running.server.readiness.check()
        for name in names - {STATUS}:
            assert await health(running.channel, name) == "NOT_SERVING", name
        await running.server.readiness.stop()
        for name in names:
            assert await health(running.channel, name) == "NOT_SERVING", name


async def reflected(service: Service) -> set[str]:
    """Names of the services that reflection tells of."""
    stub = reflection_pb2_grpc.ServerReflectionStub(service.channel)

    async def requests() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    names: set[str] = set()
    async for answer in stub.ServerReflectionInfo(requests()):
        names |= {one.name for one in answer.list_services_response.service}
    return names


async def test_reflection_tells_of_the_health_service_and_not_of_what_is_not_served(
    service: Service,
) -> None:
    names = await reflected(service)
    assert names >= {*SERVICES[1:], STATUS, "grpc.health.v1.Health"}
    assert "segue.v1.MapService" not in names, "without a queue there is no map"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await health(service.channel, "segue.v1.MapService")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_running_searches_end_before_the_server_does(tmp_path: Path) -> None:
    index = SlowIndex()
    await index.upsert([embedded("a", 0), embedded("b", 5)])
    server = server_over(BandEmbedder(), index, tmp_path)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        states: list[int] = []
        told = asyncio.Event()

        async def watch() -> None:
            stub = health_pb2_grpc.HealthStub(channel)
            watched = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICES[1]))
            async for state in watched:
                states.append(state.status)
                told.set()
                if state.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                    watched.cancel()  # the server waits for who watches on, too
                    return

        stub = SimilarityServiceStub(channel)  # type: ignore[no-untyped-call]
        watching = asyncio.create_task(watch())
        await told.wait()
        call = asyncio.create_task(_answer(stub.SearchSimilarTracks(SEARCH)))
        await index.searching.wait()
        stopping = asyncio.create_task(server.stop())
        await watching
        index.let_through.set()
        assert len((await call).results) == 1
        await stopping
    assert states[-1] == health_pb2.HealthCheckResponse.NOT_SERVING


async def _answer(call):  # type: ignore[no-untyped-def]
    return await call


async def test_a_call_without_a_deadline_gets_the_default(tmp_path: Path) -> None:
    index = SlowIndex()
    await index.upsert([embedded("a", 0)])
    server = server_over(BandEmbedder(), index, tmp_path, default_timeout_seconds=0.05)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        search = SimilarityServiceStub(channel).SearchSimilarTracks  # type: ignore[no-untyped-call]
        refused = await refusal(search(SEARCH))
    assert refused.reason == "DEADLINE_EXCEEDED"
    assert refused.code is grpc.StatusCode.DEADLINE_EXCEEDED
    await server.stop()


async def test_a_surprise_is_logged_and_tells_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def surprising(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(service.index, "search_many", surprising)
    with caplog.at_level(logging.ERROR):
        refused = await refusal(service.similarity.SearchSimilarTracks(SEARCH))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "secret" not in refused.message
    assert "secret of the inside" in caplog.text


async def test_calls_are_counted(service: Service) -> None:
    def count(code: str, reason: str) -> float:
        labels = {"method": "SearchSimilarTracks", "code": code, "reason": reason}
        return REGISTRY.get_sample_value("segue_rpc_total", labels) or 0.0

    before = count("OK", ""), count("NOT_FOUND", "TRACK_NOT_FOUND")
    await service.similarity.SearchSimilarTracks(SEARCH)
    await refusal(
        service.similarity.SearchSimilarTracks(
            messages.SearchSimilarTracksRequest(seed={"track_id": "nobody"})
        )
    )
    assert count("OK", "") == before[0] + 1
    assert count("NOT_FOUND", "TRACK_NOT_FOUND") == before[1] + 1
    # A client may hear of a refusal before the call has ended.
    await until_async(lambda: REGISTRY.get_sample_value("segue_rpc_in_flight") == 0)
    assert REGISTRY.get_sample_value("segue_query_stage_seconds_count", {"stage": "ann"})


async def test_a_port_that_is_taken_is_refused(service: Service, tmp_path: Path) -> None:
    embedder = BandEmbedder()
    embedder.answers = False
    server = server_over(embedder, service.index, tmp_path, listen=service.address)
    with pytest.raises(InvalidSetting, match=r"SEGUE_LISTEN .* Address already in use"):
        await server.start()
    await server.stop()


async def test_a_port_that_another_one_took_during_the_wait_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "segue.query")
    embedder = BandEmbedder()
    embedder.answers = False
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    slow, quick = (
        server_over(one, index, tmp_path, listen=listen) for one in (embedder, BandEmbedder())
    )
    starting = asyncio.create_task(slow.start())
    await logged(caplog, "the model does not answer: switched off")
    await quick.start()
    embedder.answers = True
    with pytest.raises(InvalidSetting, match="SEGUE_LISTEN"):
        await starting
    await slow.stop()
    await quick.stop()
