"""Which model ``segue embed`` asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from segue.cli.commands import embed as command
from segue.errors import Unavailable
from segue.index.schema import SEGMENTS, TRACKS, collection_name
from segue.stack.folder import DataFolder


@pytest.mark.parametrize(
    ("space", "more", "model"),
    [
        (None, (), "segue"),
        ("segue-v1", (), "segue-1"),
        ("segue-v1", ("--model", "musicnn"), "musicnn"),
    ],
)
def test_it_is_that_of_the_catalogue_unless_another_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: str | None, more: Any, model: str
) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    if space:
        for kind in (TRACKS, SEGMENTS):
            (folder.index / collection_name(kind, space)).mkdir()
        (folder.index / f"{space}.lock").touch()
    asked: list[str] = []

    @contextmanager
    def inference(given: str | None, model: str, *_: Any) -> Iterator[str]:
        asked.append(model)
        raise Unavailable("enough is known")
        yield ""

    monkeypatch.setattr(command, "_inference", inference)
    monkeypatch.delenv("SEGUE_MODEL", raising=False)
    CliRunner().invoke(command.embed, ["a.wav", "-o", "a.npz", "--data", str(folder.root), *more])
    assert asked == [model]
