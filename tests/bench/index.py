"""Searches of the embedded index while its graph is built anew, beside searches at rest."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import numpy as np
from tests.bench.catalogue import (
    DIMENSION,
    GENRES,
    SPACE,
    Catalogue,
    embedded,
    filled,
    make_catalogue,
    make_queries,
)
from tests.bench.report import Row

from segue.index.edge.builds import BuildPolicy
from segue.index.edge.index import EdgeIndex
from segue.tracks import Matrix

QUERIES = 500
REST_SECONDS = 15.0
INTERVAL_SECONDS = 0.01


def measure(work: Path, folder: Path, tracks: int) -> tuple[list[Row], dict]:
    """Rows and raw numbers; the filled index in ``work`` is shared with the query part."""
    catalogue = make_catalogue(tracks)
    shutil.copytree(filled(work, catalogue) / "index", folder)
    rest, build, seconds = asyncio.run(_beside_a_build(folder, catalogue, make_queries(QUERIES)))
    rows = [_row("at rest", rest), _row("during a build", build)]
    rows.append(Row("index", f"build of {tracks:,} tracks beside them", f"{seconds:.1f} s"))
    return rows, {"tracks": tracks, "rest_ms": rest, "build_ms": build, "build_s": seconds}


async def _beside_a_build(
    folder: Path, catalogue: Catalogue, queries: Matrix
) -> tuple[list[float], list[float], float]:
    """Latencies in ms at rest and during a build of the whole graph, and that build's length."""
    policy = BuildPolicy(least=max(1, len(catalogue.vectors) // 50), share=0.0)
    index = await EdgeIndex.open(
        folder, space=SPACE, dimension=DIMENSION, genre_dimension=GENRES, policy=policy
    )
    try:
        await index.settled()
        over = asyncio.Event()
        resting = asyncio.create_task(_searches(index, queries, over))
        await asyncio.sleep(REST_SECONDS)
        over.set()
        rest = await resting
        await index.upsert(embedded(catalogue, range(policy.least)))
        over.clear()
        started = time.perf_counter()
        searching = asyncio.create_task(_searches(index, queries, over))
        await index.settled()
        seconds = time.perf_counter() - started
        over.set()
        return rest, await searching, seconds
    finally:
        await index.close()


async def _searches(index: EdgeIndex, queries: Matrix, until: asyncio.Event) -> list[float]:
    """Latencies in ms from when each search was due: a stalled event loop counts in full."""
    latencies = []
    due = time.perf_counter()
    while not until.is_set():
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await index.search(queries[len(latencies) % len(queries)], limit=10)
        latencies.append(1000 * (time.perf_counter() - due))
        due += INTERVAL_SECONDS
    return latencies


def _row(when: str, latencies: list[float]) -> Row:
    p50, p99, longest = np.percentile(latencies, [50, 99, 100])
    name = f"search {when}: p50 / p99 / longest"
    return Row("index", name, f"{p50:.1f} / {p99:.1f} / {longest:.0f} ms")
