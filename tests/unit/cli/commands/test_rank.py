"""segue rank from files to what a query service serves, over a real Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from openmp import skip_without_openmp
from segue.cli import main
from segue.exchange.writing import CatalogueWriter
from segue.jobs.ranker_store import RankerStore
from segue.ranker_training.simulation import SPACE, Simulated, World, simulate
from segue.ranking.ranker_source import RankerSource
from segue.settings import QueueSettings
from segue.tracks import EmbeddedTrack, Track, TrackMetadata

skip_without_openmp()

WORLD = World(
    tracks=300, artists=40, clusters=8, scenes=8, dimension=8, listeners=120, before=20, after=12
)
EARLY, LATE = 1_700_000_000, 1_760_000_000
Run = Callable[..., Result]


@pytest.fixture
def run(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SEGUE_REDIS_URL", redis_url)
    monkeypatch.setenv("SEGUE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SEGUE_ADDRESS", raising=False)
    return lambda *words: CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture(scope="module")
def drawn() -> Simulated:
    return simulate(WORLD, cold_share=0.2, seed=2)


def rows(drawn: Simulated) -> list[tuple[str, str, int]]:
    return [
        (listening.user_ids[user], listening.track_ids[track], moment + number)
        for listening, moment in ((drawn.before, EARLY), (drawn.after, LATE))
        for number, (user, track) in enumerate(
            zip(*(one.tolist() for one in listening.weights.nonzero()), strict=True)
        )
    ]


@pytest.fixture
def plays(tmp_path: Path, drawn: Simulated) -> Path:
    path = tmp_path / "plays.csv"
    lines = [f"{user},{track},play,{moment}" for user, track, moment in rows(drawn)]
    path.write_text("\n".join(["user_id,track_id,kind,occurred_at", *lines]) + "\n")
    return path


@pytest.fixture
def catalogue(tmp_path: Path, drawn: Simulated) -> Path:
    target = tmp_path / "export.parquet"
    known = drawn.catalogue
    with CatalogueWriter(target, space=SPACE, dimension=WORLD.dimension) as writer:
        for row, track_id in enumerate(known.track_ids):
            metadata = TrackMetadata(artist=known.names[row][0], year=int(known.years[row]))
            writer.add(EmbeddedTrack(Track(track_id, metadata), SPACE, known.vectors[row]))
        writer.finish()
    return target


def said(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def reason(result: Result) -> str:
    assert result.exit_code == 1, result.output
    answer: str = json.loads(result.stdout)["error"]["reason"]
    return answer


def fitting(redis_url: str, space: str) -> tuple[bool, str]:
    async def ask() -> tuple[bool, str]:
        store = RankerStore(QueueSettings(redis_url=redis_url))
        source = RankerSource(store, poll_seconds=1)
        await source.look()
        await store.close()
        ranker, why = source.fitting(space)
        return ranker is not None, why

    return asyncio.run(ask())


def test_a_ranker_is_trained_served_and_taken_away(
    run: Run, redis_url: str, plays: Path, catalogue: Path
) -> None:
    said(run("cf", "train", plays, "--factors", 8, "--export", catalogue, "--json"))
    done = said(
        run(
            "rank",
            "train",
            plays,
            "--after",
            0.375,
            "--export",
            catalogue,
            "--evaluate",
            "--json",
        )
    )
    assert done["ranker"]["space"] == SPACE
    assert done["ranker"]["trees"] > 0
    assert done["tested_listeners"] > 10
    measured = {name: one["mean"] for name, one in done["NDCG@10"].items()}
    assert measured["learned ranker"] > measured["acoustic alone"]
    assert fitting(redis_url, SPACE) == (True, "")
    older, why = fitting(redis_url, "another-v2")
    assert not older
    assert f"of the space {SPACE}" in why

    listed = said(run("rank", "list", "--json"))
    version = listed["current"]
    assert [one["version"] for one in listed["versions"]] == [version]
    assert "served" in run("rank", "list").stdout
    assert reason(run("rank", "remove", version, "--json")) == "RANKER_IN_USE"
    assert said(run("rank", "use", version, "--json")) == {"current": version}
    assert reason(run("rank", "use", "nobody", "--json")) == "RANKER_NOT_FOUND"
    said(run("rank", "remove", version, "--current", "--json"))
    assert "No ranker is published" in run("rank", "list").stdout
    assert fitting(redis_url, SPACE) == (False, "")


def test_without_factors_nothing_is_learned(run: Run, plays: Path, catalogue: Path) -> None:
    asked = run("rank", "train", plays, "--export", catalogue, "--json")
    assert reason(asked) == "FACTORS_NOT_FOUND"


def test_rows_that_do_not_say_when_are_refused(
    run: Run, tmp_path: Path, plays: Path, catalogue: Path
) -> None:
    said(run("cf", "train", plays, "--factors", 4, "--json"))
    for text, message in (
        ("u,t,play,\nu,v,play,5\n", "1 of 2 rows do not say when"),
        ("u,t,play,5\nv,t,play,5\n", "too few of them happened before"),
        ("u,t,play,5\nv,t,sing,6\n", "1 of 2 rows are none"),
    ):
        path = tmp_path / "bad.csv"
        path.write_text("user_id,track_id,kind,occurred_at\n" + text)
        asked = run("rank", "train", path, "--export", catalogue, "--json")
        assert reason(asked) == "INTERACTIONS_UNUSABLE"
        assert message in asked.stdout
    assert said(run("rank", "list", "--json"))["versions"] == []


def test_without_a_stack_or_an_export_there_is_no_catalogue(run: Run, plays: Path) -> None:
    said(run("cf", "train", plays, "--factors", 4, "--json"))
    assert "STACK_NOT_FOUND" in run("rank", "train", plays, "--json").stdout
    assert said(run("rank", "list", "--json"))["versions"] == []


def test_simulated_orders_are_compared_and_drawn(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = run(
        "rank", "simulate", "--repetitions", 1, "--tracks", 500, "--listeners", 120,
        "--output", tmp_path / "out",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "learned ranker" in done.stdout
    lines = json.loads((tmp_path / "out" / "simulated.json").read_text())["lines"]
    assert {one["cold_share"] for one in lines} == {0, 0.1, 0.3, 0.5, 0.7, 0.9}
    assert all(0 <= one["ndcg"]["mean"] <= 1 for one in lines)
    assert (tmp_path / "out" / "simulated.png").read_bytes().startswith(b"\x89PNG")
    assert np.isfinite([one["lead"]["mean"] for one in lines]).all()
