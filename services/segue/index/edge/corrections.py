"""Corrections of the embedded index: a small SQLite file beside its spaces."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from segue.errors import IndexUnavailable
from segue.layers import Corrections, corrections_from_text, corrections_to_text

FILE_NAME = "corrections.sqlite"

_SLICE = 500
"""Ids in one question, and corrections in one answer."""


class CorrectionsOnDisk:
    """Corrections in a file. Calls block for less than a millisecond, writes for a few.

    Several processes may have it open, each with a space of its own.

    Raises
    ------
    IndexUnavailable
        When the file cannot be opened, or is damaged; every call may raise it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        with self._errors("opening"):
            self._database = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
            try:
                # What was acknowledged survives a loss of power too.
                self._database.execute("PRAGMA synchronous = FULL")
                self._database.execute(
                    "CREATE TABLE IF NOT EXISTS corrections "
                    "(track_id TEXT PRIMARY KEY, fields TEXT NOT NULL, space TEXT NOT NULL) "
                    "WITHOUT ROWID"
                )
            except BaseException:
                self._database.close()
                raise

    async def get(self, track_ids: Collection[str]) -> dict[str, Corrections]:
        found: dict[str, Corrections] = {}
        wanted = list(track_ids)
        with self._errors("reading"):
            for first in range(0, len(wanted), _SLICE):
                rows = self._database.execute(
                    "SELECT track_id, fields FROM corrections "
                    "WHERE track_id IN (SELECT value FROM json_each(?))",
                    (json.dumps(wanted[first : first + _SLICE]),),
                )
                found.update((key, corrections_from_text(text)) for key, text in rows)
        return found

    async def put(self, corrections: Mapping[str, Corrections], space: str) -> None:
        rows = [(key, corrections_to_text(changes), space) for key, changes in corrections.items()]
        with self._errors("writing"), self._transaction():
            self._database.executemany("INSERT OR REPLACE INTO corrections VALUES (?, ?, ?)", rows)

    async def delete(self, track_ids: Collection[str]) -> None:
        if not await self.get(track_ids):
            return  # as a rule: a transaction would wait for the disk
        rows = [(key,) for key in track_ids]
        with self._errors("writing"), self._transaction():
            self._database.executemany("DELETE FROM corrections WHERE track_id = ?", rows)

    async def made_elsewhere(self, space: str) -> AsyncIterator[Mapping[str, Corrections]]:
        after = ""
        while True:
            with self._errors("reading"):
                rows = self._database.execute(
                    "SELECT track_id, fields FROM corrections "
                    "WHERE track_id > ? AND space <> ? ORDER BY track_id LIMIT ?",
                    (after, space, _SLICE),
                ).fetchall()
                page = {key: corrections_from_text(text) for key, text in rows}
            if not page:
                return
            yield page
            after = rows[-1][0]

    async def close(self) -> None:
        with self._errors("closing"):
            self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as exc:
            raise IndexUnavailable(
                f"{self._path} failed while {doing}: {exc}",
                next_step="If the file is damaged, put it back from a backup, or move it away: "
                "then corrections are known only to the tracks that have them already.",
            ) from exc
