"""What ``segue train`` refuses, it refuses before its long work."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from segue.cli import main
from segue.trainer import training_set
from segue.trainer.training import CHECKPOINT


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a training into ``tmp_path / "run"``, where analysing would be an error."""

    def analyse(*_: object, **__: object) -> None:
        raise AssertionError("nothing should be analysed")

    monkeypatch.setattr(training_set, "open_training_set", analyse)
    config, music = tmp_path / "mine.toml", tmp_path / "music"
    config.write_text('name = "mine"\n[losses]\ninfo_nce = 1.0\n[views]\nplaces = 2\n')
    music.mkdir()
    (music / "one.wav").touch()
    (tmp_path / "run").mkdir()
    return ["train", str(config), "--data", str(music), "--output", str(tmp_path / "run")]


def test_a_folder_that_holds_a_run_is_refused_at_once(start: list[str], tmp_path: Path) -> None:
    (tmp_path / "run" / CHECKPOINT).write_bytes(b"a run")
    result = CliRunner().invoke(main, start)
    assert result.exit_code == 1
    assert "RUN_EXISTS" in result.output
    assert "--resume" in result.output


def test_a_folder_without_a_run_cannot_be_resumed(start: list[str]) -> None:
    result = CliRunner().invoke(main, [*start, "--resume"])
    assert result.exit_code == 1
    assert "RUN_NOT_FOUND" in result.output
    # The data are in order: what stopped it is the folder alone.
    assert isinstance(CliRunner().invoke(main, start).exception, AssertionError)
