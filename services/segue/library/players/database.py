"""Reading a SQLite file of another program, without writing anything, and without trusting it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

from segue.errors import Unavailable
from segue.library.players.tracks import LibraryNotRead

MAGIC = b"SQLite format 3\0"

_JOURNAL_AT = 18
_WRITE_AHEAD = b"\2\2"
_WAIT_SECONDS = 5.0
_LARGEST_VALUE = 64 * 1024 * 1024

Row = dict[str, Any]


class LibraryBusy(Unavailable):
    """Another program is in the middle of changing the library."""

    reason = "LIBRARY_BUSY"
    next_step = (
        "Try again; or end the program that the library belongs to, or name a copy of the file "
        "(and of the one beside it that ends with -wal or -journal) in a folder of yours."
    )


class Database:
    """A SQLite file, open for reading.

    Attributes
    ----------
    columns
        Names of the columns of each table. Views are not tables: reading one could take for ever.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self.columns: dict[str, frozenset[str]] = {}
        with self._reading():
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' "
                "AND sql NOT LIKE 'CREATE VIRTUAL%'"
            ).fetchall()
            for (table,) in tables:
                rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
                self.columns[table] = frozenset(name for (name,) in rows)

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is such a table with these columns."""
        return table in self.columns and self.columns[table].issuperset(columns)

    def named(self, table: str, alias: str, columns: Sequence[str]) -> str:
        """The columns of a table that are there, for a SELECT; each keeps its own name."""
        there = [name for name in columns if name in self.columns[table]]
        return ", ".join(f'{alias}."{name}" AS "{name}"' for name in there)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """Rows of a SELECT, one after the other.

        Raises
        ------
        LibraryNotRead
            When the file is broken.
        LibraryBusy
            When it is being written.
        """
        with self._reading():
            cursor = self._connection.execute(statement, values)
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(names, row, strict=True))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise _refusal(self._path, exc) from exc


@contextlib.contextmanager
def open_database(path: Path) -> Iterator[Database]:
    """Open a SQLite file; nothing is written into it or beside it.

    Raises
    ------
    OSError
        When it cannot be read.
    LibraryNotRead
        When it is no database, or a broken one.
    LibraryBusy
        When it is being written, or was left in the middle of that.
    """
    connection = _connect(path)
    try:
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
        yield Database(path, connection)
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    with path.open("rb") as file:
        ahead = file.read(_JOURNAL_AT + 2)[_JOURNAL_AT:] == _WRITE_AHEAD
    try:
        if ahead and not os.path.exists(f"{path}-wal"):
            # Nobody has it open, and a reader that did not know so would lay files beside it.
            return _tried(path, "immutable=1")
        try:
            return _tried(path, "mode=ro")
        except sqlite3.OperationalError:
            # Shares without locks, and folders closed to writing, refuse even readers. Where no
            # change is under way, what stands in the file is whole.
            if any(os.path.exists(f"{path}{end}") for end in ("-journal", "-wal")):
                raise
        return _tried(path, "immutable=1")
    except sqlite3.Error as exc:
        raise _refusal(path, exc) from exc


def _tried(path: Path, how: str) -> sqlite3.Connection:
    uri = f"file:{quote_from_bytes(os.fsencode(os.path.realpath(path)))}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        # One state of the file from here on, whatever is written meanwhile.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _refusal(path: Path, failure: sqlite3.Error) -> LibraryNotRead | LibraryBusy:
    code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN}:
        return LibraryBusy(f"{str(path)!r} cannot be read now: {failure}")
    return LibraryNotRead(f"{str(path)!r} is a broken database: {failure}")
