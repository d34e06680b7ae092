"""Which program a library is of: what the file holds decides, not its name."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from segue.library.left_out import NotAFile
from segue.library.players.beets import beets_tracks, is_beets
from segue.library.players.database import MAGIC, open_database
from segue.library.players.itunes import itunes_tracks
from segue.library.players.navidrome import is_navidrome, navidrome_tracks
from segue.library.players.tracks import LibraryNotRead, LibraryTrack
from segue.permissions import unreadable

_HEAD_BYTES = 1_024


def kind_of(path: Path) -> str:
    """Name of the program that wrote a library: ``beets``, ``Navidrome`` or ``iTunes``.

    Raises
    ------
    LibraryNotRead
        When none of these did, or the file is broken.
    SegueError
        When it cannot be read.
    """
    try:
        # Opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotAFile(
                f"{str(path)!r} is not a file", next_step="Name the file of the library itself."
            )
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if head.startswith(MAGIC):
            return _kind_of_database(path)
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc
    if b"<plist" in head or b"<!DOCTYPE plist" in head:
        return "iTunes"
    if head.startswith((b"bplist", b"hfma")):
        raise LibraryNotRead(f"{str(path)!r} is in a form that only Music itself reads")
    raise LibraryNotRead(f"{str(path)!r} is no library of a known kind")


def library_tracks(path: Path, kind: str) -> Iterator[LibraryTrack]:
    """What a library says of its tracks, one after the other.

    Parameters
    ----------
    kind
        As :func:`kind_of` says.

    Raises
    ------
    LibraryNotRead
        When it is broken; while iterating, after the tracks in front of the damage.
    SegueError
        When it cannot be read, or not now.
    """
    try:
        if kind == "iTunes":
            with path.open("rb") as file:
                yield from itunes_tracks(file)
        else:
            with open_database(path) as database:
                yield from (beets_tracks if kind == "beets" else navidrome_tracks)(database)
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc


def _kind_of_database(path: Path) -> str:
    with open_database(path) as database:
        if is_navidrome(database):
            return "Navidrome"
        if is_beets(database):
            return "beets"
        tables = ", ".join(sorted(database.columns)[:10]) or "none"
    raise LibraryNotRead(
        f"{str(path)!r} is a database, but neither of beets nor of Navidrome (tables: {tables})"
    )
