"""What is written of kept uploads: which content is there, and which tracks use it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from segue.catalogues import DEFAULT_CATALOGUE

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
    catalogue
        Of the track; empty: the default one.
    """

    track_id: str
    space: str
    sha256: str
    file_name: str = ""
    used_at: float = field(default=0.0, compare=False)
    catalogue: str = DEFAULT_CATALOGUE


class Content(NamedTuple):
    """A kept upload: its size in bytes, since when it is kept, and whether only guests sent it."""

    sha256: str
    size: int
    kept_at: float
    guests: bool


class KeptRows:
    """The rows of one folder, by a connection that nobody else uses meanwhile.

    Every method may raise ``sqlite3.Error``. What one method writes is written whole or not at all.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        database.executescript(_TABLES)
        self._database = database

    def content(self, sha256: str) -> Content | None:
        """One kept upload, if there is a row of it."""
        row = self._database.execute(
            "SELECT sha256, size, kept_at, guests FROM media WHERE sha256 = ?", (sha256,)
        ).fetchone()
        return None if row is None else _content(row)

    def contents(self) -> list[Content]:
        """All kept uploads in the order in which they give way: guests' first, the oldest first."""
        rows = self._database.execute(
            "SELECT sha256, size, kept_at, guests FROM media ORDER BY guests DESC, kept_at"
        )
        return list(map(_content, rows))

    def unused(self) -> list[str]:
        """SHA-256 of what no track uses."""
        rows = self._database.execute(
            "SELECT sha256 FROM media WHERE sha256 NOT IN (SELECT sha256 FROM uses)"
        )
        return [sha256 for (sha256,) in rows]

    def amount(self) -> tuple[int, int]:
        """How many files are kept, and their bytes."""
        files, used = self._database.execute(
            "SELECT count(*), coalesce(sum(size), 0) FROM media"
        ).fetchone()
        return files, used

    def put(self, content: Content, use: Use) -> None:
        """Write a kept upload and its use, over what was written of either."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO media VALUES (?, ?, ?, ?)",
                (content.sha256, content.size, content.kept_at, int(content.guests)),
            )
            self._database.execute(
                "INSERT OR REPLACE INTO uses VALUES (?, ?, ?, ?, ?)",
                (
                    use.track_id,
                    _scope(use.catalogue, use.space),
                    use.sha256,
                    use.file_name,
                    use.used_at,
                ),
            )

    def forget(self, digests: Iterable[str]) -> None:
        """Delete the rows of kept uploads; their uses stay."""
        with self._database:
            self._database.executemany(
                "DELETE FROM media WHERE sha256 = ?", ((sha256,) for sha256 in digests)
            )

    def forget_tracks(self, track_ids: Sequence[str], catalogue: str) -> None:
        """Delete all uses by tracks of a catalogue, whatever their embedding space."""
        with self._database:
            self._database.executemany(
                "DELETE FROM uses"
                " WHERE track_id = ? AND substr(space, 1, max(0, instr(space, '/') - 1)) = ?",
                ((track_id, catalogue) for track_id in track_ids),
            )

    def forget_uses(self, uses: Sequence[Use]) -> None:
        """Delete uses."""
        with self._database:
            self._database.executemany(
                "DELETE FROM uses WHERE track_id = ? AND space = ? AND sha256 = ?",
                ((use.track_id, _scope(use.catalogue, use.space), use.sha256) for use in uses),
            )

    def file_names(self, sha256: str, track_id: str) -> list[str]:
        """Names of the uploads with a content: that of the track first, then the latest."""
        rows = self._database.execute(
            "SELECT file_name FROM uses WHERE sha256 = ? ORDER BY track_id != ?, used_at DESC",
            (sha256, track_id),
        )
        return [name for (name,) in rows]

    def uses(
        self,
        *,
        limit: int,
        after: tuple[str, str, str] | None,
        catalogue: str,
        space: str | None,
        older_than: float | None,
    ) -> list[Use]:
        """Some uses, as :meth:`segue.media.kept_uploads.KeptUploads.uses` gives them."""
        track_id, last, sha256 = after or ("", "", "")
        start = (track_id, _scope(catalogue, last), sha256)
        scope = None if space is None else _scope(catalogue, space)
        rows = self._database.execute(
            "SELECT track_id, space, sha256, file_name, used_at FROM uses"
            " WHERE (track_id, space, sha256) > (?, ?, ?)"
            " AND substr(space, 1, max(0, instr(space, '/') - 1)) = ?"
            " AND (? IS NULL OR space = ?)"
            " AND (? IS NULL OR used_at < ?) ORDER BY track_id, space, sha256 LIMIT ?",
            (*start, catalogue, scope, scope, older_than, older_than, limit),
        )
        return [_use(row) for row in rows]


def _scope(catalogue: str, space: str) -> str:
    """What stands in the column ``space``, where versions without catalogues keep rows too.

    Neither name has a slash in it.
    """
    return f"{catalogue}/{space}" if catalogue else space


def _use(row: tuple[str, str, str, str, float]) -> Use:
    track_id, scope, sha256, file_name, used_at = row
    catalogue, _, space = scope.rpartition("/")
    return Use(track_id, space, sha256, file_name, used_at, catalogue)


def _content(row: tuple[str, int, float, int]) -> Content:
    sha256, size, kept_at, guests = row
    return Content(sha256, size, kept_at, bool(guests))
