"""Changes are noted a moment later, also those that could not be noted at first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from redis_process import RedisProcess
from segue.jobs.changed_tracks import ChangedTracks
from segue.query import change_notes
from segue.query.change_notes import ChangeNotes
from segue.settings import QueueSettings


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOGETHER_SECONDS", "PAUSE_AFTER_FAILURE_SECONDS"):
        monkeypatch.setattr(change_notes, name, 0.02)


def opened(redis_url: str) -> ChangedTracks:
    return ChangedTracks(QueueSettings(redis_url=redis_url), timeout_seconds=0.5)


@asynccontextmanager
async def kept(notes: ChangeNotes) -> AsyncIterator[None]:
    keeping = asyncio.create_task(notes.keep())
    yield
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def ids_within(changed: ChangedTracks, position: str, least: int) -> set[str]:
    async with asyncio.timeout(20):
        while True:
            found = await changed.since(position)
            if found is not None and len(found.track_ids) >= least:
                return set(found.track_ids)
            await asyncio.sleep(0.01)


async def test_a_start_may_have_changed_anything(redis_url: str) -> None:
    reader = opened(redis_url)
    before = await reader.position()
    notes = ChangeNotes({"": opened(redis_url)})
    async with kept(notes), asyncio.timeout(20):
        while await reader.since(before) is not None:
            await asyncio.sleep(0.01)
    await notes.close()
    await reader.close()


async def test_what_changes_is_noted_in_its_catalogue_and_the_rest_when_it_closes(
    redis_url: str,
) -> None:
    reader = opened(redis_url)
    notes = ChangeNotes({"": opened(redis_url)})
    async with kept(notes):
        while not await reader._redis.exists(reader._key):
            await asyncio.sleep(0.01)
        start = await reader.position()
        notes.note("elsewhere", ["z"])
        notes.note("", [])
        notes.note("", ["a", "b"])
        assert await ids_within(reader, start, 2) == {"a", "b"}
    notes.note("", ["c"])
    await notes.close()
    assert await ids_within(reader, start, 3) == {"a", "b", "c"}
    await reader.close()


async def test_what_cannot_be_noted_waits(
    redis_process: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    reader = opened(redis_process.url)
    notes = ChangeNotes({"": opened(redis_process.url)})
    with caplog.at_level(logging.WARNING, change_notes.__name__):
        async with kept(notes):
            while not await reader._redis.exists(reader._key):
                await asyncio.sleep(0.01)
            start = await reader.position()
            redis_process.kill()
            notes.note("", ["a"])
            while not caplog.records:
                await asyncio.sleep(0.01)
            notes.note("", ["b"])
            redis_process.start()
            assert await ids_within(reader, start, 2) == {"a", "b"}
    assert len(caplog.records) == 1
    await notes.close()
    await reader.close()
