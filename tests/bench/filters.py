"""Filtered searches: how many of the true nearest are found, and the CPU of a search.

What a graph finds behind a filter differs from one build to the next, so several are measured, each
of the same tracks with another seed.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.bench.catalogue import (
    DIMENSION,
    GENRES,
    SPACE,
    Catalogue,
    embedded,
    make_catalogue,
    make_queries,
    track_id,
)
from tests.bench.report import Row, at_least

from segue.index.edge.index import EdgeIndex
from segue.index.schema import DEFAULT_GRAPH, GraphSettings
from segue.tracks import EmbeddedTrack, LabelMatch, NumberRange, TrackFilter

PAGE = 10
QUERIES = 100
BUILDS = 5
SHARES = (3, 5, 8, 16, 50)
YEARS = 60
"""Each track has one of so many years."""
RANGES = (54, 40, 30, 20, 8, 4)
"""Years that a range keeps."""

WAYS = {
    "acorn": DEFAULT_GRAPH,
    "without": replace(DEFAULT_GRAPH, acorn_share=0.0),
}
"""How the same graphs are searched."""


def measure(folder: Path, tracks: int) -> tuple[list[Row], dict]:
    """Rows and raw numbers of ``BUILDS`` graphs over so many tracks."""
    builds = [
        asyncio.run(_of_a_build(folder / str(seed), tracks, seed)) for seed in range(1, BUILDS + 1)
    ]
    rows = []
    for name in builds[0]:
        for way in WAYS:
            recalls = [build[name][way]["recall"] for build in builds]
            cpu = statistics.median(build[name][way]["cpu_ms"] for build in builds)
            text = f"{name}, {way}: worst of {BUILDS} builds, {cpu:.2f} ms CPU"
            if way == "acorn":
                rows.append(at_least("recall@10", text, min(recalls), 0.99))
            else:
                rows.append(Row("recall@10", text, f"{min(recalls):.3f}"))
    return rows, {"tracks": tracks, "builds": builds}


async def _of_a_build(
    folder: Path, tracks: int, seed: int
) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    catalogue = make_catalogue(tracks, seed)
    mixed = np.random.default_rng(seed).permutation(tracks)
    await _fill(folder, catalogue, mixed)
    queries = make_queries(QUERIES, seed + 1_000)
    found: dict[str, dict[str, Mapping[str, float]]] = {}
    for way, graph in WAYS.items():
        index = await _open(folder, graph)
        for name, where, kept in _filters(mixed):
            numbers_found = await _searched(index, catalogue, queries, where, kept)
            found.setdefault(name, {})[way] = numbers_found
        await index.close()
    return found


async def _fill(folder: Path, catalogue: Catalogue, mixed: np.ndarray) -> None:
    index = await _open(folder, DEFAULT_GRAPH)
    numbers = range(len(mixed))
    for first in range(0, len(mixed), 2_000):
        some = embedded(catalogue, numbers[first : first + 2_000])
        await index.upsert([_labelled(one, int(mixed[first + n])) for n, one in enumerate(some)])
    await index.settled()
    await index.close()


async def _open(folder: Path, graph: GraphSettings) -> EdgeIndex:
    return await EdgeIndex.open(
        folder,
        space=SPACE,
        dimension=DIMENSION,
        genre_dimension=GENRES,
        graph=graph,
    )


def _labelled(one: EmbeddedTrack, number: int) -> EmbeddedTrack:
    """The track with what filters look at, all by one number that knows nothing of its sound."""
    labels = tuple(f"one-in-{share}" for share in SHARES if number % share == 0)
    metadata = replace(one.track.metadata, genres=labels, year=1960 + number % YEARS)
    return replace(one, track=replace(one.track, metadata=metadata), genre_vector=None)


def _filters(mixed: np.ndarray) -> list[tuple[str, TrackFilter, np.ndarray]]:
    """Name, filter, and positions of the tracks that it keeps."""
    made = [("no filter", TrackFilter(), np.arange(len(mixed)))]
    for share in SHARES:
        label = TrackFilter(genres=LabelMatch(any_of=(f"one-in-{share}",)))
        made.append((f"1/{share}", label, np.flatnonzero(mixed % share == 0)))
    for years in RANGES:
        within = TrackFilter(year=NumberRange(1970, 1970 + years - 1))
        kept = (mixed % YEARS >= 10) & (mixed % YEARS < 10 + years)
        made.append((f"{years} of {YEARS} years", within, np.flatnonzero(kept)))
    return made


async def _searched(
    index: EdgeIndex,
    catalogue: Catalogue,
    queries: np.ndarray,
    where: TrackFilter,
    kept: np.ndarray,
) -> Mapping[str, float]:
    right = wanted = 0
    cpu = 0.0
    for query in queries:
        best = kept[np.argsort(-(catalogue.vectors[kept] @ query), kind="stable")[:PAGE]]
        truth = {track_id(int(number)) for number in best}
        before = time.process_time()
        answers = await index.search(query, limit=PAGE, where=where)
        cpu += time.process_time() - before
        right += len(truth & {one.track.track_id for one in answers})
        wanted += len(truth)
    return {"recall": right / wanted, "cpu_ms": 1_000 * cpu / len(queries)}
