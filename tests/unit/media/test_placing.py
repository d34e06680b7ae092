"""Putting what an open file holds at a path."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from segue.media.placing import placing


def test_a_file_is_linked_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"content")
    with (tmp_path / "source").open("rb") as file, placing(file, tmp_path / "partial") as place:
        (tmp_path / "source").write_bytes(b"changed")
        place(tmp_path / "folder" / "target")
    assert (tmp_path / "folder" / "target").samefile(tmp_path / "source")
    assert not (tmp_path / "partial").exists()


def test_what_has_no_name_is_copied(tmp_path: Path) -> None:
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        file.write(b"content")
        file.flush()
        with placing(file, tmp_path / "partial") as place:
            place(tmp_path / "folder" / "target")
    assert (tmp_path / "folder" / "target").read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_what_is_not_placed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"content")
    with (tmp_path / "source").open("rb") as file:
        with placing(file, tmp_path / "partial"):
            assert (tmp_path / "partial").exists()
        assert not (tmp_path / "partial").exists()
        with pytest.raises(FileNotFoundError), placing(file, tmp_path / "none" / "partial"):
            pass
    assert list(tmp_path.iterdir()) == [tmp_path / "source"]
