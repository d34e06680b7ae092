"""``segue export`` and ``segue import``: a catalogue moves, track for track, without embedding."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from command_run import Run, against
from embedded_tracks import assert_equal
from local_qdrant import local_qdrant
from query_service import CATALOGUE, DIMENSION, TOKEN, Service, direction, serve
from segue.index.edge.index import EdgeIndex
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.index.qdrant.index import QdrantIndex
from segue.query.access import Access
from segue.settings import IndexSettings
from segue.tracks import EmbeddedTrack, Provenance, Segment, Track, TrackMetadata

SPACE = "bands-v1"


def catalogue() -> list[EmbeddedTrack]:
    """Tracks with and without all that one may have."""
    rng = np.random.default_rng(3)

    def vector() -> np.ndarray:
        return rng.standard_normal(DIMENSION).astype(np.float32)

    given = [
        EmbeddedTrack(
            replace(
                one.track,
                predicted_genres={"jazz": 0.75, "metal": 0.0625},
                content_sha256=f"{number:064x}",
                provenance=list(Provenance)[number % 3],
                damage="3 broken frames" if number % 2 else "",
                file_name="" if number % 2 else "Für Elise.mp3",
            ),
            SPACE,
            vector(),
            rng.dirichlet([1.0, 1.0]).astype(np.float32) if number % 2 else None,
            [Segment(n, 10.0 * n, 10.0 * n + 10.0, vector()) for n in range(3 * number)],
        )
        for number, one in enumerate(CATALOGUE)
    ]
    bare = EmbeddedTrack(Track("bare", TrackMetadata()), SPACE, vector())
    return [
        *given,
        replace(bare, track=replace(bare.track, ingested_at=given[0].track.ingested_at)),
    ]


async def open_edge(folder: Path, _: str) -> EdgeIndex:
    return await EdgeIndex.open(folder, space=SPACE, dimension=DIMENSION, genre_dimension=2)


async def open_qdrant(_: Path, url: str) -> QdrantIndex:
    return await QdrantIndex.open(
        IndexSettings(index_url=url), space=SPACE, dimension=DIMENSION, genre_dimension=2
    )


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """URL of a Qdrant server."""
    async with local_qdrant() as port:
        yield f"qdrant://127.0.0.1:{port}"


def by_id(tracks: list[EmbeddedTrack]) -> dict[str, EmbeddedTrack]:
    return {one.track.track_id: one for one in tracks}


async def all_of(index: TrackIndex) -> dict[str, EmbeddedTrack]:
    return by_id([one async for one in index.embedded()])


@pytest.mark.parametrize("target", ["catalogue.parquet", "parts"])
@pytest.mark.parametrize(
    ("source", "destination", "within"),
    [
        (open_edge, open_edge, 0.0),
        # The engine of qdrant-client scales vectors again, in single precision.
        (open_edge, open_qdrant, 1e-7),
        (open_qdrant, open_edge, 0.0),
    ],
    ids=["edge-edge", "edge-qdrant", "qdrant-edge"],
)
async def test_a_catalogue_moves_without_a_change(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: Any,
    destination: Any,
    within: float,
    target: str,
    server: str,
) -> None:
    path, token = tmp_path / target, tmp_path / "token"
    token.touch(0o600)
    token.write_text(TOKEN)
    monkeypatch.setenv("SEGUE_OWNER_TOKEN_FILE", str(token))
    old = await source(tmp_path / "old", server)
    await old.upsert(catalogue())
    before = await all_of(old)
    assert before.keys() == by_id(catalogue()).keys()
    async for service in serve(old, tmp_path, access=Access(TOKEN)):
        result = await against(service.address)("export", path, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["tracks"] == len(before)
    new = await destination(tmp_path / "new", server)
    async for service in serve(new, tmp_path, access=Access(TOKEN)):
        for _ in range(2):  # what was imported is imported again
            result = await against(service.address)("import", path, "--json")
            assert result.exit_code == 0, result.output
            told = json.loads(result.stdout)
            assert (told["tracks"], told["left_out"]) == (len(before), [])
        after = await all_of(new)
        assert after.keys() == before.keys()
        for track_id, one in before.items():
            assert_equal(after[track_id], one, known=False, within=within)


@pytest.fixture
async def exported(service: Service, run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.parquet"
    assert (await run("export", path)).exit_code == 0
    return path


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Service]:
    index = ExactIndex(space=SPACE, dimension=DIMENSION)
    async for running in serve(index, tmp_path / "empty"):
        yield running


async def test_what_is_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "jazz.parquet"
    result = await run("export", path, "--genre", "jazz")
    jazz = sum("jazz" in one.track.metadata.genres for one in CATALOGUE)
    assert result.stdout.startswith(f"{path}: {jazz} tracks of {SPACE}, ")
    again = await run("export", path)
    assert again.exit_code == 1
    assert "is there already [EXPORT_EXISTS]" in again.stderr
    assert (await run("export", path, "--overwrite")).exit_code == 0
    result = await run("import", path)
    assert result.stdout.startswith(
        f"{len(CATALOGUE)} tracks of {SPACE} imported, 0 rows left out, in "
    )
    result = await run("import", path, "--only-new")
    assert f"0 tracks of {SPACE} imported, {len(CATALOGUE)} there already" in result.stdout


def changed(path: Path, place: int, **values: Any) -> Path:
    table = pq.read_table(path)
    listed = table.to_pylist()
    listed[place].update(values)
    pq.write_table(pa.Table.from_pylist(listed, table.schema), path)
    return path


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"vector": [float("nan")] * DIMENSION}, "VECTOR_INVALID"),
        ({"vector": [0.0] * DIMENSION}, "VECTOR_INVALID"),
        ({"vector": [1.0]}, "VECTOR_INVALID"),
        ({"duration_seconds": -3.0}, "INVALID_ARGUMENT"),
        ({"predicted_moods": [{"label": "calm", "probability": 7.0}]}, "INVALID_ARGUMENT"),
        ({"title": "a\x1bb"}, "INVALID_ARGUMENT"),
    ],
)
async def test_a_bad_row_is_left_out_and_named(
    exported: Path, empty: Service, values: dict[str, Any], reason: str
) -> None:
    result = await against(empty.address)("import", changed(exported, 2, **values), "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["rows"], told["tracks"]) == (len(CATALOGUE), len(CATALOGUE) - 1)
    (bad,) = told["left_out"]
    assert (bad["file"], bad["row"], bad["reason"]) == (str(exported), 3, reason)
    assert bad["track_id"]
    assert bad["track_id"] not in await all_of(empty.index)
    assert len(await all_of(empty.index)) == len(CATALOGUE) - 1
    result = await against(empty.address)("import", exported)
    assert f"{exported}, row 3 {bad['track_id']}: " in result.stdout
    assert f"1 rows left out (1 {reason})" in result.stdout


async def test_another_space_is_refused_before_anything_is_stored(
    exported: Path, tmp_path: Path
) -> None:
    other = pq.read_table(exported)
    metadata = {**other.schema.metadata, b"segue.space": b"others-v9"}
    path = tmp_path / "others.parquet"
    pq.write_table(other.replace_schema_metadata(metadata), path)
    index = ExactIndex(space=SPACE, dimension=DIMENSION)
    async for service in serve(index, tmp_path):
        result = await against(service.address)("import", path, "--json")
        assert result.exit_code == 1
        error = json.loads(result.stdout)["error"]
        assert error["reason"] == "SPACE_MISMATCH"
        assert (
            error["message"] == f"{path} holds vectors of others-v9, but this stack serves {SPACE}"
        )
        assert "segue sync" in error["next_step"]
        assert not await all_of(index)


async def test_a_broken_file_is_refused(exported: Path, empty: Service, tmp_path: Path) -> None:
    exported.write_bytes(exported.read_bytes()[:-20])
    result = await against(empty.address)("import", exported, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["reason"] == "CATALOGUE_FILE_UNUSABLE"
    (tmp_path / "nothing").mkdir()
    result = await against(empty.address)("import", tmp_path / "nothing")
    assert "holds no file that ends with .parquet [CATALOGUE_FILE_UNUSABLE]" in result.stderr
    assert not await all_of(empty.index)


async def test_a_track_that_a_file_holds_twice_is_as_its_last_row_says(
    exported: Path, empty: Service
) -> None:
    table = pq.read_table(exported)
    listed = table.to_pylist()
    listed.append({**listed[0], "title": "The last", "vector": direction(77).tolist()})
    pq.write_table(pa.Table.from_pylist(listed, table.schema), exported)
    result = await against(empty.address)("import", exported)
    assert result.exit_code == 0, result.output
    stored = (await all_of(empty.index))[listed[0]["track_id"]]
    assert stored.track.metadata.title == "The last"
