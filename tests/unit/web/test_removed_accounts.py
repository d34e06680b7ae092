"""What removed accounts leave behind is cleared up, and nobody has it after them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from redis_process import RedisProcess
from segue.jobs.playlist_store import RedisPlaylistStore
from segue.saved_playlists import PlaylistDraft
from segue.settings import QueueSettings
from segue.web import removed_accounts
from segue.web.accounts import Accounts
from segue.web.removed_accounts import cleared

DRAFT = PlaylistDraft("Sunday", ("a",), public=True)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[RedisPlaylistStore]:
    opened = RedisPlaylistStore(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removed_accounts, "EVERY_SECONDS", 0.02)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_playlists_and_stars_go_and_the_next_of_the_name_has_none(
    store: RedisPlaylistStore, tmp_path: Path
) -> None:
    accounts = Accounts(tmp_path)
    first, bob = accounts.add("ann").account_id, accounts.add("bob").account_id
    for account in (first, bob):
        await store.create(account, DRAFT)
        await store.star(account, ["tr-a"])

    async def is_left(*owners: str) -> bool:
        return sorted(one.owner for one in await store.every()) == sorted(owners)

    async with cleared(accounts, store):
        accounts.remove("ann")
        second = accounts.add("ann").account_id
        await store.create(second, DRAFT)
        await until(lambda: is_left(bob, second))
        accounts.remove("ann")
        await until(lambda: is_left(bob))
    assert await store.stars(first) == {}
    assert list(await store.stars(bob)) == ["tr-a"]


async def test_what_was_removed_while_nothing_ran_goes_with_the_next_start(
    store: RedisPlaylistStore, tmp_path: Path
) -> None:
    accounts = Accounts(tmp_path)
    await store.create(accounts.add("ann").account_id, DRAFT)
    Accounts(tmp_path).remove("ann")

    async def is_empty() -> bool:
        return not await store.every()

    async with cleared(accounts, store):
        await until(is_empty)


async def test_an_outage_is_told_once_and_outlived(
    redis_process: RedisProcess, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = RedisPlaylistStore(QueueSettings(redis_url=redis_process.url), timeout_seconds=0.2)
    accounts = Accounts(tmp_path)
    await store.create(accounts.add("ann").account_id, DRAFT)
    redis_process.kill()
    accounts.remove("ann")

    async def is_told() -> bool:
        return bool(caplog.records)

    async def is_empty() -> bool:
        return not await store.every()

    with caplog.at_level(logging.WARNING, removed_accounts.__name__):
        async with cleared(accounts, store):
            await until(is_told)
            await asyncio.sleep(0.3)
            redis_process.start()
            await until(is_empty)
    await store.close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
