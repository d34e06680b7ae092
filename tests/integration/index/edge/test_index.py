"""The embedded index on disk: ownership, reopening, and graphs built beside searches."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neighbours import BY_SOUND, assert_same, clear_query
from segue.errors import IndexUnavailable, SpaceMismatch
from segue.index.edge import builds, engine
from segue.index.edge.builds import BuildPolicy, BuildStep
from segue.index.edge.corrections import FILE_NAME
from segue.index.edge.index import EdgeIndex
from segue.index.exact import ExactIndex
from segue.index.schema import DEFAULT_GRAPH, SEGMENTS, FieldKind, GraphSettings, indexed_fields
from segue.telemetry import INDEX_BUILDS_TOTAL
from segue.tracks import (
    EmbeddedTrack,
    LabelMatch,
    Segment,
    Track,
    TrackFilter,
    TrackMetadata,
)

SPACE = "disk-v1"
DIMENSION = 16
OFTEN = BuildPolicy(least=400, share=0.2, pause_seconds=0.01)


def tracks(size: int, *, seed: int = 0) -> list[EmbeddedTrack]:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((10, DIMENSION))
    made = []
    for number in range(size):
        vector = centres[number % 10] + 0.5 * rng.standard_normal(DIMENSION)
        vector = vector.astype(np.float32)
        metadata = TrackMetadata(genres=(f"g{number % 8}",))
        segments = [Segment(0, 0.0, 10.0, vector)]
        track = Track(f"track-{number:05d}", metadata)
        made.append(EmbeddedTrack(track, SPACE, vector, None, segments))
    return made


async def opened(folder: Path, **options: object) -> EdgeIndex:
    return await EdgeIndex.open(folder, space=SPACE, dimension=DIMENSION, **options)  # type: ignore[arg-type]


async def test_an_index_whose_corrections_are_damaged_can_be_opened_once_they_are_away(
    tmp_path: Path,
) -> None:
    index = await opened(tmp_path)
    await index.upsert(tracks(3))
    await index.correct("track-00000", {"title": "Corrected"})
    await index.close()
    (tmp_path / FILE_NAME).write_bytes(b"no database " * 1_000)
    for _ in range(2):
        with pytest.raises(IndexUnavailable, match="corrections"):
            await opened(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    index = await opened(tmp_path)
    stored = await index.get(["track-00000"])
    assert stored["track-00000"].metadata.title == "Corrected"
    await index.close()


async def test_one_owner_at_a_time(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    with pytest.raises(IndexUnavailable, match="another process") as refused:
        await opened(tmp_path)
    assert "query service" in refused.value.next_step
    script = (
        "import asyncio, sys, pathlib\n"
        "from segue.index.edge.index import EdgeIndex\n"
        f"asyncio.run(EdgeIndex.open(pathlib.Path(sys.argv[1]), space={SPACE!r}, dimension=16))\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert other.returncode != 0
    assert "another process" in other.stderr
    await first.close()
    await first.close()
    await (await opened(tmp_path)).close()


async def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    index = await opened(tmp_path, genre_dimension=3)
    genre = np.array([0.5, 0.25, 0.25], np.float32)
    stored = [replace(track, genre_vector=genre) for track in tracks(50)]
    await index.upsert(stored)
    await index.delete(["track-00003"])
    oracle = ExactIndex(space=SPACE, dimension=DIMENSION)
    await oracle.upsert(stored)
    vector = clear_query(oracle, np.random.default_rng(4))
    before = await index.search(vector, limit=50)
    await index.close()
    index = await opened(tmp_path)
    assert_same(await index.search(vector, limit=50), before)
    assert (await index.info()).tracks == 49
    await index.upsert([replace(stored[3], genre_vector=genre)])
    await index.close()


async def test_other_lengths_are_refused_and_change_nothing(tmp_path: Path) -> None:
    await (await opened(tmp_path, genre_dimension=3)).close()
    with pytest.raises(SpaceMismatch, match="length 16, not 17"):
        await EdgeIndex.open(tmp_path, space=SPACE, dimension=17)
    with pytest.raises(SpaceMismatch, match="length 3, not 4"):
        await opened(tmp_path, genre_dimension=4)
    await (await opened(tmp_path, genre_dimension=3)).close()


async def test_spaces_stand_side_by_side(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    second = await EdgeIndex.open(tmp_path, space="disk-v2", dimension=4)
    await first.upsert(tracks(3))
    assert (await second.info()).tracks == 0
    await first.close()
    await second.close()


async def test_names_that_are_no_spaces(tmp_path: Path) -> None:
    for space in ("", "../elsewhere", "a/b"):
        with pytest.raises(SpaceMismatch):
            await EdgeIndex.open(tmp_path / "index", space=space, dimension=4)
    assert not list(tmp_path.rglob("*.lock"))


@pytest.mark.parametrize("quantisation", [False, True])
async def test_searches_and_writes_go_on_during_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quantisation: bool
) -> None:
    gate = tmp_path / "gate"
    command = builds.graph_build.command

    def waiting(folder: Path, layout: object) -> list[str]:
        # Else a fast build beside a slow test would be over before the first search.
        wait = 'while [ ! -e "$0" ]; do sleep 0.01; done; exec "$@"'
        return ["sh", "-c", wait, str(gate), *command(folder, layout)]  # type: ignore[arg-type]

    monkeypatch.setattr(builds.graph_build, "command", waiting)
    steps: list[BuildStep] = []
    building = asyncio.Event()

    def on_step(step: BuildStep) -> None:
        steps.append(step)
        if step is BuildStep.BUILDING:
            building.set()

    graph = GraphSettings(quantisation=quantisation)
    index = await opened(tmp_path / "index", policy=OFTEN, on_step=on_step, graph=graph)
    oracle = ExactIndex(space=SPACE, dimension=DIMENSION)
    stored = tracks(1_000)
    for start in range(0, 500, 50):
        await index.upsert(stored[start : start + 50])
    await building.wait()
    for start in range(500, 1_000, 50):
        await index.upsert(stored[start : start + 50])
        await index.delete([stored[start - 400].track.track_id])
        found = await index.search(stored[start].vector, limit=1)
        assert found[0].track == stored[start].track
        if start == 700:
            assert BuildStep.BUILT not in steps
            gate.touch()
    await index.settled()
    info = await index.info()
    assert info.unindexed < OFTEN.least
    assert BuildStep.REMOVED in steps
    gone = {stored[start - 400].track.track_id for start in range(500, 1_000, 50)}
    await oracle.upsert([track for track in stored if track.track.track_id not in gone])
    assert info.tracks == (await oracle.info()).tracks
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(50):
        query = rng.standard_normal(DIMENSION).astype(np.float32)
        for where in (TrackFilter(), TrackFilter(genres=LabelMatch(any_of=("g3",)))):
            for granularity in BY_SOUND:
                answer = await index.search(query, limit=10, where=where, granularity=granularity)
                right = await oracle.search(query, limit=10, where=where, granularity=granularity)
                assert len(answer) == 10
                names = {one.track.track_id for one in right}
                hits += sum(one.track.track_id in names for one in answer)
    assert hits / 2_000 >= 0.99
    await index.close()


async def test_closing_abandons_a_build(tmp_path: Path) -> None:
    building = asyncio.Event()

    def on_step(step: BuildStep) -> None:
        if step is BuildStep.BUILDING:
            building.set()

    index = await opened(tmp_path, policy=OFTEN, on_step=on_step)
    await index.upsert(tracks(450))
    await building.wait()
    await index.close()
    (left,) = [p for p in (tmp_path / f"tracks.{SPACE}").iterdir() if p.is_dir()]
    manifest = json.loads((tmp_path / f"tracks.{SPACE}" / "manifest.json").read_text())
    assert manifest["generation"] == left.name
    index = await opened(tmp_path)
    assert (await index.info()).tracks == 450
    await index.close()


async def test_failed_builds_are_counted_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    command = builds.graph_build.command
    attempts = 0

    def failing_twice(folder: Path, layout: object) -> list[str]:
        nonlocal attempts
        attempts += 1
        if attempts <= 2:
            return [sys.executable, "-c", "raise SystemExit('out of luck')"]
        return command(folder, layout)  # type: ignore[arg-type]

    monkeypatch.setattr(builds.graph_build, "command", failing_twice)
    failed = INDEX_BUILDS_TOTAL.labels("failed")._value.get()
    index = await opened(tmp_path, policy=OFTEN)
    await index.upsert(tracks(450))
    await index.settled()
    assert attempts == 4
    assert INDEX_BUILDS_TOTAL.labels("failed")._value.get() == failed + 2
    assert "out of luck" in caplog.text
    assert (await index.info()).unindexed == 0
    await index.close()


async def test_a_shard_of_an_earlier_version_gets_the_indexes_that_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"track_id", "genres", "moods", "artist_key", "year", "duration_seconds"}

    def earlier(kind: str) -> dict[str, FieldKind]:
        return {name: one for name, one in indexed_fields(kind).items() if name in names}

    with monkeypatch.context() as before:
        before.setattr(engine, "indexed_fields", earlier)
        index = await EdgeIndex.open(tmp_path, space=SPACE, dimension=DIMENSION)
        await index.close()
    index = await EdgeIndex.open(tmp_path, space=SPACE, dimension=DIMENSION)
    await index.close()
    (live,) = (tmp_path / f"segments.{SPACE}").glob("generation-*")
    layout = engine.ShardLayout(SEGMENTS, DIMENSION, None, DEFAULT_GRAPH, 2_500)
    shard = engine.load_shard(live, layout)
    assert set(shard.info().payload_schema) == set(indexed_fields(SEGMENTS))
    shard.close()
