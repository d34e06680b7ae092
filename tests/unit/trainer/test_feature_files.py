"""The files of a feature store, as they are while a store is open for writing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from segue.trainer.feature_files import FRAMES, FeatureFiles, Frames, file_key

KEY = ("a", 10, 1)


def some(frames: int, level: float) -> Frames:
    return np.full((frames, 4), level, np.float16)


def test_what_is_appended_is_there_when_the_files_are_opened_again(tmp_path: Path) -> None:
    files = FeatureFiles(tmp_path, {"hop": 1}, 4)
    files.append(KEY, some(3, 1.0))
    files.append(("b", 0, 0), "SOURCE_NOT_FOUND: gone")
    files.append(("c", 5, 2), some(2, 2.0))
    files.flush()
    again = FeatureFiles(tmp_path, {"hop": 1}, 4)
    assert KEY in again
    assert ("a", 10, 2) not in again
    assert again.failure(KEY) is None
    assert again.failure(("b", 0, 0)) == "SOURCE_NOT_FOUND: gone"
    assert (again.place(KEY), again.place(("c", 5, 2))) == ((0, 3), (3, 2))
    np.testing.assert_array_equal(again.frames(), np.concatenate([some(3, 1.0), some(2, 2.0)]))


def test_what_was_not_flushed_is_not_there(tmp_path: Path) -> None:
    FeatureFiles(tmp_path, {}, 4).append(KEY, some(3, 1.0))
    assert KEY not in FeatureFiles(tmp_path, {}, 4)


def test_other_settings_start_anew_and_do_not_disturb_who_reads(tmp_path: Path) -> None:
    files = FeatureFiles(tmp_path, {"hop": 1}, 4)
    files.append(KEY, some(3, 1.0))
    files.flush()
    read = files.frames()
    assert isinstance(read, np.memmap)
    other = FeatureFiles(tmp_path, {"hop": 2}, 4)
    assert KEY not in other
    other.append(KEY, some(1, 5.0))
    other.flush()
    np.testing.assert_array_equal(read, some(3, 1.0))
    np.testing.assert_array_equal(other.frames(), some(1, 5.0))


@pytest.mark.parametrize("line", [b"{}\n", b"[]\n", b"3\n", b"noise\n", b'{"track_id": "b"}\n'])
def test_what_follows_a_line_that_cannot_be_read_is_cut_off(tmp_path: Path, line: bytes) -> None:
    files = FeatureFiles(tmp_path, {}, 4)
    files.append(KEY, some(3, 1.0))
    files.flush()
    with (tmp_path / "features.jsonl").open("ab") as listing:
        listing.write(line)
    with (tmp_path / FRAMES).open("ab") as frames:
        frames.write(b"rest")
    again = FeatureFiles(tmp_path, {}, 4)
    assert KEY in again
    assert (tmp_path / FRAMES).stat().st_size == 3 * 4 * 2


def test_a_key_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    assert file_key("a", path) == ("a", 0, 0)
    path.write_bytes(b"1234")
    os.utime(path, ns=(5, 7))
    assert file_key("a", path) == ("a", 4, 7)
