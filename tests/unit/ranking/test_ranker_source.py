"""The ranker that a query service holds: which one, for which space, beside which factors."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from prometheus_client import REGISTRY

from segue.errors import QueueUnavailable, RankerNotFound
from segue.ranker import RankerAbout
from segue.ranking.learned_ranker import NAMES
from segue.ranking.ranker_source import RankerSource
from unit.ranking.test_learned_ranker import stump


class Published:
    """Rankers in memory; ``down`` says that Redis is."""

    def __init__(self) -> None:
        self.current = ""
        self.rankers: dict[str, tuple[RankerAbout, bytes]] = {}
        self.factors = {"f1"}
        self.down = False

    def publish(self, version: str, trees: bytes = stump("acoustic"), space: str = "m-v1") -> None:
        about = RankerAbout(version, 1.0, space, "f1", NAMES, 1, 1, 1)
        self.rankers[version] = (about, trees)
        self.current = version

    async def current_version(self) -> str:
        if self.down:
            raise QueueUnavailable("no answer")
        return self.current

    async def ranker(self, version: str) -> tuple[RankerAbout, bytes]:
        if version not in self.rankers:
            raise RankerNotFound(version)
        return self.rankers[version]

    async def has_factors(self, learnt_as: str) -> bool:
        return learnt_as in self.factors


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def source(published: Published) -> RankerSource:
    return RankerSource(published, poll_seconds=60)


async def test_without_a_ranker_there_is_no_reason_to_give(source: RankerSource) -> None:
    assert source.fitting("m-v1") == (None, "")
    await source.look()
    assert (source.version, source.fitting("m-v1")) == ("", (None, ""))


async def test_it_follows_what_is_served(published: Published, source: RankerSource) -> None:
    published.publish("1")
    await source.look()
    ranker, why = source.fitting("m-v1")
    assert ranker is not None
    assert (source.version, ranker.uses, why) == ("1", {"acoustic"}, "")
    published.publish("2", stump("year"))
    await source.look()
    ranker, _ = source.fitting("m-v1")
    assert ranker is not None
    assert ranker.uses == {"year"}
    published.current = ""
    await source.look()
    assert source.fitting("m-v1") == (None, "")


async def test_one_of_an_older_space_is_not_used(
    published: Published, source: RankerSource
) -> None:
    published.publish("1", space="old-v1")
    await source.look()
    ranker, why = source.fitting("m-v1")
    assert ranker is None
    assert "of the space old-v1, and m-v1 is searched" in why
    assert "segue rank train" in why


async def test_one_whose_factors_are_gone_is_not_used_until_they_are_back(
    published: Published, source: RankerSource
) -> None:
    published.publish("1")
    published.factors.clear()
    await source.look()
    ranker, why = source.fitting("m-v1")
    assert ranker is None
    assert "factors that the published ranker has learned with are gone" in why
    published.factors.add("f1")
    await source.look()
    assert source.fitting("m-v1")[0] is not None


async def test_a_damaged_one_is_told_of_once_and_takes_the_place_of_the_one_before(
    published: Published, source: RankerSource, caplog: pytest.LogCaptureFixture
) -> None:
    published.publish("1")
    await source.look()
    published.publish("2", b"{}")
    with caplog.at_level(logging.WARNING):
        await source.look()
        await source.look()
    assert [one.message for one in caplog.records] == [
        "the ranker cannot be loaded: the ranker is damaged [RANKER_UNUSABLE]"
    ]
    ranker, why = source.fitting("m-v1")
    assert ranker is None
    assert "cannot be used (the ranker is damaged)" in why


async def test_without_redis_it_goes_on_with_what_it_has(
    published: Published, source: RankerSource
) -> None:
    published.publish("1")
    await source.look()
    published.down = True
    await source.look()
    assert source.fitting("m-v1")[0] is not None


async def test_one_that_is_removed_between_two_questions_changes_nothing(
    published: Published, source: RankerSource
) -> None:
    published.publish("1")
    await source.look()
    published.current = "gone"
    await source.look()
    assert source.version == "1"


async def test_metrics_tell_which_is_loaded_and_that_one_cannot_be(
    published: Published, source: RankerSource
) -> None:
    def shown(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(f"segue_learned_{name}", {"what": "ranker", **labels})

    published.publish("1")
    await source.look()
    assert shown("info", version="1") == 1
    assert (shown("listeners"), shown("tracks"), shown("failing")) == (1, None, 0)
    failed = {"outcome": "failed", "reason": "RANKER_UNUSABLE"}
    before = shown("loads_total", **failed) or 0
    published.publish("2", b"{}")
    for _ in range(2):
        await source.look()
        assert shown("failing") == 1
        assert shown("loads_total", **failed) == before + 1
    assert shown("info", version="1") is None
    published.current = "1"
    await source.look()
    assert (shown("info", version="1"), shown("failing")) == (1, 0)


async def test_a_defect_is_told_of_and_what_comes_after_it_is_served(
    published: Published, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def defect(version: str) -> Any:
        raise ZeroDivisionError(version)

    def failing() -> float | None:
        return REGISTRY.get_sample_value("segue_learned_failing", {"what": "ranker"})

    source = RankerSource(published, poll_seconds=0.01)
    published.publish("1")
    with monkeypatch.context() as broken:
        broken.setattr(published, "ranker", defect)
        source.start()
        async with asyncio.timeout(60):
            while failing() != 1:
                await asyncio.sleep(0.01)
    assert "the ranker could not be loaded" in caplog.text
    async with asyncio.timeout(60):
        while source.version != "1" or failing() != 0:
            await asyncio.sleep(0.01)
    await source.close()
