"""What a sync knows of files, over its runs."""

from __future__ import annotations

from pathlib import Path

from segue.cli.sync_notes import SyncNotes
from segue.library.memory import Memory, Remembered
from segue.library.plan import Stored
from segue.library.walk import AudioFile

ROOT = "/music"
A = AudioFile("/music/a.flac", 10, 1_000, 1)
CHANGED = AudioFile("/music/a.flac", 11, 2_000, 1)


def memory(folder: Path) -> Memory:
    return Memory(folder, "service", ROOT)


def remembered(folder: Path) -> dict[str, Remembered]:
    with memory(folder) as opened:
        return opened.files()


def test_what_is_learnt_is_known_to_the_next_run_once_it_is_written(tmp_path: Path) -> None:
    with memory(tmp_path) as opened:
        notes = SyncNotes([opened])
        notes.length_read(A, 12.5)
        notes.sheet_read(A, "a sheet")
        notes.learn(A, "hash")
        notes.told(A.path, "said")
        assert notes.earlier(A.path) is None
        assert notes.as_it_is(A) == Remembered(A, "hash", "", "said", "a sheet", 12.5)
        assert not opened.files()
        notes.write(lost=[])
    assert remembered(tmp_path) == {A.path: Remembered(A, "hash", "", "said", "a sheet", 12.5)}
    with memory(tmp_path) as opened:
        notes = SyncNotes([opened])
        assert list(notes.earlier_paths()) == [A.path]
        notes.write(lost=[A.path])
    assert not remembered(tmp_path)


def test_a_file_that_changed_is_not_known_but_what_was_said_of_it_is(tmp_path: Path) -> None:
    with memory(tmp_path) as opened:
        notes = SyncNotes([opened])
        notes.length_read(A, 12.5)
        notes.learn(A, "hash")
        notes.told(A.path, "said")
        notes.write(lost=[])
    with memory(tmp_path) as opened:
        notes = SyncNotes([opened])
        assert notes.as_it_is(CHANGED) is None
        notes.learn(CHANGED, "other")
        assert notes.as_it_is(CHANGED) == Remembered(CHANGED, "other", "", "said")
        notes.unlearn(A.path)
        assert notes.as_it_is(A) == Remembered(A, "hash", "", "said", None, 12.5)


def test_what_the_catalogue_has_keeps_its_hash_while_it_is_the_same_file(tmp_path: Path) -> None:
    with memory(tmp_path) as opened:
        notes = SyncNotes([opened])
        notes.learn(A, "hash")
        notes.write(lost=[])
        notes.learn(A, refusal="AUDIO_EMPTY: no bytes")
        notes.accepted(A)
        assert notes.as_it_is(A) == Remembered(A, "hash")
        notes.accepted(CHANGED)
        assert notes.as_it_is(CHANGED) == Remembered(CHANGED)


def test_a_track_is_missing_since_it_was_first_found_so(tmp_path: Path) -> None:
    gone = [Stored("a", A.path, "hash")]
    for now in (100.0, 200.0):
        with memory(tmp_path) as opened:
            assert SyncNotes([opened]).missing_since(gone, now=now) == {"a": 100.0}
    with memory(tmp_path) as opened:
        assert SyncNotes([opened]).missing_since([], now=300.0) == {}
    with memory(tmp_path) as opened:
        assert SyncNotes([opened]).missing_since(gone, now=400.0) == {"a": 400.0}
