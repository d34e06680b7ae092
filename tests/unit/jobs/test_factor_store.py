"""Published factors over a real Redis: switched at once, never half there, gone when forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import redis

from redis_process import RedisProcess
from segue.errors import (
    FactorsBusy,
    FactorsInUse,
    FactorsNotFound,
    FactorsTooLarge,
    FactorsUnusable,
    QueueFull,
    QueueUnavailable,
)
from segue.factors import FactorsAbout, FactorTable, ListenerFactors, Origin
from segue.jobs.factor_store import FactorStore
from segue.settings import FactorSettings, QueueSettings

ABOUT = FactorsAbout("", "als", 1.0, 0, 0, 0, {}, "m-v1")


def table(tracks: int = 5, factors: int = 4, *, seed: int = 0) -> FactorTable:
    random = np.random.default_rng(seed)
    return FactorTable(
        [f"track {number}" for number in range(tracks)],
        random.normal(size=(tracks, factors)).astype(np.float32),
        random.normal(size=tracks).astype(np.float32),
        random.integers(0, 9, tracks).astype(np.int32),
        np.full(tracks, Origin.LISTENED, np.uint8),
    )


def people(count: int = 3, factors: int = 4) -> ListenerFactors:
    random = np.random.default_rng(count)
    return ListenerFactors(
        [f"é {number}" for number in range(count)],
        random.normal(size=(count, factors)).astype(np.float32),
    )


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[FactorStore]:
    opened = FactorStore(QueueSettings(redis_url=redis_url), FactorSettings(factors_mb=8))
    yield opened
    await opened.close()


def keys(url: str) -> set[str]:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return set(client.keys("segue:factors:*"))


async def test_what_is_published_is_served_whole(store: FactorStore) -> None:
    assert await store.current_version() == ""
    large = table(20_000, 40)  # of several pieces
    about = await store.publish(large, people(2_500, 40), ABOUT, learnt_from=1.0)
    assert await store.current_version() == about.version
    assert (about.tracks, about.listeners, about.factors) == (20_000, 2_500, 40)
    assert about.size_bytes > large.factors.nbytes
    assert await store.versions() == [about]
    again = await store.table(about.version)
    assert list(again.track_ids) == large.track_ids
    np.testing.assert_array_equal(again.factors, large.factors)
    found = await store.listener(about.version, "é 7")
    np.testing.assert_array_equal(found, people(2_500, 40).factors[7])
    assert await store.listener(about.version, "nobody") is None
    everybody = await store.listeners(about.version)
    assert sorted(everybody.user_ids) == sorted(people(2_500).user_ids)
    row = everybody.user_ids.index("é 7")
    np.testing.assert_array_equal(everybody.factors[row], found)


async def test_the_version_before_is_kept_and_can_be_served_again(
    store: FactorStore, redis_url: str
) -> None:
    made = [
        await store.publish(table(seed=seed), people(), ABOUT, learnt_from=1.0) for seed in range(3)
    ]
    names = [one.version for one in made]
    assert [one.version for one in await store.versions()] == [names[2], names[1]]
    assert not any(names[0] in key for key in keys(redis_url))
    await store.use(names[1])
    assert await store.current_version() == names[1]
    np.testing.assert_array_equal((await store.table(names[1])).factors, table(seed=1).factors)
    # The one before is the one that was served before.
    last = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    assert [one.version for one in await store.versions()] == [last.version, names[1]]
    for call in (store.use, store.remove, store.table, store.about):
        with pytest.raises(FactorsNotFound):
            await call("20200101T000000000-0000")


async def test_a_version_is_removed_and_the_served_one_only_when_that_is_meant(
    store: FactorStore, redis_url: str
) -> None:
    first = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    second = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    await store.remove(first.version)
    with pytest.raises(FactorsInUse):
        await store.remove(second.version)
    assert await store.versions() == [second]
    await store.remove(second.version, current=True)
    assert await store.current_version() == ""
    assert keys(redis_url) == set()


async def test_what_is_too_large_is_refused_before_anything_is_written(
    store: FactorStore, redis_url: str
) -> None:
    with pytest.raises(FactorsTooLarge, match="may take 8"):
        await store.publish(table(40_000, 64), people(4, 64), ABOUT, learnt_from=1.0)
    with pytest.raises(FactorsTooLarge):
        await store.publish(table(1, 64), people(40_000, 64), ABOUT, learnt_from=1.0)
    assert keys(redis_url) == set()


async def test_a_full_queue_keeps_what_was_served(store: FactorStore, redis_url: str) -> None:
    first = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    before = keys(redis_url)
    with redis.Redis.from_url(redis_url) as client:
        used = int(client.info("memory")["used_memory"])
        client.config_set("maxmemory", used + 2 * 1024 * 1024)
        client.config_set("maxmemory-policy", "noeviction")
    with pytest.raises(QueueFull):
        await store.publish(table(20_000, 64), people(2_000, 64), ABOUT, learnt_from=1.0)
    assert await store.current_version() == first.version
    assert keys(redis_url) - before <= {"segue:factors:publishing"}


async def test_a_listener_is_forgotten_in_every_version(store: FactorStore) -> None:
    first = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    second = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    assert await store.forget("é 1") is True
    assert await store.forget("é 1") is False
    for version in (first.version, second.version):
        assert await store.listener(version, "é 1") is None
        assert await store.listener(version, "é 2") is not None


async def test_who_was_forgotten_while_factors_were_learnt_is_left_out(
    store: FactorStore, redis_url: str
) -> None:
    assert await store.forget("é 1") is False
    about = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    assert about.listeners == 2
    assert await store.listener(about.version, "é 1") is None
    with redis.Redis.from_url(redis_url) as client:
        noted = client.zrange("segue:factors:forgotten", 0, -1)
        assert len(noted) == 1
        assert "é 1".encode() not in noted[0]
        assert 0 < client.ttl("segue:factors:forgotten") <= 86_400
    # What is learnt from what is read now has not seen them, unless they came back.
    later = await store.publish(table(), people(), ABOUT, learnt_from=1e12)
    assert later.listeners == 3


async def test_who_is_forgotten_while_factors_are_written_is_not_in_them(
    store: FactorStore,
) -> None:
    publishing = asyncio.create_task(store.publish(table(), people(6_000), ABOUT, learnt_from=1.0))
    while not publishing.done():
        await store.forget("é 3")
        await asyncio.sleep(0)
    about = await publishing
    assert await store.listener(about.version, "é 3") is None


async def test_two_do_not_publish_at_once_and_one_that_died_leaves_nothing(
    store: FactorStore, redis_url: str
) -> None:
    publishing = asyncio.create_task(
        store.publish(table(20_000, 40), people(9_000, 40), ABOUT, learnt_from=1.0)
    )
    while not any(":tracks:0" in key for key in keys(redis_url)):
        await asyncio.sleep(0)
    while not publishing.done():
        # Before Python 3.12 wait_for, which redis-py uses, loses one that comes with an answer.
        publishing.cancel()
        await asyncio.sleep(0)
    assert publishing.cancelled()
    async with asyncio.timeout(60):
        while keys(redis_url):
            await asyncio.sleep(0.01)
    with redis.Redis.from_url(redis_url) as client:
        client.set("segue:factors:publishing", "somebody else", ex=60)
        with pytest.raises(FactorsBusy):
            await store.publish(table(), people(), ABOUT, learnt_from=1.0)
        assert keys(redis_url) == {"segue:factors:publishing"}
        client.delete("segue:factors:publishing")
        # One that was killed could not clear up after itself.
        client.sadd("segue:factors:begun", "20200101T000000000-dead")
        client.set("segue:factors:20200101T000000000-dead:tracks:0", b"x")
        client.hset("segue:factors:20200101T000000000-dead:listeners", "é", b"x")
    await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    assert not any("dead" in key for key in keys(redis_url))


async def test_damage_is_told_and_an_outage_too(
    store: FactorStore, redis_process: RedisProcess
) -> None:
    about = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    with redis.Redis.from_url(redis_process.url) as client:
        client.append(f"segue:factors:{about.version}:tracks:0", b"x")
    with pytest.raises(FactorsUnusable):
        await store.table(about.version)
    redis_process.kill()
    with pytest.raises(QueueUnavailable):
        await store.current_version()


async def test_what_is_published_survives_a_kill(
    store: FactorStore, redis_process: RedisProcess
) -> None:
    about = await store.publish(table(), people(), ABOUT, learnt_from=1.0)
    redis_process.kill()
    redis_process.start()
    assert await store.current_version() == about.version
    assert await store.listener(about.version, "é 0") is not None


async def test_factors_of_catalogues_are_apart(redis_url: str, store: FactorStore) -> None:
    settings = FactorSettings(factors_mb=8)
    other = FactorStore(QueueSettings(redis_url=redis_url), settings, catalogue="archive")
    try:
        own = await store.publish(table(3, 4), people(2), ABOUT, learnt_from=1.0)
        assert (await other.current_version(), await other.versions()) == ("", [])
        theirs = await other.publish(table(5, 4), people(3), ABOUT, learnt_from=1.0)
        assert (await store.current_version(), await store.versions()) == (own.version, [own])
        assert len((await other.table(theirs.version)).track_ids) == 5
        with pytest.raises(FactorsNotFound):
            await store.use(theirs.version)
        assert await other.forget("é 0")
        assert await store.listener(own.version, "é 0") is not None
        await other.remove(theirs.version, current=True)
        assert await store.current_version() == own.version
        assert keys(redis_url)
    finally:
        await other.close()
