"""How long one search keeps the event loop, in processor time: others wait for as long."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from query_service import CARD, DIMENSION, BandEmbedder
from segue.index.edge.builds import BuildPolicy
from segue.index.edge.index import EdgeIndex
from segue.index.edge.shard import Shard
from segue.query.backends import Backends
from segue.query.labels import KnownLabels
from segue.query.paging import PageTokens
from segue.query.search import SimilaritySearch
from segue.query.seeds import SeedSearch
from segue.query.similarity import SimilarityServicer
from segue.tracks import EmbeddedTrack, Segment, Track, TrackMetadata
from segue.v1 import similarity_service_pb2 as messages

LONGEST_SECONDS = 0.05
"""Of processor time."""

MOST_POINTS = 256
"""Of the engine, between two turns of the others."""

TRACKS, PASSAGES = 1_000, 4
NEVER = BuildPolicy(least=1_000_000, share=1.0, pause_seconds=60.0)


def catalogue() -> Iterator[EmbeddedTrack]:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(TRACKS, PASSAGES + 1, DIMENSION)).astype(np.float32)
    rows[:, 1:] += rows[:, :1]
    rows /= np.linalg.norm(rows, axis=2, keepdims=True)
    for number, (song, *passages) in enumerate(rows):
        yield EmbeddedTrack(
            Track(name(number), TrackMetadata(title=f"T{number}", artist=f"A{number % 500}")),
            CARD.space,
            song,
            segments=[
                Segment(place, 10.0 * place, 10.0 * place + 10.0, vector)
                for place, vector in enumerate(passages)
            ],
        )


def name(number: int) -> str:
    return f"t{number:04}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the index."""
    folder = tmp_path_factory.mktemp("pauses")

    async def fill() -> None:
        index = await opened(folder)
        await index.upsert(list(catalogue()))
        await index.close()

    asyncio.run(fill())
    return folder


async def opened(folder: Path) -> EdgeIndex:
    return await EdgeIndex.open(folder, space=CARD.space, dimension=DIMENSION, policy=NEVER)


@pytest.fixture
async def servicer(folder: Path) -> AsyncIterator[SimilarityServicer]:
    """A servicer over the index, of which nothing was read yet."""
    index = await opened(folder)
    backends = Backends(BandEmbedder())
    backends.model_known(CARD)
    backends.index_opened(index)
    search = SimilaritySearch(None, collaborative_timeout_seconds=1.0)
    yield SimilarityServicer(
        backends, {"": search}, {"": SeedSearch()}, KnownLabels(), PageTokens()
    )
    await index.close()


@dataclass
class Turn:
    """What the event loop ran without a pause: processor seconds, and points that were read."""

    seconds: float = 0.0
    points: int = 0


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Turn]]:
    """Everything that the event loop runs, where work gives way after each of its slices.

    Garbage of this whole test run is not collected meanwhile: a service collects its own rarely.
    """
    turns = [Turn()]
    run = asyncio.Handle._run

    def measured(handle: asyncio.Handle) -> None:
        turns.append(Turn())
        started = time.thread_time()
        run(handle)
        turns[-1].seconds = time.thread_time() - started

    def counting(read: Callable[..., Any]) -> Callable[..., Any]:
        def counted(shard: Shard, ids: Collection[UUID], *more: Any) -> Any:
            turns[-1].points += len(ids)
            return read(shard, ids, *more)

        return counted

    gc.disable()
    try:
        with monkeypatch.context() as patched:
            patched.setattr("segue.turns.SLICE_SECONDS", 0.0)
            patched.setattr(Shard, "payloads", counting(Shard.payloads))
            patched.setattr(Shard, "vectors", counting(Shard.vectors))
            patched.setattr(asyncio.Handle, "_run", measured)
            yield turns
    finally:
        gc.enable()


def weighted_seeds(start: int) -> list[messages.WeightedSeed]:
    return [
        messages.WeightedSeed(seed={"track_id": name(start + 7 * place)}, weight=weight)
        for place, weight in enumerate([1.0] * 20 + [-1.0] * 20)
    ]


def similar(**fields: object) -> messages.SearchSimilarTracksRequest:
    return messages.SearchSimilarTracksRequest(**fields)


REQUESTS = {
    "late interaction, one by each artist": similar(
        seed={"track_id": name(5)},
        match_level=messages.MATCH_LEVEL_LATE_INTERACTION,
        variety={"most_per_artist": 1},
        page_size=100,
    ),
    "best score of 20 and 20": similar(
        seeds=weighted_seeds(11),
        seed_strategy=messages.SEED_STRATEGY_BEST_SCORE,
        page_size=100,
    ),
    "best passages of 20 and 20": similar(
        seeds=weighted_seeds(13),
        seed_strategy=messages.SEED_STRATEGY_BEST_SCORE,
        match_level=messages.MATCH_LEVEL_PASSAGE,
        page_size=50,
    ),
    "by passages, one by each artist": similar(
        seed={"track_id": name(6)},
        match_level=messages.MATCH_LEVEL_PASSAGE,
        variety={"most_per_artist": 1},
        page_size=100,
    ),
    "diversity": similar(seed={"track_id": name(7)}, variety={"diversity": 0.5}, page_size=100),
    "a batch": messages.BatchSearchSimilarTracksRequest(
        requests=[similar(seed={"track_id": name(9 * one)}, page_size=10) for one in range(100)]
    ),
}


@pytest.mark.parametrize("kind", REQUESTS)
async def test_no_search_keeps_the_event_loop_for_long(
    servicer: SimilarityServicer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    request = REQUESTS[kind]
    with watched(monkeypatch) as turns:
        # In a task of its own: the test itself began before anything was measured.
        response = await asyncio.create_task(answered(servicer, request))
    results = response.results
    assert len(results) == (getattr(request, "page_size", 0) or len(request.requests))
    assert sum(turn.points for turn in turns) > MOST_POINTS
    assert max(turn.points for turn in turns) <= MOST_POINTS
    assert max(turn.seconds for turn in turns) < LONGEST_SECONDS


def answered(servicer: SimilarityServicer, request: object) -> Coroutine[Any, Any, Any]:
    if isinstance(request, messages.BatchSearchSimilarTracksRequest):
        return servicer.BatchSearchSimilarTracks(request, None)
    return servicer.SearchSimilarTracks(request, None)
