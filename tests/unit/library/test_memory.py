import math
import os

import pytest

from segue.library.memory import Memory, MemoryUnusable, Remembered, SyncIsRunning
from segue.library.walk import AudioFile

SONG = AudioFile(os.fsdecode(b"/m/caf\xe9.mp3"), 5, 1_000, 7)


def test_what_is_remembered_comes_back(tmp_path):
    one = Remembered(SONG, "aa", said="bb", sheet="[]", seconds=math.inf)
    with Memory(tmp_path, "service", "/m") as memory:
        memory.remember([one])
    with Memory(tmp_path, "service", "/m") as memory:
        assert memory.files() == {SONG.path: one}
        memory.forget([SONG.path])
        assert memory.files() == {}


@pytest.mark.parametrize(("service", "root"), [("other", "/m"), ("service", "/n")])
def test_services_and_folders_are_apart(tmp_path, service, root):
    with Memory(tmp_path, "service", "/m") as memory, Memory(tmp_path, service, root) as other:
        memory.remember([Remembered(SONG, "aa")])
        assert other.files() == {}


def test_a_file_that_changed_a_moment_ago_is_looked_at_again(tmp_path):
    with Memory(tmp_path, "service", "/m") as memory:
        memory.remember([Remembered(SONG, "aa")], now=1.0)
        assert memory.files() == {}
        memory.remember([Remembered(SONG, "aa")], now=10.0)
        assert list(memory.files()) == [SONG.path]


def test_two_at_once_are_refused(tmp_path):
    with Memory(tmp_path, "service", "/m"), pytest.raises(SyncIsRunning):
        Memory(tmp_path, "service", "/m").__enter__()
    with Memory(tmp_path, "service", "/m"):
        pass


@pytest.mark.parametrize(
    "content", [b"", b"not a database" * 100, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_damaged_memory_starts_anew(tmp_path, content):
    with Memory(tmp_path, "service", "/m") as memory:
        memory.remember([Remembered(SONG, "aa")])
    (file,) = tmp_path.glob("*.sqlite")
    file.write_bytes(content)
    with Memory(tmp_path, "service", "/m") as memory:
        assert memory.files() == {}
        memory.remember([Remembered(SONG, "aa")])


def test_a_folder_that_cannot_be_made_is_an_error_with_a_next_step(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MemoryUnusable) as refused:
        Memory(tmp_path / "file", "service", "/m").__enter__()
    assert "--state" in refused.value.next_step


def test_missing_tracks_are_remembered_from_when_they_were_missed_first(tmp_path):
    with Memory(tmp_path, "service", "/m") as memory:
        assert memory.missing_since(["a", "b"], now=10.0) == {"a": 10.0, "b": 10.0}
        assert memory.missing_since(["a"], now=20.0) == {"a": 10.0}
        assert memory.missing_since(["a", "b"], now=30.0) == {"a": 10.0, "b": 30.0}
