"""A shipped model is judged on labelled audio by what it serves for that audio."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import soundfile
from click.testing import CliRunner
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from segue.audio.analysis import analyse
from segue.cli import main
from segue.embedding.configuration import newest_version, read_configuration_file
from segue.embedding.pooling import mean_probabilities, song_vector
from segue.resources import resource_folder

RATE_HZ = 22_050
SECONDS = 11.0
GENRES = ("classical", "metal", "disco")
ENCODERS = ["random", "mfcc", "mfcc-whitened", "untrained", "segue"]


def plucked(random: np.random.Generator) -> np.ndarray:
    """Notes that fade, two each second."""
    time = np.arange(int(RATE_HZ * SECONDS)) / RATE_HZ
    audio = np.zeros(len(time))
    for start in np.arange(0, SECONDS, 0.5):
        after = np.maximum(time - start, 0)
        pitch = 220.0 * 2 ** (random.integers(0, 24) / 12)
        audio += (time >= start) * np.exp(-5 * after) * np.sin(2 * np.pi * pitch * after)
    return audio


def noisy(random: np.random.Generator) -> np.ndarray:
    """A low tone, distorted, in noise."""
    time = np.arange(int(RATE_HZ * SECONDS)) / RATE_HZ
    pitch = 80.0 * 2 ** (random.integers(0, 12) / 12)
    return np.tanh(8 * np.sin(2 * np.pi * pitch * time)) + random.normal(0, 0.5, len(time))


def beating(random: np.random.Generator) -> np.ndarray:
    """Bursts of noise, twice a second, over a tone."""
    time = np.arange(int(RATE_HZ * SECONDS)) / RATE_HZ
    pitch = 110.0 * 2 ** (random.integers(0, 12) / 12)
    burst = np.exp(-20 * (time % 0.5)) * random.normal(0, 1, len(time))
    return burst + 0.3 * np.sin(2 * np.pi * pitch * time)


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five clips of each kind."""
    folder = tmp_path_factory.mktemp("music")
    random = np.random.default_rng(11)
    lines = []
    for genre, make in zip(GENRES, (plucked, noisy, beating), strict=True):
        for number in range(5):
            name = f"{genre}-{number}.flac"
            audio = make(random)
            soundfile.write(folder / name, 0.5 * audio / np.abs(audio).max(), RATE_HZ)
            lines.append((name, genre, f"{genre} {number % 2}", round(random.uniform(), 3)))
    with (folder / "music.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file", "genre", "artist", "calmness"))
        table.writerows(lines)
    return folder / "music.csv"


@pytest.fixture(scope="module")
def judged(listing: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    output = tmp_path_factory.mktemp("evaluation")
    result = CliRunner().invoke(
        main,
        ["evaluate", "--labelled", str(listing), "--model", "segue", "--jobs", "1",
         "--output", str(output)],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (found,) = json.loads((output / "evaluation.json").read_text())["labelled"]
    return found


@pytest.fixture(scope="module")
def served(listing: Path) -> list[dict[str, Any]]:
    """What ingest makes of every clip: its line, song vector and mean probabilities."""
    folder = resource_folder("model_repository") / "segue"
    version = newest_version(folder)
    model = read_configuration_file(folder / "config.pbtxt", version)
    session = onnxruntime.InferenceSession(folder / str(version) / "model.onnx")
    answers = []
    with listing.open(newline="") as file:
        for line in csv.DictReader(file):
            batches = analyse(listing.parent / line["file"], model.card.front_end)
            mels = np.concatenate([batch.mels for batch in batches])
            vectors, genres, moods, _ = session.run(model.output_names, {model.input_name: mels})
            answers.append(
                line
                | {
                    "vector": song_vector(vectors, model.card.halves),
                    "genres": mean_probabilities(model.card.genres, genres),
                    "moods": mean_probabilities(model.card.moods, moods),
                }
            )
    return answers


def test_genres_and_emotions_are_those_served(
    judged: dict[str, Any], served: list[dict[str, Any]]
) -> None:
    row = judged["encoders"][-1]
    found = {one["label"]: one["measures"] for one in row["genres"]["labels"]}
    for genre in ("classical", "metal"):
        truth = [clip["genre"] == genre for clip in served]
        scores = [clip["genres"][genre] for clip in served]
        # Log-mels are kept in half precision, which may swap two clips of nearly one score.
        assert found[genre]["auc"]["value"] == pytest.approx(roc_auc_score(truth, scores), abs=0.03)
        assert found[genre]["ap"]["value"] == pytest.approx(
            average_precision_score(truth, scores), abs=0.1
        )
    assert row["genres"]["not_published"] == ["disco"]
    calmness = spearmanr(
        [float(clip["calmness"]) for clip in served], [clip["moods"]["calm"] for clip in served]
    ).statistic
    (emotion,) = row["emotions"]["labels"]
    assert emotion["read_out"] == "calm"
    assert emotion["measures"]["spearman"]["value"] == pytest.approx(calmness, abs=0.03)


def test_neighbours_are_those_of_the_vectors_served(
    judged: dict[str, Any], served: list[dict[str, Any]]
) -> None:
    vectors = np.stack([clip["vector"] for clip in served])
    shares = []
    for clip, vector in zip(served, vectors, strict=True):
        others = [place for place, one in enumerate(served) if one["artist"] != clip["artist"]]
        nearest = sorted(others, key=lambda place: -float(vectors[place] @ vector))[:5]
        shares.append(np.mean([served[place]["genre"] == clip["genre"] for place in nearest]))
    found = judged["encoders"][-1]["neighbours"]["genre"]["own"]["5"]["value"]
    assert found == pytest.approx(np.mean(shares), abs=0.03)


def test_baselines_stand_beside_the_model(judged: dict[str, Any]) -> None:
    assert [row["name"] for row in judged["encoders"]] == ENCODERS
    found = {
        row["name"]: row["neighbours"]["genre"]["centred"]["5"]["value"]
        for row in judged["encoders"]
    }
    assert found["segue"] > found["random"]
    for row in judged["encoders"][:-1]:
        assert row["genres"]["means"] == {}
        assert row["genres"]["not_published"] == sorted(GENRES)
