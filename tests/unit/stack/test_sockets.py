"""Sockets lie where other users cannot go, under paths that are short and plain."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from segue.stack.sockets import (
    SocketFolderMissing,
    fits,
    remove_socket_folder,
    socket_folder,
)


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_short_folder_is_taken_and_closed(tmp_path: Path) -> None:
    wanted = tmp_path / "run"
    wanted.mkdir(mode=0o755)
    with socket_folder(wanted) as folder:
        assert folder == wanted
        assert mode(folder) == 0o700
    assert wanted.is_dir()


@pytest.mark.parametrize("name", ["x" * 120, "two words", "per%20cent", "élan", "a#b"])
def test_another_takes_the_place_of_one_that_sockets_cannot_have(tmp_path: Path, name: str) -> None:
    wanted = tmp_path / name
    wanted.mkdir()
    with socket_folder(wanted) as folder:
        assert folder != wanted
        assert mode(folder) == 0o700
        assert fits(folder)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "triton.sock:0"))
    assert not folder.exists()


def test_temporary_files_far_down_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with socket_folder(deep) as folder:
        assert folder.parent == Path("/tmp")


def test_no_place_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(SocketFolderMissing) as refused, socket_folder(tmp_path / ("x" * 120)):
        pass
    assert "TMPDIR" in refused.value.next_step


def test_only_what_was_made_here_is_removed(tmp_path: Path) -> None:
    ours, other = tmp_path / "segue-sockets-1", tmp_path / "music"
    for folder in (ours, other):
        folder.mkdir()
        remove_socket_folder(folder)
    remove_socket_folder(Path())
    assert not ours.exists()
    assert other.exists()
