"""Which workers live, as a real Redis has heard."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from redis_process import RedisProcess
from segue.ingest_jobs import IngestItem
from segue.jobs.ledger import JobLedger
from segue.jobs.presence import FORGET_SECONDS, SILENCE_SECONDS, WorkerCard
from segue.jobs.redis_store import RedisJobStore
from segue.settings import QueueSettings

ATTIC = WorkerCard("attic", 7, 2, "1.0")
CELLAR = WorkerCard("cellar", 8, 4, "1.0")


@pytest.fixture
async def job_store(redis_url: str) -> AsyncIterator[RedisJobStore]:
    opened = RedisJobStore(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


@pytest.fixture
def ledger(redis_url: str) -> Iterator[JobLedger]:
    opened = JobLedger(QueueSettings(redis_url=redis_url))
    yield opened
    opened.close()


def heard_before(ledger: JobLedger, worker: str, seconds: float) -> None:
    """Let the last word of a worker have been so long ago."""
    now, micros = ledger._redis.time()
    ledger._redis.zadd("segue:workers", {worker: (now - seconds) * 1000 + micros / 1000})


async def alive(job_store: RedisJobStore) -> list[WorkerCard]:
    return [worker.card for worker in await job_store.workers() if worker.alive]


async def test_workers_live_until_they_leave_or_fall_silent(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    assert await job_store.workers() == []
    ledger.beat("one", ATTIC)
    ledger.beat("two", CELLAR)
    heard_before(ledger, "two", 1)
    assert await alive(job_store) == [ATTIC, CELLAR], "the one heard last comes first"
    heard_before(ledger, "one", SILENCE_SECONDS + 1)
    assert await alive(job_store) == [CELLAR]
    silent = (await job_store.workers())[1]
    assert silent.card == ATTIC
    assert silent.silence_seconds >= SILENCE_SECONDS + 1
    ledger.beat("one", ATTIC)
    ledger.leave("two")
    assert [worker.card for worker in await job_store.workers()] == [ATTIC]


async def test_workers_of_long_ago_are_forgotten(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    ledger.beat("one", ATTIC)
    heard_before(ledger, "one", FORGET_SECONDS + 1)
    assert await job_store.workers() == []
    ledger.beat("two", CELLAR)
    assert ledger._redis.zrange("segue:workers", 0, -1) == ["two"]
    assert ledger._redis.hkeys("segue:workers:about") == ["two"]


async def test_a_word_from_the_future_of_a_clock_that_was_set_back_is_no_silence(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    ledger.beat("one", ATTIC)
    heard_before(ledger, "one", -60)
    (worker,) = await job_store.workers()
    assert worker.alive
    assert worker.silence_seconds == 0


async def test_a_worker_of_a_later_version_may_say_more(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    ledger.beat("one", ATTIC)
    told = {"host": "attic", "pid": 7, "concurrency": 2, "version": "9.0", "mood": "calm"}
    ledger._redis.hset("segue:workers:about", "one", json.dumps(told))
    assert await alive(job_store) == [WorkerCard("attic", 7, 2, "9.0")]


async def test_presence_survives_a_killed_redis(
    job_store: RedisJobStore, ledger: JobLedger, redis_process: RedisProcess
) -> None:
    ledger.beat("one", ATTIC)
    redis_process.kill()
    redis_process.start()
    assert [worker.card for worker in await job_store.workers()] == [ATTIC]


async def test_a_watch_tells_that_no_worker_lives_and_that_one_does_again(
    job_store: RedisJobStore, ledger: JobLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.jobs.watching._HOPE_SECONDS", 0.5)
    monkeypatch.setattr("segue.jobs.watching._LOOK_SECONDS", 0.05)
    monkeypatch.setattr("segue.jobs.news._POLL_SECONDS", 0.05)
    ledger.beat("one", ATTIC)
    submission = await job_store.submit([IngestItem("a", "file:///a")])
    async with asyncio.timeout(60):
        watch = job_store.watch(submission.job_id)
        assert (await anext(watch)).worker_alive is True
        heard_before(ledger, "one", SILENCE_SECONDS + 1)
        gone = await anext(watch)
        assert gone.worker_alive is False
        assert gone.changed == []
        ledger.beat("one", ATTIC)
        assert (await anext(watch)).worker_alive is True


async def test_a_watch_hopes_for_a_worker_that_is_started_again(
    job_store: RedisJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.jobs.watching._HOPE_SECONDS", 1.0)
    monkeypatch.setattr("segue.jobs.news._POLL_SECONDS", 0.05)
    monkeypatch.setattr("segue.jobs.watching._LOOK_SECONDS", 0.05)
    submission = await job_store.submit([IngestItem("a", "file:///a")])
    async with asyncio.timeout(60):
        watch = job_store.watch(submission.job_id)
        began = time.monotonic()
        assert (await anext(watch)).worker_alive is None
        assert (await anext(watch)).worker_alive is False
    assert time.monotonic() - began > 0.5
