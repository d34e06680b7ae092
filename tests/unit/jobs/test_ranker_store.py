"""Published rankers over a real Redis, beside the factors that they have learned with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import redis

from segue.errors import FactorsNotFound, RankerInUse, RankerNotFound, RankerUnusable
from segue.jobs.factor_store import FactorStore
from segue.jobs.ranker_store import MOST_BYTES, RankerStore
from segue.ranker import RankerAbout
from segue.ranking.ranker_source import RankerSource
from segue.settings import FactorSettings, QueueSettings
from unit.jobs.test_factor_store import ABOUT, people, table
from unit.ranking.test_learned_ranker import NAMES, stump

TREES = stump("acoustic")


@pytest.fixture
async def factors(redis_url: str) -> AsyncIterator[FactorStore]:
    opened = FactorStore(QueueSettings(redis_url=redis_url), FactorSettings())
    yield opened
    await opened.close()


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[RankerStore]:
    opened = RankerStore(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


@pytest.fixture
async def about(factors: FactorStore) -> RankerAbout:
    published = await factors.publish(table(), people(), ABOUT, learnt_from=0.0)
    return RankerAbout("", 1.0, "m-v1", published.learnt_as, list(NAMES), 1, 2, 3)


def keys(url: str) -> set[str]:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return set(client.keys("segue:ranker:*"))


async def test_what_is_published_is_served(store: RankerStore, about: RankerAbout) -> None:
    assert await store.current_version() == ""
    whole = await store.publish(TREES, about)
    assert await store.current_version() == whole.version
    assert await store.ranker(whole.version) == (whole, TREES)
    assert whole == replace(about, version=whole.version, size_bytes=len(TREES))


async def test_the_one_before_stays_to_go_back_to(
    store: RankerStore, about: RankerAbout, redis_url: str
) -> None:
    first, second = [await store.publish(TREES, about) for _ in range(2)]
    assert [one.version for one in await store.versions()] == [second.version, first.version]
    await store.use(first.version)
    third = await store.publish(TREES, about)
    assert [one.version for one in await store.versions()] == [third.version, first.version]
    assert keys(redis_url) == {
        "segue:ranker:current",
        "segue:ranker:versions",
        f"segue:ranker:{first.version}:trees",
        f"segue:ranker:{third.version}:trees",
    }


async def test_the_one_that_is_served_is_removed_only_when_that_is_said(
    store: RankerStore, about: RankerAbout, redis_url: str
) -> None:
    version = (await store.publish(TREES, about)).version
    with pytest.raises(RankerInUse):
        await store.remove(version)
    await store.remove(version, current=True)
    assert keys(redis_url) == set()
    for asked in (store.use(version), store.remove(version), store.ranker(version)):
        with pytest.raises(RankerNotFound):
            await asked


async def test_without_its_factors_or_too_large_it_is_not_published(
    store: RankerStore, about: RankerAbout, redis_url: str
) -> None:
    with pytest.raises(FactorsNotFound):
        await store.publish(TREES, replace(about, factors_version="older"))
    with pytest.raises(RankerUnusable, match="may take 16"):
        await store.publish(b" " * (MOST_BYTES + 1), about)
    assert keys(redis_url) == set()


async def test_factors_that_only_gain_cold_tracks_are_still_its_own(
    store: RankerStore, factors: FactorStore, about: RankerAbout
) -> None:
    await store.publish(TREES, about)
    source = RankerSource(store, poll_seconds=60)
    refreshed = await factors.about(await factors.current_version())
    for _ in range(3):
        await factors.publish(table(), people(), refreshed, learnt_from=0.0)
    await source.look()
    assert source.fitting("m-v1")[0] is not None
    for _ in range(2):
        await factors.publish(table(), people(), ABOUT, learnt_from=0.0)
    await source.look()
    ranker, why = source.fitting("m-v1")
    assert ranker is None
    assert "are gone" in why
