"""What ``segue up`` says of the model that a folder goes on with."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from segue.cli.commands.up import Narrator, _table
from segue.output import PlainConsole
from segue.settings import DEFAULT_MODEL
from segue.stack.folder import DataFolder, PartState, StackState


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


def test_each_address_stands_whole_on_a_line_of_its_own(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ("a-folder-" * 8))
    socket = f"unix:{folder.run}/queue.sock"
    state = StackState(
        pid=1,
        model="segue",
        device="cpu",
        address="127.0.0.1:50051",
        parts={
            "queue": PartState(address=socket),
            "web": PartState(address="http://127.0.0.1:50056/", metrics="127.0.0.1:50057/metrics"),
        },
    )
    written = io.StringIO()
    PlainConsole(file=written, width=60).print_whole(_table(state, folder))
    lines = [line.split() for line in written.getvalue().splitlines()]
    assert ["queue", "address", socket] in lines
    assert ["web", "address", "http://127.0.0.1:50056/"] in lines
    assert ["metrics", "http://127.0.0.1:50057/metrics"] in lines
    assert ["log", "logs/web.log"] in lines
    assert [line[0] for line in lines if line].count("web") == 1
