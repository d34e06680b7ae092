"""Private files: whole or not at all, for their owner alone."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from segue import durable
from segue.durable import private_file, write_private, write_private_once


def only(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    path.chmod(0o644)
    with private_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        (staged,) = set(only(tmp_path)) - {"kept"}
        assert stat.S_IMODE((tmp_path / staged).stat().st_mode) == 0o600
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert only(tmp_path) == ["kept"]


def test_what_fails_half_way_leaves_all_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_private(path, b"old")

    def fail() -> None:
        with private_file(path) as file:
            file.write(b"half")
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        fail()
    assert (path.read_bytes(), only(tmp_path)) == (b"old", ["kept"])
    with pytest.raises(FileNotFoundError):
        write_private(tmp_path / "nowhere" / "file", b"x")


def test_content_and_name_are_on_the_disk_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def noted(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        # A folder counts as it is by now: with the file under its own name.
        synced.append(f"{path.name}: {only(path)[-1]}" if path.is_dir() else "content")

    monkeypatch.setattr(durable.os, "fsync", noted)
    write_private(tmp_path / "kept", b"x")
    assert synced == ["content", f"{tmp_path.name}: kept"]


def test_one_that_came_first_stays(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_private_once(path, b"first")
    with pytest.raises(FileExistsError):
        write_private_once(path, b"second")
    assert (path.read_bytes(), only(tmp_path)) == (b"first", ["kept"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_several_that_write_at_once_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    contents = [bytes([number]) * 100_000 for number in range(8)]
    threads = [threading.Thread(target=write_private, args=(path, one)) for one in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert only(tmp_path) == ["kept"]
