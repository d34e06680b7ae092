"""What a graph finds behind a filter: with ACORN far more than without, and else the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from segue.index.edge.builds import BuildPolicy
from segue.index.edge.index import EdgeIndex
from segue.index.schema import GraphSettings
from segue.tracks import EmbeddedTrack, NumberRange, Track, TrackFilter, TrackMetadata

SPACE = "filters-v1"
TRACKS, DIMENSION, CLUSTERS, YEARS = 2_000, 32, 200, 60
COARSE = GraphSettings(m=8, ef_construct=32, search_ef=16)
"""A graph as coarse for so few tracks as the usual one is for twenty thousand."""
ONCE = BuildPolicy(least=400, share=0.9)
RANGES = (30, 20, 12, 8)


def clustered(rng: np.random.Generator, count: int) -> np.ndarray:
    centres = np.random.default_rng(3).normal(size=(CLUSTERS, DIMENSION))
    vectors = centres[(CLUSTERS * rng.random(count) ** 2).astype(int)]
    vectors = vectors + 0.7 * rng.normal(size=vectors.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


async def opened(folder: Path, graph: GraphSettings) -> EdgeIndex:
    return await EdgeIndex.open(folder, space=SPACE, dimension=DIMENSION, policy=ONCE, graph=graph)


async def test_a_filter_hides_few_of_the_nearest(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    vectors, queries = clustered(rng, TRACKS), clustered(rng, 60)
    years = rng.permutation(TRACKS) % YEARS
    index = await opened(tmp_path, COARSE)
    await index.upsert(
        [
            EmbeddedTrack(
                Track(f"t{number}", TrackMetadata(year=1960 + int(years[number]))), SPACE, vector
            )
            for number, vector in enumerate(vectors)
        ]
    )
    await index.settled()
    assert (await index.info()).unindexed == 0
    await index.close()

    async def missed(index: EdgeIndex) -> int:
        """Of the ten nearest of each query, behind every filter."""
        missing = 0
        for kept in RANGES:
            where = TrackFilter(year=NumberRange(1960, 1960 + kept - 1))
            numbers = np.flatnonzero(years < kept)
            for query in queries:
                best = numbers[np.argsort(-(vectors[numbers] @ query))[:10]]
                found = await index.search(query, limit=10, where=where)
                missing += 10 - len({f"t{number}" for number in best} & ids(found))
        return missing

    def ids(found: list) -> set[str]:  # type: ignore[type-arg]
        return {one.track.track_id for one in found}

    misses, unfiltered = [], []
    for graph in (COARSE, replace(COARSE, acorn_share=0.0)):
        index = await opened(tmp_path, graph)
        misses.append(await missed(index))
        unfiltered.append([await index.search(query, limit=10) for query in queries])
        await index.close()
    with_acorn, without = misses
    assert without > 40  # of 2,400: there is something to find
    assert with_acorn < without / 4
    assert unfiltered[0] == unfiltered[1]
