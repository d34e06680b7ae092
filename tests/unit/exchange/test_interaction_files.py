"""Files of what listeners did: nothing twice, nothing lost, and nothing of who is forgotten."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from segue.errors import ListenersFolderUnusable
from segue.exchange import interaction_files
from segue.exchange.folder_lock import FolderLock
from segue.exchange.interaction_files import SCHEMA, InteractionFolder
from segue.interactions import (
    EntryId,
    Forgetting,
    Interaction,
    InteractionKind,
    RecordedInteraction,
)

STREAM, EARLIER = "5ea0", "a01d"
NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)


def entries(*numbers: int, user: str = "") -> list[RecordedInteraction]:
    """Entries in pairs of one millisecond; even ones are of ann, odd ones of bob."""
    return [
        RecordedInteraction(
            EntryId(1_000 + number // 2, number % 2),
            Interaction(
                user or ("ann" if number % 2 == 0 else "bob"),
                f"t{number}",
                InteractionKind.PLAY,
                NOW - timedelta(seconds=number),
                number / 4,
            ),
        )
        for number in numbers
    ]


def tracks(folder: InteractionFolder, hidden: Forgetting | None = None) -> list[str]:
    tables = folder.tables() if hidden is None else folder.tables(hidden)
    return [track for table in tables for track in table["track_id"].to_pylist()]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "listeners"
    place.mkdir()
    return place


@pytest.fixture
def folder(place: Path) -> InteractionFolder:
    return InteractionFolder(place)


def test_rows_say_everything(folder: InteractionFolder, place: Path) -> None:
    assert list(folder.tables()) == []
    assert folder.written_up_to(STREAM) is None
    assert folder.append(STREAM, entries(0, 1, 2)) == 3
    assert folder.written_up_to(STREAM) == EntryId(1_001, 0)
    assert folder.written_up_to(EARLIER) is None
    (table,) = folder.tables()
    assert table.schema.equals(SCHEMA)
    rows = table.to_pylist()
    assert rows[2] == {
        "user_id": "ann",
        "track_id": "t2",
        "kind": "play",
        "occurred_at": NOW - timedelta(seconds=2),
        "played_seconds": pytest.approx(0.5),
        "recorded_at": datetime(1970, 1, 1, 0, 0, 1, 1_000, tzinfo=UTC),
        "recorded_number": 0,
    }
    assert rows[0]["played_seconds"] is None
    (file,) = place.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_a_small_file_grows_and_a_large_one_stays(
    folder: InteractionFolder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.append(STREAM, entries(0, 1))
    folder.append(STREAM, entries(2, 3))
    assert [path.name for path in place.iterdir()] == [
        f"interactions.{STREAM}.1000-0.1001-1.parquet"
    ]
    monkeypatch.setattr(interaction_files, "GROWS_BYTES", 1)
    folder.append(STREAM, entries(4))
    folder.append(EARLIER, entries(0))
    assert len(list(place.iterdir())) == 3
    assert sorted(tracks(folder)) == ["t0", "t0", "t1", "t2", "t3", "t4"]


def test_what_a_kill_left_over_is_neither_read_nor_kept(
    folder: InteractionFolder, place: Path
) -> None:
    folder.append(STREAM, entries(0, 1))
    (small,) = place.iterdir()
    before = small.read_bytes()
    folder.append(STREAM, entries(2, 3))
    small.write_bytes(before)
    staged = place / f".interactions.{STREAM}.1.2.parquet.incomplete"
    staged.write_bytes(before[:100])
    assert tracks(folder) == ["t0", "t1", "t2", "t3"]
    folder.tidy()
    assert not small.exists()
    assert not staged.exists()
    assert tracks(folder) == ["t0", "t1", "t2", "t3"]


def test_who_is_hidden_is_neither_written_nor_read(folder: InteractionFolder) -> None:
    hidden = Forgetting(STREAM, {"ann": EntryId(1_002, 0)})
    folder.append(STREAM, entries(0, 1, 2))
    assert folder.append(STREAM, entries(3, 4, 6), hidden) == 2
    assert folder.written_up_to(STREAM) == EntryId(1_003, 0)
    assert tracks(folder) == ["t0", "t1", "t2", "t3", "t6"]
    assert tracks(folder, hidden) == ["t1", "t3", "t6"]
    folder.append(EARLIER, entries(8, 9))
    assert tracks(folder, hidden) == ["t1", "t3", "t6", "t9"]


def test_forgetting_removes_rows_and_the_name_and_keeps_the_place(
    folder: InteractionFolder, place: Path
) -> None:
    folder.append(STREAM, entries(0, 1, 2, 4))
    folder.append(EARLIER, entries(8, 9))
    small = next(path for path in place.iterdir() if EARLIER in path.name)
    left_over = place / f"interactions.{STREAM}.1000-0.1000-1.parquet"
    left_over.write_bytes(small.read_bytes())
    assert folder.forget("ann", EntryId(1_001, 0), STREAM) == 3
    assert sorted(tracks(folder)) == ["t1", "t4", "t9"]
    assert folder.forget("ann", EntryId(1_001, 0), STREAM) == 0
    assert folder.forget("ann", EntryId(2_000, 0), STREAM) == 1
    assert folder.written_up_to(STREAM) == EntryId(1_002, 0)
    assert all(b"ann" not in path.read_bytes() for path in place.iterdir())
    assert any(b"bob" in path.read_bytes() for path in place.iterdir())
    assert folder.forget("bob", EntryId(2_000, 0), STREAM) == 2
    assert tracks(folder) == []
    assert folder.written_up_to(STREAM) == EntryId(1_002, 0)
    folder.append(STREAM, entries(6))
    assert tracks(folder) == ["t6"]


def test_who_reads_misses_nothing_while_it_grows(folder: InteractionFolder) -> None:
    folder.append(STREAM, entries(0))
    folder.append(EARLIER, entries(1))
    reading = folder.tables()
    first = next(reading)["track_id"].to_pylist()
    folder.append(STREAM, entries(2))
    folder.append(EARLIER, entries(3))
    assert sorted([*first, *(t for table in reading for t in table["track_id"].to_pylist())]) == [
        *("t0", "t1")
    ]


@pytest.mark.parametrize("harm", ["cut", "flipped", "foreign"])
def test_a_damaged_file_is_named_and_nothing_repeated(
    folder: InteractionFolder, place: Path, harm: str
) -> None:
    folder.append(STREAM, entries(*range(0, 40, 2), user="marker-of-a-listener"))
    (file,) = place.iterdir()
    content = bytearray(file.read_bytes())
    if harm == "cut":
        content = content[: len(content) // 2]
    elif harm == "flipped":
        content[len(content) // 8] ^= 0xFF
    file.write_bytes(content)
    if harm == "foreign":
        pq.write_table(pq.read_table(file).drop(["kind"]), file)
    with pytest.raises(ListenersFolderUnusable, match="is damaged") as refused:
        list(folder.tables())
    assert file.name in str(refused.value)
    assert "marker" not in str(refused.value)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ListenersFolderUnusable, match="file"):
        FolderLock(tmp_path / "file" / "below").take()
    with pytest.raises(ListenersFolderUnusable, match="nowhere") as refused:
        InteractionFolder(tmp_path / "nowhere").append(STREAM, entries(0))
    assert refused.value.reason == "LISTENERS_FOLDER_UNUSABLE"


def test_one_at_a_time_holds_the_lock_and_a_killed_one_no_more(place: Path) -> None:
    one, other = FolderLock(place), FolderLock(place)
    assert one.take()
    assert not other.take()
    one.release()
    assert other.take()
    other.release()
    code = (
        "import sys, pathlib\n"
        "from segue.exchange.folder_lock import FolderLock\n"
        "lock = FolderLock(pathlib.Path(sys.argv[1]))\n"
        "print(lock.take(), flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        assert not one.take()
        holder.kill()
        holder.wait()
        assert one.take()
    one.release()
