"""Uploads whose audio is kept, by the SHA-256 of their content, in a folder of bounded size.

Query service and workers, several of each, share the folder. A database says which tracks use what,
in which embedding space, so that the audio outlives a change of the model; one lock orders all
changes. A file is there only while a row speaks of it: rows are written before their file and
deleted after it, so whoever is killed in between leaves a row without a file, which means that the
audio is not there, and is tidied up later.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from segue.errors import AudioGone, NoRoomForUploads, SourceError, Unavailable
from segue.kept_names import is_digest
from segue.media.local_files import open_file, open_unread
from segue.permissions import this_user
from segue.settings import KeptUploadSettings

GUESTS_SHARE = 0.5
"""Of the room, that guests' uploads may take: never that of what the owner uploaded."""

ABANDONED_SECONDS = 24 * 3_600.0
"""A copy that nobody finished is deleted after this time."""

_TABLES = """
CREATE TABLE IF NOT EXISTS media (
    sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, kept_at REAL NOT NULL, guests INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS media_by_age ON media (guests, kept_at);
CREATE TABLE IF NOT EXISTS uses (
    track_id TEXT NOT NULL, space TEXT NOT NULL, sha256 TEXT NOT NULL, file_name TEXT NOT NULL,
    used_at REAL NOT NULL, PRIMARY KEY (track_id, space, sha256)
);
CREATE INDEX IF NOT EXISTS uses_by_content ON uses (sha256);
"""

# Hard links: another file system, one without links, one with too many, a file without a name.
_NOT_LINKED = frozenset(
    {errno.EXDEV, errno.ENOENT, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS}
)

T = TypeVar("T")


class KeptUploadsUnusable(Unavailable):
    """The folder of kept uploads cannot be read or written now."""

    reason = "KEPT_UPLOADS_UNUSABLE"
    next_step = "Make room on the disk, or give the folder of SEGUE_KEPT_UPLOADS to that user."


@dataclass(frozen=True, slots=True)
class Use:
    """A track that came from a kept upload.

    Attributes
    ----------
    space
        Embedding space of the track.
    file_name
        Name that the file of its upload had, or empty.
    used_at
        When it was noted last, in seconds since 1970.
    """

    track_id: str
    space: str
    sha256: str
    file_name: str = ""
    used_at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Room:
    """How much is kept, and how much may be, in bytes."""

    files: int
    used_bytes: int
    most_bytes: int


class KeptUploads:
    """The folder of kept uploads.

    Every method may be called from any thread and process. All of them raise
    ``KeptUploadsUnusable`` when the folder fails.

    Parameters
    ----------
    most_bytes
        Most that is kept.
    oldest_out
        Whether the oldest give way to new ones; else new ones are refused.
    """

    def __init__(self, folder: Path, *, most_bytes: int, oldest_out: bool = True) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._oldest_out = oldest_out

    @classmethod
    def of(cls, settings: KeptUploadSettings) -> KeptUploads | None:
        """The folder of the settings; None when nothing is kept."""
        if not settings.kept_uploads or not settings.kept_uploads_mb:
            return None
        return cls(
            Path(settings.kept_uploads),
            most_bytes=settings.kept_uploads_mb * 1024 * 1024,
            oldest_out=settings.kept_uploads_full == "oldest-out",
        )

    def keep(
        self,
        file: BinaryIO,
        sha256: str,
        use: Use,
        *,
        guests: bool | None,
        now: float | None = None,
    ) -> bool:
        """Keep a file's content for a track.

        Parameters
        ----------
        file
            Open; its position is left at the start.
        guests
            Whether a guest sent it. None: nobody did, it was read from here; it stays whose it was,
            and as old as it is.

        Returns
        -------
        bool
            Whether it is kept: not when it is larger than all the room that its sender has.
        """
        size = os.fstat(file.fileno()).st_size
        at = time.time() if now is None else now
        target = self._path(sha256)

        def put(database: sqlite3.Connection) -> bool:
            known = database.execute(
                "SELECT kept_at, guests FROM media WHERE sha256 = ?", (sha256,)
            ).fetchone()
            there = known is not None and target.exists()
            kept_at, of_guests = known or (at, True if guests is None else guests)
            if guests is not None:
                kept_at, of_guests = at, guests and of_guests
            if not there and not self._make_room(
                database, size, guests=bool(of_guests), but=sha256
            ):
                return False
            with database:
                database.execute(
                    "INSERT OR REPLACE INTO media VALUES (?, ?, ?, ?)",
                    (sha256, size, kept_at, int(of_guests)),
                )
                database.execute(
                    "INSERT OR REPLACE INTO uses VALUES (?, ?, ?, ?, ?)",
                    (use.track_id, use.space, sha256, use.file_name, at),
                )
            if not there:
                place(target)
            return True

        try:
            with self._placed(file) as place:
                return self._changed(put)
        finally:
            file.seek(0)

    @property
    def refuses(self) -> bool:
        """Whether new uploads are refused when it is full."""
        return not self._oldest_out

    def check_room(self, size: int, *, guests: bool, waiting_bytes: int) -> None:
        """See that a new upload finds room, where none is to go for it.

        Parameters
        ----------
        waiting_bytes
            Of uploads that were accepted and are not kept yet, this one among them.

        Raises
        ------
        NoRoomForUploads
            When it does not.
        """
        if not self.refuses:
            return
        room = self.room()
        taken, most = room.used_bytes, room.most_bytes
        if guests:
            most = min(most, int(most * GUESTS_SHARE))
        if taken + max(size, waiting_bytes) > most:
            raise NoRoomForUploads(
                f"{taken} bytes of uploads are kept, and {size} more would be over {most}"
            )

    def open(self, sha256: str) -> tuple[BinaryIO, int]:
        """A kept upload, open at its start, and its size in bytes.

        Raises
        ------
        AudioGone
            When it is not there.
        """
        try:
            return open_unread(self._checked(sha256), roots=(self._folder,))
        except SourceError as exc:
            raise self._gone(sha256) from exc

    def open_whole(self, sha256: str, *, largest_bytes: int) -> tuple[BinaryIO, str]:
        """A kept upload that was read and hashed.

        Raises
        ------
        AudioGone
            When it is not there, or is not what was kept.
        AudioError
            When it is larger than allowed.
        """
        try:
            file, digest = open_file(
                self._checked(sha256), roots=(self._folder,), largest_bytes=largest_bytes
            )
        except SourceError as exc:
            raise self._gone(sha256) from exc
        if digest != sha256:
            file.close()
            raise AudioGone(f"the kept upload {sha256} was damaged on the disk")
        return file, digest

    def path(self, sha256: str) -> Path:
        """Where a kept upload lies; nothing says that it is there."""
        return self._checked(sha256)

    def holds(self, sha256: str) -> bool:
        """Whether the audio of this content is there."""
        try:
            return is_digest(sha256) and self._path(sha256).exists()
        except OSError:  # whether the folder fails, whoever reads it will hear
            return False

    def file_name(self, sha256: str, track_id: str) -> str:
        """Name that the file of a track's upload had; of another track's, where that one has none.

        Empty where it is not known.
        """
        rows = self._changed(
            lambda database: database.execute(
                "SELECT file_name FROM uses WHERE sha256 = ? ORDER BY track_id != ?, used_at DESC",
                (sha256, track_id),
            ).fetchall()
        )
        return next((name for (name,) in rows if name), "")

    def release(self, track_ids: Sequence[str]) -> int:
        """Forget what tracks use, whatever their embedding space: they were deleted.

        Returns
        -------
        int
            Files that nothing used any more, and that were deleted.
        """
        uses = [(track_id,) for track_id in track_ids]
        return self._released("DELETE FROM uses WHERE track_id = ?", uses)

    def release_uses(self, uses: Sequence[Use]) -> int:
        """Forget uses: their tracks come from elsewhere now. Returns as :meth:`release`."""
        return self._released(
            "DELETE FROM uses WHERE track_id = ? AND space = ? AND sha256 = ?",
            [(use.track_id, use.space, use.sha256) for use in uses],
        )

    def uses(
        self,
        *,
        limit: int,
        after: tuple[str, str, str] | None = None,
        space: str | None = None,
        older_than: float | None = None,
    ) -> list[Use]:
        """Some uses, in the order of track, space and content.

        Parameters
        ----------
        after
            Track id, space and SHA-256 of the last one before.
        space
            Only of this embedding space; None: of all.
        older_than
            Only those that were noted before this time, in seconds since 1970.
        """
        query = (
            "SELECT track_id, space, sha256, file_name, used_at FROM uses"
            " WHERE (track_id, space, sha256) > (?, ?, ?) AND (? IS NULL OR space = ?)"
            " AND (? IS NULL OR used_at < ?) ORDER BY track_id, space, sha256 LIMIT ?"
        )
        given = (*(after or ("", "", "")), space, space, older_than, older_than, limit)
        rows = self._changed(lambda database: database.execute(query, given).fetchall())
        return [Use(*row) for row in rows]

    def room(self) -> Room:
        """How much is kept."""
        files, used = self._changed(
            lambda database: database.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM media"
            ).fetchone()
        )
        return Room(files, used, self._most_bytes)

    def tidy(self, *, now: float | None = None) -> None:
        """Forget rows whose files are not there, and delete what was left half done."""
        oldest = (time.time() if now is None else now) - ABANDONED_SECONDS

        def tidied(database: sqlite3.Connection) -> None:
            for (sha256,) in database.execute("SELECT sha256 FROM media").fetchall():
                if not self._path(sha256).exists():
                    with database:
                        database.execute("DELETE FROM media WHERE sha256 = ?", (sha256,))
            self._drop_unused(database)
            for partial in self._folder.glob("incoming-*"):
                if partial.stat().st_mtime < oldest:
                    partial.unlink(missing_ok=True)

        self._changed(tidied)

    def _released(self, statement: str, rows: Sequence[tuple[str, ...]]) -> int:
        def released(database: sqlite3.Connection) -> int:
            with database:
                database.executemany(statement, rows)
            return self._drop_unused(database)

        return self._changed(released)

    def _drop_unused(self, database: sqlite3.Connection) -> int:
        unused = database.execute(
            "SELECT sha256 FROM media WHERE sha256 NOT IN (SELECT sha256 FROM uses)"
        ).fetchall()
        self._drop(database, [sha256 for (sha256,) in unused])
        return len(unused)

    def _drop(self, database: sqlite3.Connection, digests: Sequence[str]) -> None:
        if not digests:
            return
        for sha256 in digests:
            self._path(sha256).unlink(missing_ok=True)
        with database:
            database.executemany(
                "DELETE FROM media WHERE sha256 = ?", ((sha256,) for sha256 in digests)
            )

    def _make_room(
        self, database: sqlite3.Connection, size: int, *, guests: bool, but: str
    ) -> bool:
        """Let the oldest go until so much fits; False when it never will."""
        most = int(self._most_bytes * GUESTS_SHARE) if guests else self._most_bytes
        if size > most:
            return False
        if not self._oldest_out:
            return True  # room was found when it was accepted
        query = (
            "SELECT coalesce(sum(size), 0), coalesce(sum(size * guests), 0) FROM media"
            " WHERE sha256 != ?"
        )
        total, of_guests = database.execute(query, (but,)).fetchone()
        # A guest's gives way before one of the owner's, and makes none of the owner's give way.
        oldest = database.execute(
            "SELECT sha256, size, guests FROM media WHERE sha256 != ? AND guests >= ?"
            " ORDER BY guests DESC, kept_at",
            (but, int(guests)),
        )
        going: list[str] = []
        for sha256, freed, is_guests in oldest.fetchall():
            if total + size <= self._most_bytes and (not guests or of_guests + size <= most):
                break
            going.append(sha256)
            total -= freed
            of_guests -= freed * is_guests
        fits = total + size <= self._most_bytes and (not guests or of_guests + size <= most)
        if fits:  # nothing goes for what finds no room all the same
            self._drop(database, going)
        return bool(fits)

    @contextlib.contextmanager
    def _placed(self, file: BinaryIO) -> Iterator[Callable[[Path], None]]:
        """Gives what puts the content at a path, by a link where one can be made."""
        partial = self._folder / f"incoming-{uuid.uuid4().hex}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                _link(file, partial)
            except OSError as exc:
                if exc.errno not in _NOT_LINKED:
                    raise
                file.seek(0)
                with partial.open("xb") as copy:
                    shutil.copyfileobj(file, copy, 1024 * 1024)
                    copy.flush()
                    os.fsync(copy.fileno())
        except OSError as exc:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise self._unusable(exc) from exc

        def place(target: Path) -> None:
            target.parent.mkdir(exist_ok=True, mode=0o700)
            partial.replace(target)
            _make_durable(target.parent)

        try:
            yield place
        finally:
            with contextlib.suppress(OSError):  # what stays is tidied up later
                partial.unlink(missing_ok=True)

    def _changed(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work on the database while nobody else does."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self._folder / "lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                with contextlib.closing(
                    sqlite3.connect(self._folder / "kept.sqlite", timeout=30)
                ) as database:
                    database.executescript(_TABLES)
                    return work(database)
        except (OSError, sqlite3.Error) as exc:
            raise self._unusable(exc) from exc

    def _unusable(self, exc: Exception) -> KeptUploadsUnusable:
        return KeptUploadsUnusable(
            f"the folder of kept uploads {self._folder} fails for {this_user()}: {exc}"
        )

    def _gone(self, sha256: str) -> AudioGone:
        return AudioGone(f"the audio of the upload {sha256} is not kept any more")

    def _checked(self, sha256: str) -> Path:
        if not is_digest(sha256):
            raise AudioGone(f"{sha256!r} is the hash of no upload")
        return self._path(sha256)

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _link(file: BinaryIO, path: Path) -> None:
    """Give an open file another name: the very file, whatever its old name leads to by now."""
    folder = os.open(path.parent, os.O_PATH)
    try:
        # Python follows the link of /proc only where it is told of a folder too.
        os.link(f"/proc/self/fd/{file.fileno()}", path, src_dir_fd=folder)
    finally:
        os.close(folder)


def _make_durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
