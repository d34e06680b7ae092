"""The command, from audio files to tables, on tones whose order is known."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from deadly_files import DeadlyFile
from segue.cli import main
from segue.embedding.configuration import models_in
from segue.resources import resource_folder
from segue.trainer.data import TrainingTrack, read_tracks
from segue.trainer.evaluation import comparison

SHORT = ("--clips", "3", "--clip-seconds", "2", "--no-baselines")


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def output(corpus: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation with everything in it."""
    folder = tmp_path_factory.mktemp("evaluation")
    result = evaluate(
        "--data", corpus, "--recordings", corpus, "--repository", repository, "--clips", 3,
        "--clip-seconds", 2, "--genres", "Bass, treble", "--jobs", 1, "--artist-filter",
        "--output", folder, "--untrained", _small_configuration(folder),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder


def _small_configuration(folder: Path) -> Path:
    path = folder / "small.toml"
    path.write_text(
        'name = "small"\n[front_end]\nchunk_frames = 33\nchunk_hop_frames = 33\n'
        '[network]\nkind = "convolution"\nchannels = [4, 8]\ndimension = 16\n'
        "[views]\nplaces = 2\n[losses]\ninfo_nce = 1.0\n"
    )
    return path


@pytest.fixture(scope="module")
def numbers(output: Path) -> dict[str, Any]:
    return json.loads((output / "evaluation.json").read_text())


def rows(numbers: dict[str, Any], place: int) -> dict[str, Any]:
    return {row["name"]: row for row in numbers["sets"][place]["encoders"]}


def leaves(tree: Any, place: str = "") -> dict[str, Any]:
    """Every value of a JSON tree by where it stands."""
    if not isinstance(tree, dict | list):
        return {place: tree}
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {
        key: value
        for name, branch in branches
        for key, value in leaves(branch, f"{place}/{name}").items()
    }


def test_every_encoder_has_a_row_in_every_set(numbers: dict[str, Any]) -> None:
    wanted = ["random", "mfcc", "mfcc-whitened", "untrained", "tiny"]
    assert [list(rows(numbers, place)) for place in (0, 1)] == [wanted, wanted]
    labelled, recordings = numbers["sets"]
    assert (labelled["tracks"], labelled["clips"], labelled["artists"]) == (12, 36, 6)
    assert list(labelled["left_out"]) == ["short"]
    assert (recordings["tracks"], recordings["artists"]) == (12, 12)
    assert numbers["artist_filter"] is True


def test_tones_are_found_again(numbers: dict[str, Any]) -> None:
    for place in (0, 1):
        tiny = rows(numbers, place)["tiny"]
        assert tiny["pairwise"]["track"]["value"] == pytest.approx(1.0)
        assert tiny["songs"]["track"]["recall_at_1"]["value"] == pytest.approx(1.0)
        assert rows(numbers, place)["random"]["pairwise"]["track"]["value"] < 0.3


def test_recordings_are_judged_by_track_alone(numbers: dict[str, Any]) -> None:
    tiny = rows(numbers, 1)["tiny"]
    assert list(tiny["pairwise"]) == ["track"]
    assert tiny["genre_accuracy"] == []
    assert tiny["playlists"] == {}


def test_genres_are_told_by_the_loudest_bands(numbers: dict[str, Any]) -> None:
    everything, restricted = rows(numbers, 0)["tiny"]["genre_accuracy"]
    assert everything["method"] == "probabilities"
    assert everything["labels"] == ["bass", "middle", "treble"]
    assert sum(map(sum, everything["confusion"])) == 12
    assert everything["accuracy"]["value"] > 0.9
    assert restricted["labels"] == ["bass", "treble"]
    assert restricted["confusion"] == [[4, 0], [0, 4]]
    assert rows(numbers, 0)["mfcc"]["genre_accuracy"][0]["method"] == "neighbours"


def test_playlists_are_made_in_both_spaces(numbers: dict[str, Any]) -> None:
    assert list(rows(numbers, 0)["tiny"]["playlists"]) == ["embedding", "genres"]
    assert list(rows(numbers, 0)["mfcc"]["playlists"]) == ["embedding"]


def test_intervals_hold_the_value(numbers: dict[str, Any]) -> None:
    for row in rows(numbers, 0).values():
        for measures in (*row["clips"].values(), *row["songs"].values()):
            for found in measures.values():
                assert found["low"] <= found["value"] + 1e-9
                assert found["value"] <= found["high"] + 1e-9


def test_the_report_names_the_best_and_shows_every_picture(output: Path) -> None:
    text = (output / "evaluation.md").read_text()
    table = text.split("ranked pairwise distances")[1].split("###")[0]
    (line,) = [line for line in table.splitlines() if line.startswith("| tiny |")]
    assert line.startswith("| tiny | **1.000** [1.000, 1.000] ×")
    pictures = sorted(path.name for path in output.glob("*.png"))
    assert pictures == sorted(
        line[2:].split("]")[0] for line in text.splitlines() if line.startswith("![")
    )
    assert pictures == [
        "corpus-2-precision.png",
        "corpus-composition-tiny.png",
        "corpus-confusion-tiny-2.png",
        "corpus-confusion-tiny-3.png",
        "corpus-playlists.png",
        "corpus-precision.png",
        "corpus-space-mfcc-whitened.png",
        "corpus-space-mfcc.png",
        "corpus-space-tiny.png",
        "corpus-space-untrained.png",
        "corpus-spectrograms.png",
    ]
    for name in pictures:
        with Image.open(output / name) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 10, name


def test_numbers_follow_from_the_seed(
    corpus: Path, repository: Path, tmp_path: Path, numbers: dict[str, Any]
) -> None:
    result = evaluate(
        "--data", corpus, "--repository", repository, *SHORT, "--artist-filter", "--genres",
        "bass,treble", "--output", tmp_path,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    again = json.loads((tmp_path / "evaluation.json").read_text())
    assert list(rows(again, 0)) == ["tiny"]
    first, second = leaves(rows(numbers, 0)["tiny"]), leaves(rows(again, 0)["tiny"])
    assert second.keys() == first.keys()
    for place, value in first.items():
        expected = pytest.approx(value, rel=1e-4) if isinstance(value, float) else value
        assert second[place] == expected, place


def test_a_file_that_kills_its_decoder_is_left_out_and_the_others_are_judged(
    corpus: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_a_deadly_one(folder: Path) -> list[TrainingTrack]:
        tracks = read_tracks(folder)
        tracks[4] = replace(tracks[4], path=DeadlyFile(tracks[4].path))
        return tracks

    monkeypatch.setattr(comparison, "read_tracks", with_a_deadly_one)
    result = evaluate("--data", corpus, "--repository", repository, *SHORT, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    (judged,) = json.loads((tmp_path / "evaluation.json").read_text())["sets"]
    assert judged["tracks"] == 11
    (crashed,) = [why for why in judged["left_out"].values() if "TOO_SHORT" not in why]
    assert crashed.startswith("AUDIO_DECODER_CRASHED: ")
    assert crashed in (tmp_path / "evaluation.md").read_text()


def test_something_must_be_evaluated(tmp_path: Path) -> None:
    result = evaluate("--output", tmp_path)
    assert result.exit_code == 2
    assert "--data" in result.output


def test_clips_that_are_too_short(corpus: Path, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(repository)
    result = evaluate("--data", corpus, "--repository", repository, "--clip-seconds", 1,
                      "--output", tmp_path / "made")  # fmt: skip
    assert result.exit_code == 1
    assert "EVALUATION_IMPOSSIBLE" in result.output
    assert "--clip-seconds" in result.output


def test_nothing_to_compare(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    result = evaluate("--data", corpus, "--repository", tmp_path / "models", *SHORT,
                      "--output", tmp_path / "made")  # fmt: skip
    assert result.exit_code == 1
    assert "EVALUATION_IMPOSSIBLE" in result.output
    assert "--repository" in result.output


def test_all_models_are_compared_whatever_their_version(
    corpus: Path, repository: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    later = shutil.copytree(repository / "tiny", models / "later")
    (later / "1").rename(later / "3")
    shutil.copytree(repository / "tiny", models / "tiny")
    result = evaluate("--data", corpus, "--repository", models, *SHORT,
                      "--output", tmp_path / "made")  # fmt: skip
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "made" / "evaluation.json").read_text())
    assert list(rows(written, 0)) == ["later", "tiny"]


def test_an_unknown_model(corpus: Path, repository: Path, tmp_path: Path) -> None:
    result = evaluate("--data", corpus, "--repository", repository, "--model", "other", *SHORT,
                      "--output", tmp_path)  # fmt: skip
    assert result.exit_code == 1
    assert "MODEL_MISCONFIGURED" in result.output


def test_all_models_that_ship_are_compared_whatever_their_version() -> None:
    repository = resource_folder("model_repository")
    shipped = {path.parent.name for path in repository.glob("*/config.pbtxt")}
    assert {"segue", "genre", "musicnn"} <= shipped
    assert models_in(repository) == sorted(shipped)
