"""Words of tracks that an earlier version stored are made, and metrics tell whether any wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from query_service import DIMENSION, BandEmbedder, embedded
from segue.catalogues import Catalogues
from segue.errors import IndexUnavailable
from segue.index import payload
from segue.index.edge.index import EdgeIndex
from segue.query import word_keeper
from segue.query.backends import Backends
from segue.query.word_keeper import WordKeeper

OLD = [f"old{number}" for number in range(5)]


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[EdgeIndex]:
    opened = await EdgeIndex.open(tmp_path / "index", space="bands-v1", dimension=DIMENSION)
    yield opened
    await opened.close()


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_keeper, "BATCH_TRACKS", 2)
    for pause in ("PAUSE_SECONDS", "PAUSE_WHEN_DONE_SECONDS", "PAUSE_AFTER_FAILURE_SECONDS"):
        monkeypatch.setattr(word_keeper, pause, 0.01)


def sample(name: str) -> float:
    value = REGISTRY.get_sample_value(f"segue_words_{name}")
    assert value is not None
    return value


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def kept(index: EdgeIndex, condition: Callable[[], bool]) -> None:
    backends = Backends(BandEmbedder())
    backends.index_opened(index)
    keeping = asyncio.create_task(WordKeeper(backends).keep())
    try:
        await until(condition)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@pytest.mark.usefixtures("quickly")
async def test_words_are_made_and_counted(
    index: EdgeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(payload, "words_payload", lambda track: {})
        await index.upsert([embedded(name, 0) for name in OLD])
    await index.upsert([embedded("new", 10)])
    before, seen = sample("filled_total"), set()

    def done() -> bool:
        seen.add(sample("waiting"))
        return sample("filled_total") == before + len(OLD) and sample("waiting") == 0

    await kept(index, done)
    assert 1 in seen
    found, _ = await index.find("old", limit=10)
    assert {track.track_id for track in found} == set(OLD)


@pytest.mark.usefixtures("quickly")
async def test_what_cannot_be_looked_through_may_hold_tracks_that_wait(
    index: EdgeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(**_: Any) -> Any:
        raise IndexUnavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(index, "fill_words", refused)
        await kept(index, lambda: sample("waiting") == 1)
    await kept(index, lambda: sample("waiting") == 0)


@pytest.mark.usefixtures("quickly")
async def test_words_are_made_in_every_catalogue(
    index: EdgeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await EdgeIndex.open(
        tmp_path / "index", space="bands-v1", dimension=DIMENSION, catalogue="archive"
    )
    with monkeypatch.context() as earlier:
        earlier.setattr(payload, "words_payload", lambda track: {})
        for one in (index, other):
            await one.upsert([embedded(name, 0) for name in OLD])
    backends = Backends(BandEmbedder(), catalogues=Catalogues(("archive",)))
    before = sample("filled_total")
    keeper = WordKeeper(backends)
    keeping = asyncio.create_task(keeper.keep())
    try:
        await asyncio.sleep(0)
        for one in (index, other):
            backends.index_opened(one)
        await until(lambda: sample("filled_total") == before + 2 * len(OLD))
        await until(lambda: sample("waiting") == 0)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    for one in (index, other):
        found, _ = await one.find("old3", limit=9)
        assert [track.track_id for track in found] == ["old3"]
    await other.close()
