"""GetStatus over real gRPC: what is well, what is down, what hangs."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import segue
from query_service import DIMENSION, TOKEN, BandEmbedder, JobStoreInMemory, Service, serve
from segue.callers import ACTING_FOR, LISTENING, Call, Caller, set_call
from segue.catalogues import Catalogues
from segue.errors import CatalogueUnknown, EmbedderUnavailable, IndexUnavailable, QueueUnavailable
from segue.index.exact import ExactIndex
from segue.ingest_jobs import IngestItem, QueueState
from segue.jobs.presence import SILENCE_SECONDS, HeardWorker, WorkerCard
from segue.owner_token import token_metadata
from segue.query.access import Access
from segue.query.backends import Backends
from segue.query.learned import NOTHING_LEARNED, Learned
from segue.query.queue_metrics import QueueMetrics
from segue.query.status import StatusServicer
from segue.ranking.collaborative import RemoteSource
from segue.stack.ports import free_ports
from segue.v1 import status_service_pb2 as messages

SERVING = messages.PART_STATE_SERVING
OWNER = token_metadata(TOKEN)
DOWN = messages.PART_STATE_DOWN


async def ask(service: Service, timeout: float = 60) -> messages.GetStatusResponse:
    return await service.status.GetStatus(messages.GetStatusRequest(), timeout=timeout)


async def test_everything_is_told_when_all_is_well(service: Service) -> None:
    await service.job_store.submit([IngestItem("x", "file:///x")])
    told = await ask(service)
    assert told.healthy
    assert told.version == segue.__version__
    assert told.index.part.state == SERVING
    assert (told.index.tracks, told.index.passages, told.index.unindexed) == (5, 10, 0)
    assert told.index.embedding_space == "bands-v1"
    assert told.inference.part.state == SERVING
    assert (told.inference.model, told.inference.model_version) == ("bands", 1)
    assert told.inference.device == "cpu"
    assert told.queue.part.state == SERVING
    assert (told.queue.depth, told.queue.dead_letters) == (1, 0)
    assert told.queue.HasField("oldest_age")
    (worker,) = told.workers.alive
    assert (worker.host, worker.pid, worker.concurrency, worker.version) == ("attic", 7, 2, "1.0")
    assert worker.silence.ToTimedelta().total_seconds() == pytest.approx(1.5)
    assert told.collaborative_source.part.state == SERVING


async def test_what_the_service_can_do_is_told(service: Service) -> None:
    info = await service.status.GetServerInfo(messages.GetServerInfoRequest())
    assert (info.version, info.api) == (segue.__version__, "segue.v1")
    assert (info.model, info.model_version, info.device) == ("bands", 1, "cpu")
    assert (info.embedding_space, info.dimension) == ("bands-v1", 8)
    assert list(info.genres) == ["jazz", "metal"]
    assert info.limits["search_page_size"] == 100
    assert info.limits["text_bytes.track_id"] == 256
    playlists = {name: info.limits[f"playlist_{name}"] for name in ("tracks", "minutes")}
    assert playlists == {"tracks": 500, "minutes": 1440}
    assert info.limits["path_tracks"] == 100
    assert {"genre_space", "listeners", "passages"} <= set(info.features)
    assert "halves" not in info.features


async def test_each_part_that_is_down_is_told_with_its_reason_beside_the_others(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object, **__: object) -> None:
        raise IndexUnavailable("Qdrant is gone")

    async def defective(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(service.index, "info", down)
    service.embedder.answers = False
    monkeypatch.setattr(service.job_store, "queue_state", defective)
    service.job_store.heard = [HeardWorker(WorkerCard("attic", 7, 2, "1.0"), SILENCE_SECONDS + 1)]
    told = await ask(service)
    assert not told.healthy
    assert told.index.part.state == DOWN
    assert told.index.part.reason == "INDEX_UNAVAILABLE"
    assert told.index.part.message == "Qdrant is gone"
    assert told.index.part.next_step
    assert not told.index.HasField("tracks")
    assert told.index.embedding_space == "bands-v1"
    assert (told.inference.part.state, told.inference.model) == (DOWN, "bands")
    assert told.inference.part.reason == EmbedderUnavailable.reason
    assert (told.queue.part.state, told.queue.part.reason) == (DOWN, "INTERNAL")
    assert "secret" not in told.queue.part.message
    assert (told.workers.part.state, told.workers.part.reason) == (DOWN, "NO_WORKER")
    assert "attic" in told.workers.part.message
    assert not told.workers.alive


@pytest.mark.parametrize("name", ["guest", "listener"])
async def test_a_guest_is_told_neither_machines_nor_messages(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down() -> None:
        raise QueueUnavailable("nobody answers at 10.1.2.3:6379")

    said = {"guest": (), "listener": (*OWNER, (ACTING_FOR, "::1"), (LISTENING, "ann"))}[name]
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    async for service in serve(index, tmp_path, access=Access(TOKEN)):
        monkeypatch.setattr(service.job_store, "queue_state", down)
        request = messages.GetStatusRequest()
        told = await service.status.GetStatus(request, metadata=said)
        (worker,) = told.workers.alive
        assert (worker.host, worker.pid, worker.concurrency) == ("", 0, 2)
        assert (told.queue.part.state, told.queue.part.reason) == (DOWN, "QUEUE_UNAVAILABLE")
        assert told.queue.part.next_step
        service.job_store.heard = []
        gone = await service.status.GetStatus(request, metadata=said)
        assert gone.workers.part.reason == "NO_WORKER"
        assert not any(hidden in str(told) + str(gone) for hidden in ("attic", "10.1.2.3"))
        owners = await service.status.GetStatus(request, metadata=OWNER)
        assert "10.1.2.3" in owners.queue.part.message


async def test_workers_cannot_be_told_without_the_queue(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down() -> list[HeardWorker]:
        raise QueueUnavailable("the queue does not answer")

    monkeypatch.setattr(service.job_store, "workers", down)
    told = await ask(service)
    assert told.workers.part.state == messages.PART_STATE_UNKNOWN
    assert told.workers.part.reason == "QUEUE_UNAVAILABLE"
    assert told.queue.part.state == SERVING
    assert not told.healthy


async def test_a_part_that_hangs_and_heeds_nothing_does_not_delay_the_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = asyncio.Event()

    async def hanging(*_: object, **__: object) -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    for part, method in ((service.index, "info"), (service.job_store, "queue_state")):
        monkeypatch.setattr(part, method, hanging)
    try:
        began = time.monotonic()
        told = await ask(service)
        seconds = time.monotonic() - began
        assert (told.index.part.state, told.queue.part.state) == (DOWN, DOWN)
        assert told.index.part.reason == "INDEX_UNAVAILABLE"
        assert told.inference.part.state == SERVING
        assert seconds < 30, "two parts that hang are waited for once, and not for ever"
        # A caller of less patience gets an answer too, not an exceeded deadline.
        monkeypatch.setattr("segue.query.status.ANSWER_SECONDS", 30.0)
        assert (await ask(service, timeout=6)).index.part.state == DOWN
    finally:
        released.set()


async def test_it_answers_before_the_index_is_open() -> None:
    servicer = StatusServicer(Backends(BandEmbedder()), JobStoreInMemory(), {"": NOTHING_LEARNED})
    told = await servicer.GetStatus(messages.GetStatusRequest(), None)
    assert (told.index.part.state, told.index.part.reason) == (DOWN, "INDEX_UNAVAILABLE")
    assert told.index.embedding_space == ""
    assert told.inference.model == "bands"
    assert told.collaborative_source.part.state == messages.PART_STATE_NOT_CONFIGURED
    assert not told.healthy


async def test_what_was_learned_is_told_of_the_catalogue_that_is_meant() -> None:
    remote = RemoteSource("127.0.0.1:1")
    servicer = StatusServicer(
        Backends(BandEmbedder(), None, Catalogues(("archive",))),
        JobStoreInMemory(),
        {"": NOTHING_LEARNED, "archive": Learned(remote)},
    )
    try:
        own = await servicer.GetServerInfo(messages.GetServerInfoRequest(), None)
        other = await servicer.GetServerInfo(
            messages.GetServerInfoRequest(catalogue="archive"), None
        )
    finally:
        await remote.close()
    assert "collaborative" not in own.features
    assert "collaborative" in other.features
    assert list(own.catalogues) == list(other.catalogues) == ["archive"]
    # No keeper of listeners: what they do can be recorded in neither.
    assert "listeners" not in own.features
    with pytest.raises(CatalogueUnknown):
        await servicer.GetServerInfo(messages.GetServerInfoRequest(catalogue="attic"), None)


async def test_a_recommender_that_is_away_is_told() -> None:
    port = free_ports(1)[0]
    remote = RemoteSource(f"127.0.0.1:{port}")
    servicer = StatusServicer(Backends(BandEmbedder()), JobStoreInMemory(), {"": Learned(remote)})
    set_call(Call(Caller.OWNER))
    try:
        told = await servicer.GetStatus(messages.GetStatusRequest(), None)
    finally:
        await remote.close()
    assert told.collaborative_source.part.state == DOWN
    assert told.collaborative_source.part.reason == "COLLABORATIVE_UNAVAILABLE"
    assert str(port) in told.collaborative_source.part.message


async def test_the_queues_metrics_are_unknown_while_it_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shown() -> list[float]:
        names = ("queue_depth", "queue_age_seconds", "dead_letters", "workers_alive")
        return [REGISTRY.get_sample_value(f"segue_{name}") or 0.0 for name in names]

    told: list[bool] = []

    async def tell(answers: bool) -> None:
        told.append(answers)

    async def down() -> QueueState:
        raise QueueUnavailable("gone")

    job_store = JobStoreInMemory()
    metrics = QueueMetrics(job_store, tell)
    assert all(map(math.isnan, shown())), "nothing is known before it was asked"
    assert REGISTRY.get_sample_value("segue_queue_up") == 0
    await job_store.submit([IngestItem("x", "file:///x")])
    await metrics.refresh()
    assert shown() == [1, 0, 0, 1]
    assert REGISTRY.get_sample_value("segue_queue_up") == 1
    job_store.heard = []
    await metrics.refresh()
    assert shown() == [1, 0, 0, 0]
    monkeypatch.setattr(job_store, "queue_state", down)
    await metrics.refresh()
    assert all(map(math.isnan, shown()))
    assert REGISTRY.get_sample_value("segue_queue_up") == 0
    assert told == [True, True, False]
