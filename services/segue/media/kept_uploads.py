"""Uploads whose audio is kept, by the SHA-256 of their content, in a folder of bounded size.

Query service and workers, several of each, share the folder. A database says which tracks use what,
in which embedding space, so that the audio outlives a change of the model; one lock orders all
changes. A file is there only while a row speaks of it: rows are written before their file and
deleted after it, so whoever is killed in between leaves a row without a file, which means that the
audio is not there, and is tidied up later.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import AudioGone, NoRoomForUploads, SourceError, Unavailable
from segue.kept_names import is_digest
from segue.media.kept_rows import Content, KeptRows, Use
from segue.media.local_files import open_file
from segue.media.placing import placing
from segue.permissions import this_user
from segue.settings import KeptUploadSettings

GUESTS_SHARE = 0.5
"""Of the room, that guests' uploads may take: never that of what the owner uploaded."""

ABANDONED_SECONDS = 24 * 3_600.0
"""A copy that nobody finished is deleted after this time."""

T = TypeVar("T")


class KeptUploadsUnusable(Unavailable):
    """The folder of kept uploads cannot be read or written now."""

    reason = "KEPT_UPLOADS_UNUSABLE"
    next_step = "Make room on the disk, or give the folder of SEGUE_KEPT_UPLOADS to that user."


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

        def put(rows: KeptRows) -> bool:
            known = rows.content(sha256)
            there = known is not None and target.exists()
            content = Content(
                sha256,
                size,
                at if known is None or guests is not None else known.kept_at,
                # What its owner once sent stays the owner's.
                (known is None or known.guests) and guests is not False,
            )
            if not there and not self._make_room(rows, content):
                return False
            rows.put(content, replace(use, sha256=sha256, used_at=at))
            if not there:
                place(target)
            return True

        try:
            with self._taken(file) as place:
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
        names = self._changed(lambda rows: rows.file_names(sha256, track_id))
        return next(filter(None, names), "")

    def release(self, track_ids: Sequence[str], catalogue: str = DEFAULT_CATALOGUE) -> int:
        """Forget what tracks of a catalogue use, in whatever space: they were deleted.

        Returns
        -------
        int
            Files that nothing used any more, and that were deleted.
        """
        return self._released(lambda rows: rows.forget_tracks(track_ids, catalogue))

    def release_uses(self, uses: Sequence[Use]) -> int:
        """Forget uses: their tracks come from elsewhere now. Returns as :meth:`release`."""
        return self._released(lambda rows: rows.forget_uses(uses))

    def uses(
        self,
        *,
        limit: int,
        after: tuple[str, str, str] | None = None,
        catalogue: str = DEFAULT_CATALOGUE,
        space: str | None = None,
        older_than: float | None = None,
    ) -> list[Use]:
        """Some uses by tracks of a catalogue, in the order of track, space and content.

        Parameters
        ----------
        after
            Track id, space and SHA-256 of the last one before.
        space
            Only of this embedding space; None: of all.
        older_than
            Only those that were noted before this time, in seconds since 1970.
        """
        return self._changed(
            lambda rows: rows.uses(
                limit=limit,
                after=after,
                catalogue=catalogue,
                space=space,
                older_than=older_than,
            )
        )

    def room(self) -> Room:
        """How much is kept."""
        files, used = self._changed(lambda rows: rows.amount())
        return Room(files, used, self._most_bytes)

    def tidy(self, *, now: float | None = None) -> None:
        """Forget rows whose files are not there, and delete what was left half done."""
        oldest = (time.time() if now is None else now) - ABANDONED_SECONDS

        def tidied(rows: KeptRows) -> None:
            rows.forget(
                one.sha256 for one in rows.contents() if not self._path(one.sha256).exists()
            )
            self._drop(rows, rows.unused())
            for partial in self._folder.glob("incoming-*"):
                if partial.stat().st_mtime < oldest:
                    partial.unlink(missing_ok=True)

        self._changed(tidied)

    def _released(self, forget: Callable[[KeptRows], None]) -> int:
        def released(rows: KeptRows) -> int:
            forget(rows)
            unused = rows.unused()
            self._drop(rows, unused)
            return len(unused)

        return self._changed(released)

    def _drop(self, rows: KeptRows, digests: Sequence[str]) -> None:
        if not digests:
            return
        for sha256 in digests:
            self._path(sha256).unlink(missing_ok=True)
        rows.forget(digests)

    def _make_room(self, rows: KeptRows, content: Content) -> bool:
        """Let the oldest go until so much fits; False when it never will."""
        most = int(self._most_bytes * GUESTS_SHARE) if content.guests else self._most_bytes
        if content.size > most:
            return False
        if not self._oldest_out:
            return True  # room was found when it was accepted
        others = [one for one in rows.contents() if one.sha256 != content.sha256]
        total = sum(one.size for one in others)
        of_guests = sum(one.size for one in others if one.guests)

        def fits() -> bool:
            return total + content.size <= self._most_bytes and (
                not content.guests or of_guests + content.size <= most
            )

        going: list[str] = []
        for one in others:
            # A guest's gives way before one of the owner's, and makes none of the owner's give way.
            if fits() or (content.guests and not one.guests):
                break
            going.append(one.sha256)
            total -= one.size
            of_guests -= one.size if one.guests else 0
        if not fits():
            return False  # nothing goes for what finds no room all the same
        self._drop(rows, going)
        return True

    @contextlib.contextmanager
    def _taken(self, file: BinaryIO) -> Iterator[Callable[[Path], None]]:
        """Gives what puts the content at a path."""
        with contextlib.ExitStack() as held:
            try:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                partial = self._folder / f"incoming-{uuid.uuid4().hex}"
                place = held.enter_context(placing(file, partial))
            except OSError as exc:
                raise self._unusable(exc) from exc
            yield place

    def _changed(self, work: Callable[[KeptRows], T]) -> T:
        """Do some work on the rows while nobody else does."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self._folder / "lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                with contextlib.closing(
                    sqlite3.connect(self._folder / "kept.sqlite", timeout=30)
                ) as database:
                    return work(KeptRows(database))
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
