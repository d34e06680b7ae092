"""A queue whose memory is full refuses more, and goes on with what it has accepted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from redis_process import RedisProcess
from segue.errors import QueueFull, QueueUnavailable
from segue.ingest_jobs import IngestItem, ItemState
from segue.jobs.ledger import FailureKind, JobLedger
from segue.jobs.presence import WorkerCard
from segue.jobs.redis_store import RedisJobStore
from segue.settings import QueueSettings
from segue.tracks import TrackMetadata

MEMORY_BYTES = 8 * 1024 * 1024
BATCH = 500


@pytest.fixture
def small(redis_process: RedisProcess) -> QueueSettings:
    with redis.Redis.from_url(redis_process.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", MEMORY_BYTES)
        # What is tested here is no power loss.
        client.config_set("appendfsync", "no")
    return QueueSettings(redis_url=redis_process.url, task_attempts=2)


@pytest.fixture
async def job_store(small: QueueSettings) -> AsyncIterator[RedisJobStore]:
    opened = RedisJobStore(small)
    yield opened
    await opened.close()


@pytest.fixture
def ledger(small: QueueSettings) -> Iterator[JobLedger]:
    opened = JobLedger(small)
    yield opened
    opened.close()


async def fill(job_store: RedisJobStore, settings: QueueSettings) -> dict[str, int]:
    """Submit until it is full: accepted tracks by job."""
    jobs: dict[str, int] = {}
    for first in range(0, 100_000, BATCH):
        items = [
            IngestItem(f"t{n}", f"file:///{n}.mp3", TrackMetadata("x" * 200))
            for n in range(first, first + BATCH)
        ]
        try:
            jobs[(await job_store.submit(items)).job_id] = BATCH
        except QueueFull:
            break
    with redis.Redis.from_url(settings.redis_url) as client:
        used = client.info("memory")["used_memory"]
        # What varies from call to call must not make room again.
        client.config_set("maxmemory", round(used / 0.9))
    return jobs


def fill_up(settings: QueueSettings) -> None:
    """Write until no byte more is taken. So may producers of tasks: nobody asks them before."""
    with redis.Redis.from_url(settings.redis_url) as client:
        for _ in range(10_000):
            try:
                client.lpush("filler", "x" * 20_000)
            except redis.exceptions.OutOfMemoryError:
                return
    raise AssertionError("it is never full")


async def test_what_was_accepted_is_finished_though_no_byte_is_left(
    job_store: RedisJobStore, ledger: JobLedger, small: QueueSettings
) -> None:
    jobs = await fill(job_store, small)
    total = sum(jobs.values())
    assert total > 2 * BATCH
    fill_up(small)
    assert (await job_store.queue_state()).depth == total
    card = WorkerCard("attic", 7, 2, "1.0")
    dead = 0
    for number in range(total):
        if number % 500 == 0:
            ledger.beat("worker", card)
        claim = ledger.take("worker:1")
        assert claim is not None
        ledger.extend(["worker:1"])
        if number % 100:
            assert ledger.settle(claim.item_id, claim.owner, ItemState.INDEXED, "", "")
        else:
            error = QueueUnavailable("refused")
            became = ledger.fail(
                claim.item_id, claim.owner, FailureKind.REFUSED, error, delay_seconds=0
            )
            assert became is ItemState.DEAD
            dead += 1
    assert ledger.take("worker:1") is None
    state = await job_store.queue_state()
    assert (state.depth, state.dead_letters) == (0, dead)
    for job_id, count in jobs.items():
        progress = await job_store.progress(job_id)
        assert progress.done
        assert progress.total == count
    assert [worker.alive for worker in await job_store.workers()] == [True]


async def test_a_refusal_says_when_to_come_back_and_leaves_nothing(
    job_store: RedisJobStore, small: QueueSettings
) -> None:
    await fill(job_store, small)
    before = (await job_store.queue_state()).depth
    item = IngestItem("late", "file:///late.mp3")
    for _ in range(2):
        with pytest.raises(QueueFull) as refused:
            await job_store.submit([item], request_id="again")
    assert refused.value.reason == "QUEUE_FULL"
    assert refused.value.retry_after_seconds > 1
    assert refused.value.retryable
    assert (await job_store.queue_state()).depth == before
    with redis.Redis.from_url(small.redis_url) as client:
        client.config_set("maxmemory", 4 * MEMORY_BYTES)
    assert not (await job_store.submit([item], request_id="again")).repeated


async def test_a_request_that_was_accepted_is_known_again_though_it_is_full(
    job_store: RedisJobStore, small: QueueSettings
) -> None:
    item = IngestItem("early", "file:///early.mp3")
    job_id = (await job_store.submit([item], request_id="first")).job_id
    await fill(job_store, small)
    again = await job_store.submit([item], request_id="first")
    assert (again.job_id, again.repeated) == (job_id, True)


async def test_dead_letters_wait_for_room(
    job_store: RedisJobStore, ledger: JobLedger, small: QueueSettings
) -> None:
    await job_store.submit([IngestItem("dead", "file:///dead.mp3")])
    claim = ledger.take("worker:1")
    assert claim is not None
    error = QueueUnavailable("refused")
    ledger.fail(claim.item_id, claim.owner, FailureKind.REFUSED, error, delay_seconds=0)
    await fill(job_store, small)
    for chosen in ([claim.item_id], []):
        with pytest.raises(QueueFull):
            await job_store.replay(chosen)
    assert (await job_store.dead_letters(limit=9))[2] == 1
