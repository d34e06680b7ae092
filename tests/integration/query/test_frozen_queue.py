"""A queue that is stopped, not gone: whoever asks it hears so, and in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from query_service import CATALOGUE, DIMENSION, Service, serve
from redis_process import RedisProcess
from refusals import refusal
from segue.index.exact import ExactIndex
from segue.jobs.redis_store import RedisJobStore
from segue.query import readiness
from segue.settings import QueueSettings
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import status_service_pb2
from waiting import PATIENCE_SECONDS, until_async

ITEMS = messages.IngestTracksRequest(items=[{"uri": "file:///a.mp3"}])
HEADER = messages.UploadTrackRequest(header={"file_name": "a"})


@pytest.fixture
async def service(tmp_path: Path, redis_process: RedisProcess) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    queue = RedisJobStore(QueueSettings(redis_url=redis_process.url))
    async for running in serve(index, tmp_path, queue=queue):
        yield running


async def health(service: Service) -> str:
    request = health_pb2.HealthCheckRequest(service=readiness.QUEUE)
    answer = await health_pb2_grpc.HealthStub(service.channel).Check(request, timeout=60)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


async def last_of(watch: AsyncIterable[object]) -> None:
    async for _ in watch:
        pass


async def becomes(service: Service, state: str) -> None:
    async def became() -> bool:
        return await health(service) == state

    await until_async(became)


async def test_a_frozen_queue_is_unavailable_and_nobody_waits_for_ever(
    service: Service, redis_process: RedisProcess
) -> None:
    # The name is known from the first call on, whether the queue was asked by then or not.
    assert await health(service) in ("SERVING", "NOT_SERVING")
    job = await service.catalog.IngestTracks(ITEMS)
    await becomes(service, "SERVING")
    watch = service.catalog.WatchIngest(messages.WatchIngestRequest(job_id=job.job_id))
    assert (await anext(aiter(watch))).job.total == 1
    with redis_process.frozen():
        catalog = service.catalog
        calls = {
            "IngestTracks": catalog.IngestTracks(ITEMS),
            # A deadline of the caller's own, that a Redis client's patience would outlast.
            "in a hurry": catalog.IngestTracks(ITEMS, timeout=3),
            "UploadTrack": catalog.UploadTrack(iter([HEADER])),
            "GetIngestJob": catalog.GetIngestJob(messages.GetIngestJobRequest(job_id=job.job_id)),
            "ListDeadLetters": catalog.ListDeadLetters(messages.ListDeadLettersRequest()),
            "ReplayDeadLetters": catalog.ReplayDeadLetters(
                messages.ReplayDeadLettersRequest(all=True)
            ),
        }
        refused = await asyncio.gather(*map(refusal, calls.values()))
        reasons = dict(zip(calls, (one.reason for one in refused), strict=True))
        assert reasons == dict.fromkeys(calls, "QUEUE_UNAVAILABLE")
        assert {one.code for one in refused} == {grpc.StatusCode.UNAVAILABLE}
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await refusal(last_of(watch))).reason == "QUEUE_UNAVAILABLE"
        status = await service.status.GetStatus(status_service_pb2.GetStatusRequest())
        assert status.queue.part.reason == "QUEUE_UNAVAILABLE"
        assert not status.queue.HasField("depth"), "not known, and not 0"
        await becomes(service, "NOT_SERVING")
        # What needs no queue goes on.
        assert (await catalog.GetTrack(messages.GetTrackRequest(track_id="a"))).track.track_id
    await becomes(service, "SERVING")
    assert (await service.catalog.IngestTracks(ITEMS)).job_id


async def test_a_first_watch_of_a_frozen_queue_is_refused(
    service: Service, redis_process: RedisProcess
) -> None:
    job = await service.catalog.IngestTracks(ITEMS)
    request = messages.WatchIngestRequest(job_id=job.job_id)
    with redis_process.frozen():
        async with asyncio.timeout(PATIENCE_SECONDS):
            refused = await refusal(last_of(service.catalog.WatchIngest(request)))
        assert refused.reason == "QUEUE_UNAVAILABLE"
    async with asyncio.timeout(PATIENCE_SECONDS):
        # By then the subscription that was asked for in vain stands.
        assert (await anext(aiter(service.catalog.WatchIngest(request)))).job.total == 1


async def test_a_lost_queue_is_refused_at_once(
    service: Service, redis_process: RedisProcess
) -> None:
    redis_process.kill()
    assert (await refusal(service.catalog.IngestTracks(ITEMS))).reason == "QUEUE_UNAVAILABLE"
    await becomes(service, "NOT_SERVING")
    redis_process.start()
    await becomes(service, "SERVING")
