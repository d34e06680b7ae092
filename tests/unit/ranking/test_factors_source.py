"""The built-in recommender over factors that are really published."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from redis_process import RedisProcess
from segue.errors import CollaborativeUnavailable
from segue.factors import FactorsAbout, FactorTable, ListenerFactors, Origin
from segue.jobs.factor_store import FactorStore
from segue.ranking.collaborative import ScoreQuery, ask, check
from segue.ranking.factors_source import FactorsSource
from segue.settings import FactorSettings, QueueSettings

ABOUT = FactorsAbout("", "als", 1.0, 2, 3, 1, {})
LISTENERS = ListenerFactors(["ann"], np.array([[1, 0]], np.float32))


def table(*factors: tuple[float, float]) -> FactorTable:
    count = len(factors)
    return FactorTable(
        ["a", "b", "c"][:count],
        np.array(factors, np.float32),
        np.zeros(count, np.float32),
        np.array([3, 1, 0][:count], np.int32),
        np.full(count, Origin.LISTENED, np.uint8),
    )


FIRST = table((1, 0), (0.5, 0.5), (0, 1))


def query(user: str = "ann", *, seeds: tuple[str, ...] = (), limit: int = 0) -> ScoreQuery:
    return ScoreQuery(user, seeds, ("a", "x"), limit)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[FactorStore]:
    opened = FactorStore(QueueSettings(redis_url=redis_url), FactorSettings(), timeout_seconds=2.0)
    yield opened
    await opened.close()


@pytest.fixture
async def source(store: FactorStore) -> AsyncIterator[FactorsSource]:
    opened = FactorsSource(store, poll_seconds=0.02)
    yield opened
    await opened.close()


async def test_listeners_seeds_and_strangers(store: FactorStore, source: FactorsSource) -> None:
    await store.publish(FIRST, LISTENERS, ABOUT, learnt_from=1.0)
    await source.look()
    assert await ask(source, query(), timeout_seconds=30) == pytest.approx({"a": 1.0})
    suggested = await ask(source, query(limit=1), timeout_seconds=30)
    assert suggested == pytest.approx({"a": 1.0, "b": 0.5})
    seeded = await ask(source, query("", seeds=("c",), limit=1), timeout_seconds=30)
    assert seeded == pytest.approx({"a": 0.0, "b": 0.5**0.5})
    assert await ask(source, query("bob"), timeout_seconds=30) == {}
    assert await ask(source, query("", seeds=("x",)), timeout_seconds=30) == {}
    assert source.of(["b", "x", "a"]) == pytest.approx({"b": 0.5, "a": 1.0})


async def test_one_who_is_forgotten_has_no_scores_at_once(
    store: FactorStore, source: FactorsSource
) -> None:
    await store.publish(FIRST, LISTENERS, ABOUT, learnt_from=1.0)
    await source.look()
    await store.forget("ann")
    assert await ask(source, query(), timeout_seconds=30) == {}


async def test_what_is_published_later_is_served_and_so_is_its_removal(
    store: FactorStore, source: FactorsSource
) -> None:
    source.start()

    async def until(version: str) -> None:
        async with asyncio.timeout(60):
            while source.version != version:
                await asyncio.sleep(0.01)

    first = await store.publish(FIRST, LISTENERS, ABOUT, learnt_from=1.0)
    await until(first.version)
    second = await store.publish(table((4, 0)), LISTENERS, ABOUT, learnt_from=1.0)
    await until(second.version)
    assert await ask(source, query(), timeout_seconds=30) == pytest.approx({"a": 4.0})
    await store.use(first.version)
    await until(first.version)
    await store.remove(first.version, current=True)
    await until("")
    with pytest.raises(CollaborativeUnavailable, match="no factors are published"):
        await ask(source, query(), timeout_seconds=30)


async def test_nothing_published_is_neither_well_nor_ill(source: FactorsSource) -> None:
    with pytest.raises(CollaborativeUnavailable, match="on their way"):
        await ask(source, query(), timeout_seconds=30)
    assert source.of(["a"]) == {}
    assert await check(source, timeout_seconds=30) is False


async def test_in_an_outage_what_is_loaded_goes_on_for_seeds(
    store: FactorStore, source: FactorsSource, redis_process: RedisProcess
) -> None:
    await store.publish(FIRST, LISTENERS, ABOUT, learnt_from=1.0)
    assert await check(source, timeout_seconds=30) is True
    redis_process.kill()
    await source.look()
    assert await ask(source, query("", seeds=("c",)), timeout_seconds=30) == {"a": 0.0}
    with pytest.raises(CollaborativeUnavailable):
        await ask(source, query(), timeout_seconds=30)
    with pytest.raises(CollaborativeUnavailable, match="cannot be loaded"):
        await check(source, timeout_seconds=30)


async def test_listeners_of_other_factors_have_no_scores(
    store: FactorStore, source: FactorsSource
) -> None:
    other = ListenerFactors(["ann"], np.ones((1, 3), np.float32))
    await store.publish(FIRST, other, ABOUT, learnt_from=1.0)
    await source.look()
    assert await ask(source, query(), timeout_seconds=30) == {}


async def test_metrics_tell_what_is_loaded_and_that_it_cannot_be(
    store: FactorStore, source: FactorsSource, redis_process: RedisProcess, redis_url: str
) -> None:
    def shown(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(f"segue_learned_{name}", {"what": "factors", **labels})

    await source.look()
    assert shown("failing") == 0
    assert shown("tracks") is None
    first = await store.publish(FIRST, LISTENERS, ABOUT, learnt_from=1.0)
    await source.look()
    assert shown("info", version=first.version) == 1
    assert (shown("tracks"), shown("listeners"), shown("failing")) == (3, 1, 0)
    age = shown("age_seconds")
    assert age is not None
    assert age == pytest.approx(time.time() - ABOUT.created_at, rel=1e-3)

    second = await store.publish(table((4, 0)), LISTENERS, ABOUT, learnt_from=1.0)
    failed = {"outcome": "failed", "reason": "FACTORS_UNUSABLE"}
    before = shown("loads_total", **failed) or 0
    async with Redis.from_url(redis_url) as redis:
        await redis.set(f"segue:factors:{second.version}:tracks:0", b"damaged")
    await source.look()
    assert shown("failing") == 1
    assert shown("loads_total", **failed) == before + 1
    # Those before go on being served, and stay what is shown.
    assert shown("info", version=first.version) == 1
    assert shown("info", version=second.version) is None

    redis_process.kill()
    await source.look()
    assert shown("failing") == 1
    assert shown("loads_total", outcome="failed", reason="QUEUE_UNAVAILABLE") is not None


async def test_going_back_to_what_is_loaded_ends_the_failure(
    store: FactorStore, source: FactorsSource, redis_url: str
) -> None:
    first = await store.publish(FIRST, LISTENERS, ABOUT, learnt_from=1.0)
    await source.look()
    second = await store.publish(table((4, 0)), LISTENERS, ABOUT, learnt_from=1.0)
    async with Redis.from_url(redis_url) as redis:
        await redis.set(f"segue:factors:{second.version}:tracks:0", b"damaged")
    await source.look()
    failing = "segue_learned_failing", {"what": "factors"}
    assert REGISTRY.get_sample_value(*failing) == 1
    await store.use(first.version)
    await source.look()
    assert REGISTRY.get_sample_value(*failing) == 0


async def test_a_defect_is_told_of_and_what_comes_after_it_is_served(
    store: FactorStore, source: FactorsSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def defect(version: str) -> Any:
        raise ZeroDivisionError(version)

    def failing() -> float | None:
        return REGISTRY.get_sample_value("segue_learned_failing", {"what": "factors"})

    first = await store.publish(FIRST, LISTENERS, ABOUT, learnt_from=1.0)
    with monkeypatch.context() as broken:
        broken.setattr(store, "table", defect)
        source.start()
        async with asyncio.timeout(60):
            while failing() != 1:
                await asyncio.sleep(0.01)
    async with asyncio.timeout(60):
        while source.version != first.version or failing() != 0:
            await asyncio.sleep(0.01)
