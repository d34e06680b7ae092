"""What ``segue export-model`` refuses, before it writes anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segue.errors import InvalidRequest
from segue.trainer.configuration import TrainingConfig, from_dict
from segue.trainer.export import export_runs
from segue.trainer.training import CURVES, METRICS, RUN, Trainer


def configuration(name: str, seed: int) -> TrainingConfig:
    return from_dict(
        {
            "name": name,
            "seed": seed,
            "front_end": {"bands": 16, "chunk_frames": 32, "chunk_hop_frames": 32},
            "network": {"kind": "convolution", "channels": [4], "dimension": 8},
            "views": {"places": 2},
            "losses": {"info_nce": 1.0},
        }
    )


def untrained(folder: Path, name: str = "mine", seed: int = 1) -> Path:
    """A run of no steps."""
    folder.mkdir()
    config = configuration(name, seed)
    Trainer(config).save(folder)
    described = {
        "config": config.to_dict(),
        "segue": "0.1.0",
        "torch": "2",
        "device": "cpu",
        "threads": 1,
        "git_revision": "abc",
        "tracks": {"train": 2, "validation": 2, "left_out": 0},
    }
    (folder / RUN).write_text(json.dumps(described))
    (folder / METRICS).write_text(json.dumps({"step": 1, "seconds": 1.0, "loss": 1.0}) + "\n")
    return folder


ESTIMATE = {"value": 0.5, "low": 0.4, "high": 0.6}
JUDGED = {"name": "here", "tracks": 2, "clips": 4, "clip_seconds": 10.0}
ROW = {
    "name": "mine",
    "pairwise": {"track": ESTIMATE},
    "songs": {"track": {"recall_at_1": ESTIMATE}},
    "genre_accuracy": [],
}


def evaluation(*rows: Any) -> bytes:
    return json.dumps({"sets": [{**JUDGED, "encoders": rows}]}).encode()


@pytest.mark.parametrize(
    "written",
    [
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"sets": null}',
        b'{"sets": ["here"]}',
        evaluation({**ROW, "name": "other"}),
        evaluation({**ROW, "pairwise": {"track": 0.5}}),
        evaluation({**ROW, "pairwise": {"track": {**ESTIMATE, "low": "0.4"}}}),
        evaluation({**ROW, "songs": {}}),
    ],
)
def test_an_evaluation_that_is_none_of_the_model_is_refused(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "evaluation.json").write_bytes(written)
    with pytest.raises(InvalidRequest) as caught:
        export_runs(
            [untrained(tmp_path / "run")],
            tmp_path / "models",
            evaluation=tmp_path / "evaluation.json",
        )
    assert caught.value.reason == "EVALUATION_UNREADABLE"
    assert "segue evaluate" in caught.value.next_step
    assert not (tmp_path / "models").exists()


def test_an_evaluation_of_the_model_goes_into_its_card(tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_bytes(evaluation(ROW))
    folder = export_runs(
        [untrained(tmp_path / "run")],
        tmp_path / "models",
        evaluation=tmp_path / "evaluation.json",
    )
    assert "| mine | 0.500 (0.400–0.600) |" in (folder / "README.md").read_text()


def test_a_run_of_any_name_stays_within_the_models_folder(tmp_path: Path) -> None:
    run = untrained(tmp_path / "run", "../x")
    (run / CURVES).write_bytes(b"curves")
    folder = export_runs([run], tmp_path / "models", name="mine")
    assert (folder / "..-x-curves.png").read_bytes() == b"curves"
    assert list((tmp_path / "models").iterdir()) == [folder]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/x", "a b", "-x", "mine\n", 'a"b', "ä", "x" * 101]
)
@pytest.mark.parametrize("given", ["option", "configuration"])
def test_a_name_that_cannot_be_a_folders_is_refused(tmp_path: Path, name: str, given: str) -> None:
    models = tmp_path / "below" / "models"
    run = untrained(tmp_path / "run", name if given == "configuration" else "mine")
    with pytest.raises(InvalidRequest) as caught:
        export_runs([run], models, name=name if given == "option" else None)
    assert caught.value.reason == "MODEL_NAME_INVALID"
    assert "--name" in caught.value.next_step
    assert not models.parent.exists()


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_version_that_another_graph_has_is_refused_unless_it_is_to_be_replaced(
    tmp_path: Path,
) -> None:
    models = tmp_path / "models"
    shipped = contents(export_runs([untrained(tmp_path / "run")], models))
    trained_again = untrained(tmp_path / "again", seed=7)
    with pytest.raises(InvalidRequest) as caught:
        export_runs([trained_again], models)
    assert caught.value.reason == "MODEL_VERSION_TAKEN"
    assert "--version 2" in caught.value.next_step
    assert "--replace" in caught.value.next_step
    assert contents(models) == shipped
    graph = export_runs([trained_again], models, replace=True) / "1" / "model.onnx"
    assert graph.read_bytes() != shipped[graph]
    assert export_runs([trained_again], models, version=2).is_dir()


def test_the_same_graph_is_exported_again_with_another_card(tmp_path: Path) -> None:
    run, models = untrained(tmp_path / "run"), tmp_path / "models"
    export_runs([run], models)
    (tmp_path / "about.md").write_text("Of tones.\n")
    folder = export_runs([run], models, about=tmp_path / "about.md")
    assert "Of tones." in (folder / "README.md").read_text()


@pytest.mark.parametrize("replace", [False, True])
def test_an_earlier_version_does_not_take_the_configuration_of_a_later_one(
    tmp_path: Path, replace: bool
) -> None:
    run, models = untrained(tmp_path / "run"), tmp_path / "models"
    export_runs([run], models, version=3)
    before = contents(models)
    with pytest.raises(InvalidRequest) as caught:
        export_runs([run], models, version=2, replace=replace)
    assert caught.value.reason == "MODEL_VERSION_TAKEN"
    assert "--version 4" in caught.value.next_step
    assert contents(models) == before
