"""What is noted of changed tracks, over a real server that loses its data in between."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import redis

from redis_process import RedisProcess
from segue.errors import QueueUnavailable
from segue.ingest_jobs import IngestItem, ItemState
from segue.jobs import changed_tracks
from segue.jobs.changed_tracks import ChangedTracks
from segue.jobs.ledger import JobLedger
from segue.jobs.redis_store import RedisJobStore
from segue.settings import QueueSettings


@pytest.fixture
async def changed(redis_url: str) -> AsyncIterator[ChangedTracks]:
    opened = ChangedTracks(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


async def ids_since(changed: ChangedTracks, position: str) -> set[str] | None:
    found = await changed.since(position)
    return None if found is None else set(found.track_ids)


async def test_everybody_hears_what_came_after_them(changed: ChangedTracks) -> None:
    first = await changed.position()
    assert await changed.position() == first
    assert await ids_since(changed, first) == set()
    await changed.note(["a", "b"])
    second = await changed.since(first)
    assert second is not None
    assert second.track_ids == {"a", "b"}
    await changed.note(["a"])
    assert await ids_since(changed, first) == {"a", "b"}
    assert await ids_since(changed, second.position) == {"a"}
    assert await changed.position() == (await changed.since(first)).position  # type: ignore[union-attr]


async def test_who_missed_something_is_told_so(
    changed: ChangedTracks, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await changed.since("") is None
    start = await changed.position()
    await changed.note_all()
    assert await changed.since(start) is None
    start = await changed.position()
    assert await ids_since(changed, start) == set()
    monkeypatch.setattr(changed_tracks, "MOST_KEPT", 100)
    for number in range(50):
        await changed.note([f"{number}-{each}" for each in range(100)])
    assert await changed.since(start) is None, "trimmed"
    start = await changed.position()
    await changed.note([str(number) for number in range(101)])
    assert await changed.since(start) is None, "too many at once"
    start = await changed.position()
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    assert await changed.since(start) is None
    await changed.note(["a"])
    assert await changed.since(start) is None


async def test_a_catalogue_has_its_own(changed: ChangedTracks, redis_url: str) -> None:
    archive = ChangedTracks(QueueSettings(redis_url=redis_url), catalogue="archive")
    starts = await changed.position(), await archive.position()
    await archive.note(["a"])
    assert await ids_since(changed, starts[0]) == set()
    assert await ids_since(archive, starts[1]) == {"a"}
    await archive.close()


async def test_workers_note_what_they_settle(changed: ChangedTracks, redis_url: str) -> None:
    settings = QueueSettings(redis_url=redis_url)
    store, ledger = RedisJobStore(settings), JobLedger(settings)
    archive = ChangedTracks(settings, catalogue="archive")
    starts = await changed.position(), await archive.position()
    states = {"new": ItemState.INDEXED, "old": ItemState.SKIPPED}
    for catalogue, name in (("", "new"), ("archive", "old")):
        item = IngestItem(name, f"file:///{name}.flac", catalogue=catalogue)
        job = (await store.submit([item])).job_id
        assert ledger.claim(f"{job}/0", "me") is not None
        assert not ledger.settle(f"{job}/0", "another", states[name])
        assert await ids_since(archive if catalogue else changed, starts[bool(catalogue)]) == set()
        assert ledger.settle(f"{job}/0", "me", states[name])
    assert await ids_since(changed, starts[0]) == {"new"}
    assert await ids_since(archive, starts[1]) == {"old"}
    ledger.close()
    for opened in (store, archive):
        await opened.close()


async def test_without_a_queue_nothing_is_told(redis_process: RedisProcess) -> None:
    changed = ChangedTracks(QueueSettings(redis_url=redis_process.url), timeout_seconds=0.2)
    start = await changed.position()
    redis_process.kill()
    for call in (changed.position(), changed.since(start), changed.note(["a"]), changed.note_all()):
        with pytest.raises(QueueUnavailable):
            await call
    await changed.close()
