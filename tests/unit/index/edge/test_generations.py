"""The folder of a collection after whatever happened to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.errors import IndexUnavailable
from segue.index.edge.generations import Generations


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "data").write_text("x")
    return folder


def test_nothing_is_live_at_first(tmp_path: Path) -> None:
    generations = Generations(tmp_path / "tracks")
    assert generations.live is None
    assert generations.properties == {}


def test_switching_survives_reopening(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    first, second = made(generations.candidate()), made(generations.candidate())
    assert first != second
    generations.switch(first, {"dimension": 3})
    generations.switch(second, {"dimension": 4})
    again = Generations(tmp_path)
    assert again.live == second
    assert again.properties == {"dimension": 4}


def test_a_draft_that_was_never_committed_counts_for_nothing(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    first, second = made(generations.candidate()), made(generations.candidate())
    generations.switch(first, {})
    generations.draft(second, {})
    again = Generations(tmp_path)
    assert again.live == first
    again.sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["manifest.json", first.name])
    assert (first / "data").read_text() == "x"


def test_sweeping_before_the_first_generation(tmp_path: Path) -> None:
    made(tmp_path / "generation-half-made")
    Generations(tmp_path).sweep()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"generation": "x"}'])
def test_a_broken_manifest_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(IndexUnavailable) as refused:
        Generations(tmp_path)
    assert "backup" in refused.value.next_step
