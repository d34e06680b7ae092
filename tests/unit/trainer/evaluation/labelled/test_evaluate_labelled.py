"""The command on labelled tones whose order is known, and on lists that have something wrong."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from deadly_files import DeadlyFile
from segue.cli import main
from segue.trainer.evaluation import comparison
from segue.trainer.evaluation.labelled.listing import Listing, read_listing

GENRES = ("bass", "middle", "treble")


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(
        main, ["evaluate", "--no-baselines", "--jobs", "1", *map(str, arguments)]
    )


def write_listing(path: Path, lines: list[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        table.writerows(lines)
    return path


def tones(corpus: Path) -> list[dict[str, object]]:
    """Four tones of each genre, of two artists; the treble ones are said to be calm."""
    return [
        {
            "file": f"{corpus}/{genre}-{number}.wav",
            "genre": genre.title(),
            "artist": f"{genre} {number // 2}",
            "loud": 0.9 if genre == "bass" else 0.1 + number / 10,
            "calmness": float(genre == "treble"),
            "raters": 17,
        }
        for genre in GENRES
        for number in range(4)
    ]


@pytest.fixture(scope="module")
def output(corpus: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "text.wav").write_text("no audio")
    soundfile.write(folder / "silent.wav", np.zeros(32_000, np.float32), 16_000)
    soundfile.write(folder / "brief.wav", np.full(8_000, 0.5, np.float32), 16_000)
    lines = tones(corpus)
    lines += [lines[0] | {"file": name} for name in
              ("text.wav", "silent.wav", "brief.wav", "missing.wav")]  # fmt: skip
    result = evaluate(
        "--labelled", write_listing(folder / "tones.csv", lines), "--repository", repository,
        "--beside", f"again={repository / 'tiny'}", "--genres", "bass,treble",
        "--output", folder / "made",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "genre AUC" in " ".join(result.output.split())
    return folder / "made"


@pytest.fixture(scope="module")
def judged(output: Path) -> dict[str, Any]:
    found = json.loads((output / "evaluation.json").read_text())
    assert found["sets"] == []
    (one,) = found["labelled"]
    return one


def test_files_that_cannot_be_used_are_named(judged: dict[str, Any], output: Path) -> None:
    assert (judged["clips"], judged["artists"]) == (12, 6)
    reasons = {name: why.split(":")[0] for name, why in judged["left_out"].items()}
    assert reasons == {
        "text.wav": "AUDIO_NOT_AUDIO",
        "silent.wav": "AUDIO_SILENT",
        "brief.wav": "AUDIO_TOO_SHORT",
        "missing.wav": "SOURCE_NOT_FOUND",
    }
    report = (output / "evaluation.md").read_text()
    assert "- `missing.wav`: SOURCE_NOT_FOUND" in report
    assert "Columns that nothing is read for: raters." in report


def test_genres_are_read_out_of_the_loudest_bands(judged: dict[str, Any]) -> None:
    tiny, again = judged["encoders"]
    assert (tiny["name"], again["name"]) == ("tiny", "again")
    assert again["genres"]["means"] == tiny["genres"]["means"]
    assert [one["label"] for one in tiny["genres"]["labels"]] == list(GENRES)
    assert tiny["genres"]["means"]["auc"]["value"] > 0.9
    everything, chosen = tiny["genre_accuracy"]
    assert everything["accuracy"]["count"] == 12
    assert chosen["confusion"] == [[4, 0], [0, 4]]


def test_neighbours_are_by_other_artists(judged: dict[str, Any]) -> None:
    """Ten tones by other artists, two of them of the query's genre."""
    for space in ("own", "centred"):
        at_ten = judged["encoders"][0]["neighbours"]["genre"][space]["10"]
        assert at_ten["value"] == pytest.approx(0.2)
        assert at_ten["count"] == 12


def test_emotions_are_read_where_the_model_has_an_output(
    judged: dict[str, Any], output: Path
) -> None:
    emotions = judged["encoders"][0]["emotions"]
    assert emotions["not_published"] == ["calmness"]
    assert [one["read_out"] for one in emotions["labels"]] == ["loud", ""]
    assert emotions["means"]["spearman"]["count"] == 1
    report = (output / "evaluation.md").read_text()
    assert "not published, not in the means: calmness." in report


def test_two_lists_of_one_name_are_two_sets(corpus: Path, repository: Path, tmp_path: Path) -> None:
    paths = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        paths.append(write_listing(tmp_path / place / "music.csv", tones(corpus)))
    result = evaluate("--labelled", paths[0], "--labelled", paths[1], "--repository", repository,
                      "--output", tmp_path / "made")  # fmt: skip
    assert result.exit_code == 0, result.output
    sets = json.loads((tmp_path / "made" / "evaluation.json").read_text())["labelled"]
    assert [one["name"] for one in sets] == ["music", "music-2"]


def test_paths_are_relative_to_the_folder_that_is_named(
    corpus: Path, repository: Path, tmp_path: Path
) -> None:
    lines = [line | {"file": Path(str(line["file"])).name} for line in tones(corpus)]
    listing = write_listing(tmp_path / "music.csv", lines)
    arguments = ("--labelled", listing, "--repository", repository)
    result = evaluate(*arguments, "--output", tmp_path / "made")
    assert result.exit_code == 1
    assert "EVALUATION_IMPOSSIBLE" in result.output
    assert "bass-0.wav: SOURCE_NOT_FOUND" in result.output
    assert "--labelled-audio" in result.output
    result = evaluate(*arguments, "--labelled-audio", corpus, "--output", tmp_path / "made")
    assert result.exit_code == 0, result.output


def test_a_clip_that_kills_its_decoder_is_left_out(
    corpus: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_a_deadly_one(path: Path, **options: Any) -> Listing:
        listing = read_listing(path, **options)
        first, *others = listing.tracks
        deadly = replace(first, path=DeadlyFile(first.path))
        return replace(listing, tracks=(deadly, *others))

    monkeypatch.setattr(comparison, "read_listing", with_a_deadly_one)
    listing = write_listing(tmp_path / "music.csv", tones(corpus))
    result = evaluate("--labelled", listing, "--repository", repository,
                      "--output", tmp_path / "made")  # fmt: skip
    assert result.exit_code == 0, result.output
    (found,) = json.loads((tmp_path / "made" / "evaluation.json").read_text())["labelled"]
    assert found["clips"] == 11
    ((_, reason),) = found["left_out"].items()
    assert reason.startswith("AUDIO_DECODER_CRASHED: ")


def test_a_list_that_cannot_be_read(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "music.csv").write_text("track,genre\na.wav,rock\n")
    result = evaluate("--labelled", tmp_path / "music.csv", "--repository", repository,
                      "--output", tmp_path / "made")  # fmt: skip
    assert result.exit_code == 1
    assert "LABELS_INVALID" in result.output
    assert "Give it a header" in result.output
    assert not (tmp_path / "made").exists()


def test_models_from_elsewhere(corpus: Path, repository: Path, tmp_path: Path) -> None:
    listing = write_listing(tmp_path / "music.csv", tones(corpus))
    (tmp_path / "empty").mkdir()
    arguments = ("--labelled", listing, "--repository", repository, "--output", tmp_path / "made")
    for beside, exit_code, said in (
        (f"tiny={repository / 'tiny'}", 1, "two encoders are called tiny"),
        (tmp_path / "empty", 1, "MODEL_MISCONFIGURED"),
        (tmp_path / "nowhere", 2, "is not [NAME=]FOLDER"),
        ("=", 2, "is not [NAME=]FOLDER"),
    ):
        result = evaluate(*arguments, "--beside", beside)
        assert result.exit_code == exit_code, result.output
        assert said in " ".join(result.output.split())
    twice = ("--beside", repository / "tiny", "--beside", f"tiny={tmp_path / 'empty'}")
    result = evaluate(*arguments, *twice)
    assert result.exit_code == 2
    assert "two folders are called tiny" in " ".join(result.output.split())
