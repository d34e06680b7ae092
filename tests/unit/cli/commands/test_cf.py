"""segue cf from files to what a query service serves, over a real Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from openmp import skip_without_openmp
from segue.cli import main
from segue.exchange.interaction_files import InteractionFolder
from segue.exchange.writing import CatalogueWriter
from segue.factors import Origin
from segue.interactions import EntryId, Interaction, InteractionKind, RecordedInteraction
from segue.jobs.factor_store import FactorStore
from segue.ranking.collaborative import ScoreQuery
from segue.ranking.factors_source import FactorsSource
from segue.settings import FactorSettings, QueueSettings
from segue.tracks import EmbeddedTrack, Track, TrackMetadata

skip_without_openmp()

LISTENERS, TRACKS = 40, 60
Run = Callable[..., Result]


@pytest.fixture
def run(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SEGUE_REDIS_URL", redis_url)
    monkeypatch.setenv("SEGUE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SEGUE_ADDRESS", raising=False)
    return lambda *words: CliRunner().invoke(main, ["cf", *map(str, words)])


def rows() -> list[tuple[str, str, str]]:
    """Two tastes; odd listeners like odd tracks."""
    random = np.random.default_rng(1)
    return [
        (f"listener {listener}", f"t{track}", "play")
        for listener in range(LISTENERS)
        for track in range(TRACKS)
        if random.random() < (0.5 if listener % 2 == track % 2 else 0.02)
    ]


@pytest.fixture
def likes(tmp_path: Path) -> Path:
    path = tmp_path / "likes.csv"
    lines = ["user_id,track_id,kind", *(",".join(row) for row in rows())]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Heard tracks, each by an artist of its own; then one by the first, and one by nobody."""
    random = np.random.default_rng(2)
    target = tmp_path / "export.parquet"
    with CatalogueWriter(target, space="bands-v1", dimension=4) as writer:
        for number in range(TRACKS + 2):
            artist = {TRACKS: "Artist 0", TRACKS + 1: "Nobody"}.get(number, f"artist {number}")
            side = 1.0 if number % 2 else -1.0
            vector = np.array([side, *random.normal(0, 0.1, 3)], np.float32)
            track = Track(f"t{number}", TrackMetadata(title=str(number), artist=artist))
            writer.add(EmbeddedTrack(track, "bands-v1", vector / np.linalg.norm(vector)))
        writer.finish()
    return target


def served(redis_url: str, query: ScoreQuery) -> dict[str, float]:
    async def ask() -> dict[str, float]:
        store = FactorStore(QueueSettings(redis_url=redis_url), FactorSettings())
        source = FactorsSource(store, poll_seconds=1)
        await source.look()
        try:
            return dict(await source.scores(query, timeout_seconds=30))
        finally:
            await source.close()
            await store.close()

    return asyncio.run(ask())


def said(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def reason(result: Result) -> str:
    assert result.exit_code == 1, result.output
    answer: str = json.loads(result.stdout)["error"]["reason"]
    return answer


@pytest.mark.parametrize("model", ["als", "bpr"])
def test_what_is_learnt_is_served(run: Run, redis_url: str, likes: Path, model: str) -> None:
    done = said(run("train", likes, "--model", model, "--factors", 8, "--json"))
    assert done["factors"]["origins"] == {"listened": TRACKS, "artist": 0, "audio": 0}
    assert done["factors"]["listeners"] == LISTENERS
    every = [f"t{number}" for number in range(TRACKS)]
    scores = served(redis_url, ScoreQuery("listener 1", (), every, 0))
    own = np.mean([scores[f"t{number}"] for number in range(1, TRACKS, 2)])
    other = np.mean([scores[f"t{number}"] for number in range(0, TRACKS, 2)])
    assert own > other + 0.2
    listed = said(run("list", "--json"))
    assert listed["current"] == done["factors"]["version"]
    assert f"served {done['place']}" in " ".join(run("list").stdout.split())


def test_tracks_that_nobody_heard_have_factors_and_get_them_later(
    run: Run, redis_url: str, likes: Path, catalogue: Path
) -> None:
    done = said(run("train", likes, "--factors", 8, "--export", catalogue, "--json"))
    assert done["factors"]["origins"] == {"listened": TRACKS, "artist": 1, "audio": 1}
    assert done["factors"]["space"] == "bands-v1"
    assert "bands-v1" in run("list").stdout
    assert done["catalogue"]["new_artists"] == 1
    new, known = f"t{TRACKS + 1}", f"t{TRACKS}"
    # Its sound is that of odd tracks.
    liking = served(redis_url, ScoreQuery("listener 1", (), [new], 0))[new]
    assert liking > served(redis_url, ScoreQuery("listener 2", (), [new], 0))[new]
    alike = served(redis_url, ScoreQuery("", ("t0",), [known], 0))
    assert alike[known] == pytest.approx(1.0, abs=1e-4)

    said(run("train", likes, "--factors", 8, "--json"))
    assert new not in served(redis_url, ScoreQuery("listener 1", (), [new], 0))
    later = said(run("refresh", "--export", catalogue, "--json"))
    assert later["factors"]["origins"]["audio"] == 1
    again = served(redis_url, ScoreQuery("listener 1", (), [new], 0))[new]
    assert again == pytest.approx(liking, abs=1e-3)
    assert "1 have factors from their artists" in run(
        "train", likes, "--export", catalogue, "--report"
    ).stdout.replace("\n", " ")


def test_versions_go_back_and_away(run: Run, likes: Path) -> None:
    names = [said(run("train", likes, "--factors", 2, "--json"))["place"] for _ in range(2)]
    assert said(run("use", names[0], "--json")) == {"current": names[0]}
    assert reason(run("remove", names[0], "--json")) == "FACTORS_IN_USE"
    assert said(run("remove", names[1], "--json"))["removed"] == names[1]
    assert said(run("remove", names[0], "--current", "--json"))["removed"] == names[0]
    assert "No factors are published" in run("list").stdout
    assert reason(run("use", names[0], "--json")) == "FACTORS_NOT_FOUND"
    assert reason(run("refresh", "--export", likes, "--json")) == "CATALOGUE_FILE_UNUSABLE"


def test_learnt_here_and_published_there(
    run: Run, redis_url: str, likes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "factors"
    done = said(run("train", likes, "--factors", 4, "--output", folder, "--json"))
    assert done["published"] is False
    assert said(run("list", "--json"))["versions"] == []
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    published = said(run("publish", folder, "--json"))
    assert published["factors"]["listeners"] == LISTENERS
    assert served(redis_url, ScoreQuery("listener 1", (), ["t1"], 0)).keys() == {"t1"}
    (folder / "about.json").unlink()
    assert reason(run("publish", folder, "--json")) == "FACTORS_UNUSABLE"


def test_the_models_are_compared_when_asked(run: Run, likes: Path) -> None:
    done = said(run("train", likes, "--factors", 4, "--evaluate", "--json"))
    measured = {line["model"]: line["recall@20"]["mean"] for line in done["evaluation"]}
    assert list(measured) == ["popularity", "item-KNN", "EASE", "ALS"]
    assert measured["ALS"] > measured["popularity"]
    assert done["factors"]["measures"]["recall@20"] == pytest.approx(measured["ALS"], abs=1e-3)
    assert "popularity" in run("train", likes, "--factors", 4, "--evaluate").stdout


def test_parquet_files_and_recorded_folders_say_the_same(
    run: Run, redis_url: str, likes: Path, tmp_path: Path
) -> None:
    columns = list(zip(*rows(), strict=True))
    table = pa.table(dict(zip(("user_id", "track_id", "kind"), columns, strict=True)))
    pq.write_table(table, tmp_path / "likes.parquet")
    folder = tmp_path / "data" / "listeners"
    folder.mkdir(parents=True)
    InteractionFolder(folder).append(
        "ab",
        [
            RecordedInteraction(
                EntryId(number + 1, 0),
                Interaction(user, track, InteractionKind(kind), datetime(2026, 1, 1, tzinfo=UTC)),
            )
            for number, (user, track, kind) in enumerate(rows())
        ],
    )
    found = []
    for source in ([likes], [tmp_path / "likes.parquet"], [folder], []):
        said(run("train", *source, "--factors", 4, "--json"))
        found.append(served(redis_url, ScoreQuery("listener 3", (), ["t1", "t2"], 0)))
    for other in found[1:]:
        assert other == pytest.approx(found[0], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("x.csv", "user_id,track_id,kind\nmarker-7,a,heard\n", "INTERACTIONS_UNUSABLE"),
        ("x.csv", "user_id,track_id,kind\nann,a,play\n", "INTERACTIONS_UNUSABLE"),
        ("x.parquet", "PAR1", "INTERACTIONS_UNUSABLE"),
        ("x.txt", "", "INTERACTIONS_UNUSABLE"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_and_nothing_is_published(
    run: Run, tmp_path: Path, name: str, text: str, code: str
) -> None:
    (tmp_path / name).write_text(text)
    refused = run("train", tmp_path / name, "--json")
    assert reason(refused) == code
    assert "marker-7" not in refused.output
    assert said(run("list", "--json"))["versions"] == []


def test_too_many_factors_are_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.csv"
    lines = [f"u{number % 50},a track with a long name {number},3" for number in range(3_000)]
    path.write_text("user_id,track_id,weight\n" + "\n".join(lines) + "\n")
    monkeypatch.setenv("SEGUE_FACTORS_MB", "1")
    assert reason(run("train", path, "--factors", 128, "--json")) == "FACTORS_TOO_LARGE"
    assert said(run("list", "--json"))["versions"] == []


def test_without_a_stack_it_is_said_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGUE_REDIS_URL")
    refused = run("list", "--json")
    assert refused.exit_code == 3
    assert json.loads(refused.stdout)["error"]["reason"] == "STACK_NOT_FOUND"


def test_origins_keep_their_numbers() -> None:
    # They stand in what is published.
    assert [(one.name, one.value) for one in Origin] == [
        ("LISTENED", 0),
        ("ARTIST", 1),
        ("AUDIO", 2),
    ]
