"""What a client remembers between two looks at a folder: only so that the next is quick.

One SQLite file for each service and folder. All of it can be lost: the catalogue knows where each
track came from and what its bytes were.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from segue.errors import SegueError, Unavailable
from segue.file_times import is_settled
from segue.library.walk import AudioFile

_VERSION = 2
_TABLES = """
CREATE TABLE files (path BLOB PRIMARY KEY, size INTEGER, changed_ns INTEGER, inode INTEGER,
                    sha256 TEXT, refusal TEXT, said TEXT, sheet TEXT, seconds REAL) WITHOUT ROWID;
CREATE TABLE missing (track_id TEXT PRIMARY KEY, since REAL) WITHOUT ROWID;
"""


class SyncIsRunning(Unavailable):
    """Another command brings the same folder up to date."""

    reason = "SYNC_RUNNING"
    next_step = "Wait for it to end, or end it."


class MemoryUnusable(SegueError):
    """The folder of what is remembered cannot be written."""

    reason = "SYNC_STATE_UNUSABLE"
    next_step = "Make room, or name a folder of your own with --state."


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of a file, or of a part of one that is a track.

    Attributes
    ----------
    sha256
        Of its bytes; empty: not known here, but they stand in the catalogue.
    refusal
        Why the service refused it for good, ``REASON: message``; empty: it did not.
    said
        Digest of what a manifest or cue sheet says of it.
    sheet
        Tracks by the cue sheet within it (:func:`segue.library.divisions.written`); None: nobody
        has looked for one.
    seconds
        Its length, where that was asked for and is certain.
    """

    file: AudioFile
    sha256: str = ""
    refusal: str = ""
    said: str = ""
    sheet: str | None = None
    seconds: float | None = None


class Memory:
    """What is remembered of one folder for one service; a context manager that locks it.

    Parameters
    ----------
    service
        Name of the service: an address, or a data folder.

    Raises
    ------
    SyncIsRunning
        On entering, when another process holds it.
    MemoryUnusable
        On entering, when the folder cannot be written.
    """

    def __init__(self, folder: Path, service: str, root: str) -> None:
        key = hashlib.sha256(f"{service}\0".encode() + os.fsencode(root)).hexdigest()[:32]
        self.root = root
        self._folder = folder
        self._path = folder / f"{key}.sqlite"
        self._held = contextlib.ExitStack()
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Memory:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = self._held.enter_context(self._path.with_suffix(".lock").open("wb"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise SyncIsRunning(f"{self.root!r} is being brought up to date already") from exc
            self._database = self._opened()
        except OSError as exc:
            self._held.close()
            raise MemoryUnusable(f"cannot write in {str(self._folder)!r}: {exc}") from exc
        except BaseException:
            self._held.close()
            raise
        self._held.callback(self._database.close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def files(self) -> dict[str, Remembered]:
        """All that is remembered, by path."""
        rows = self._asked.execute(
            "SELECT path, size, changed_ns, inode, sha256, refusal, said, sheet, seconds FROM files"
        )
        return {
            path: Remembered(AudioFile(path, size, changed, inode), *rest)
            for path, size, changed, inode, *rest in (
                (os.fsdecode(row[0]), *row[1:]) for row in rows
            )
        }

    def remember(self, files: Iterable[Remembered], *, now: float | None = None) -> None:
        """Note files as they are; those that changed a moment ago are looked at again instead."""
        now_ns = time.time_ns() if now is None else int(now * 1e9)
        with self._asked as database:
            database.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (os.fsencode(one.file.path), one.file.size, one.file.changed_ns,
                     one.file.inode, one.sha256, one.refusal, one.said, one.sheet, one.seconds)
                    for one in files
                    if is_settled(one.file.changed_ns, now_ns)
                ),
            )  # fmt: skip

    def forget(self, paths: Iterable[str]) -> None:
        """Drop files that are not there any more."""
        with self._asked as database:
            database.executemany(
                "DELETE FROM files WHERE path = ?", ((os.fsencode(path),) for path in paths)
            )

    def missing_since(self, track_ids: Iterable[str], *, now: float) -> Mapping[str, float]:
        """Since when each of the tracks that are missing is, in seconds since 1970."""
        known = dict(self._asked.execute("SELECT track_id, since FROM missing"))
        since = {track_id: known.get(track_id, now) for track_id in track_ids}
        with self._asked as database:
            database.execute("DELETE FROM missing")
            database.executemany("INSERT INTO missing VALUES (?, ?)", since.items())
        return since

    @property
    def _asked(self) -> sqlite3.Connection:
        assert self._database is not None  # noqa: S101  # entered
        return self._database

    def _opened(self) -> sqlite3.Connection:
        for attempt in ("first", "anew"):
            database = sqlite3.connect(self._path)
            try:
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if version == _VERSION:
                    database.execute("PRAGMA quick_check(1)").fetchone()
                    return database
                if version == 0 and not list(database.execute("SELECT 1 FROM sqlite_master")):
                    database.executescript(f"{_TABLES} PRAGMA user_version = {_VERSION};")
                    return database
            except sqlite3.DatabaseError:
                if attempt == "anew":
                    database.close()
                    raise
            database.close()
            # Damaged, or of another version: what it says can all be found again.
            for name in self._leftovers():
                name.unlink(missing_ok=True)
        raise OSError(f"{self._path} stays unreadable")

    def _leftovers(self) -> Iterator[Path]:
        yield self._path
        yield self._path.with_name(f"{self._path.name}-journal")
