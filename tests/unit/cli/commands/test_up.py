"""What ``segue up`` says of the model that a folder goes on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue.cli.commands.up import Narrator
from segue.settings import DEFAULT_MODEL
from segue.stack.folder import DataFolder


def test_a_model_that_is_not_the_default_one_is_said_with_what_begins_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    narrator = Narrator(DataFolder(tmp_path), as_json=False)
    narrator.model_kept(DEFAULT_MODEL)
    assert not capsys.readouterr().out
    narrator.model_kept("musicnn")
    said = " ".join(capsys.readouterr().out.split())
    assert "goes on with its model, musicnn" in said
    assert f"--model {DEFAULT_MODEL} begins another one" in said


def test_to_a_program_it_is_an_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Narrator(DataFolder(tmp_path), as_json=True).model_kept("musicnn")
    assert json.loads(capsys.readouterr().out) == {"event": "model_kept", "model": "musicnn"}
