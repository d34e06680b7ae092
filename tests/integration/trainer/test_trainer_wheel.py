"""A wheel installed with [trainer] trains, exports and evaluates with no checkout."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from installed_wheel import ROOT, Installation

pytestmark = pytest.mark.timeout(1_200)

MUSIC = ROOT / "deploy" / "demo" / "catalogue"


def test_a_named_system_is_trained_exported_and_evaluated(
    install_wheel: Callable[[str], Installation],
) -> None:
    trainer = install_wheel("trainer")
    trainer.run(
        *("segue", "train", "contrastive", "--data", MUSIC, "--output", "run"),
        *("--budget-minutes", "0.1", "--jobs", "2"),
    )
    trainer.run("segue", "export-model", "run", "--name", "mine")
    assert (trainer.folder / "model_repository" / "mine" / "1" / "model.onnx").is_file()
    trainer.run(
        *("segue", "evaluate", "--recordings", MUSIC, "--model", "contrastive", "--run", "run"),
        *("--no-baselines", "--clips", "2", "--clip-seconds", "4", "--output", "table"),
    )
    report = json.loads((trainer.folder / "table" / "evaluation.json").read_text())
    assert "contrastive" in json.dumps(report)
