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


def configuration(name: str) -> TrainingConfig:
    return from_dict(
        {
            "name": name,
            "front_end": {"bands": 16, "chunk_frames": 32, "chunk_hop_frames": 32},
            "network": {"kind": "convolution", "channels": [4], "dimension": 8},
            "views": {"places": 2},
            "losses": {"info_nce": 1.0},
        }
    )


def untrained(folder: Path, name: str = "mine") -> Path:
    """A run of no steps."""
    folder.mkdir()
    config = configuration(name)
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
