"""What listeners did, in a folder of Parquet files that is added to, read, and forgotten from.

A file is named ``interactions.<stream>.<first>.<last>.parquet`` by the entries that it was made of.
It is whole from when it has its name. Of two files of one stream, one that lies within the other is
left over from a kill: the other one holds its rows, so nobody reads it, and it is removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segue.durable import private_file
from segue.errors import ListenersFolderUnusable
from segue.interactions import COLUMNS, NOBODY, EntryId, Forgetting, RecordedInteraction

GROWS_BYTES = 8 * 1024 * 1024
"""A file that is smaller takes in what comes next; a larger one is left as it is."""

ROWS_AT_ONCE = 100_000

_NAME = re.compile(r"interactions\.([0-9a-f]+)\.(\d+-\d+)\.(\d+-\d+)\.parquet")
_STAGED = re.compile(r"\.interactions\..*\.incomplete")

_MOMENT = pa.timestamp("ms", tz="UTC")
SCHEMA = pa.schema(
    [
        *zip(
            COLUMNS,
            (pa.string(), pa.string(), pa.string(), _MOMENT, pa.float64()),
            strict=True,
        ),
        # Together they are the entry id: no two rows have the same.
        ("recorded_at", _MOMENT),
        ("recorded_number", pa.int64()),
    ]
)
"""``kind`` is play, skip, like or dislike; ``played_seconds`` is null where it is not known."""


@dataclass(frozen=True, slots=True, order=True)
class _File:
    stream: str
    first: EntryId
    last: EntryId
    path: Path

    @classmethod
    def of(cls, path: Path) -> _File | None:
        named = _NAME.fullmatch(path.name)
        if named is None:
            return None
        return cls(named[1], EntryId.of(named[2]), EntryId.of(named[3]), path)

    def within(self, other: _File) -> bool:
        """Whether the other one holds all of its rows."""
        return (
            self.path != other.path
            and self.stream == other.stream
            and other.first <= self.first
            and self.last <= other.last
        )


class InteractionFolder:
    """The folder; whoever changes it holds its :class:`~segue.exchange.folder_lock.FolderLock`.

    Every method blocks, and raises ``ListenersFolderUnusable`` when the folder or a file in it
    cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def written_up_to(self, stream: str) -> EntryId | None:
        """The last entry of a stream that was written, also when it is forgotten since."""
        return max((file.last for file in self._files() if file.stream == stream), default=None)

    def append(
        self, stream: str, entries: Sequence[RecordedInteraction], hidden: Forgetting = NOBODY
    ) -> int:
        """Write entries of a stream that follow those that are written; they are on the disk then.

        Parameters
        ----------
        hidden
            Whose entries are left out.

        Returns
        -------
        int
            How many rows were written.
        """
        with _Using(self._folder):
            kept = [one for one in entries if not hidden.hides(*_place_of(one), stream)]
            table = _table(kept)
            first, last = entries[0].entry_id, entries[-1].entry_id
            newest = max((one for one in self._files() if one.stream == stream), default=None)
            if newest is not None and newest.path.stat().st_size < GROWS_BYTES:
                table = pa.concat_tables([_read_path(newest.path), table])
                first = newest.first
            name = f"interactions.{stream}.{first}.{last}.parquet"
            self._write(table, self._folder / name)
            if newest is not None and first == newest.first:
                newest.path.unlink()
        return len(kept)

    def forget(self, user_id: str, last: EntryId, stream: str) -> int:
        """Remove a listener's rows up to an entry of a stream; those of other streams are older.

        Returns
        -------
        int
            How many rows were removed. The files are on the disk without them then.
        """
        removed = 0
        hidden = Forgetting(stream, {user_id: last})
        with _Using(self._folder):
            self._tidy()
            for file in self._files():
                column = _read_path(file.path, ["user_id"])["user_id"]
                if not pc.any(pc.equal(column, user_id)).as_py():
                    continue
                table = _read_path(file.path)
                kept = _without(table, hidden, file.stream)
                if len(kept) < len(table):
                    self._write(kept, file.path)
                    removed += len(table) - len(kept)
        return removed

    def tables(self, hidden: Forgetting = NOBODY) -> Iterator[pa.Table]:
        """All rows, a file at a time, in the columns of :data:`SCHEMA`.

        Parameters
        ----------
        hidden
            Whose rows are left out: of ``ListenerStore.forgetting``.
        """
        with _Using(self._folder), ExitStack() as open_files:
            for stream, file in self._opened(open_files):
                yield _without(_read(file), hidden, stream)

    def tidy(self) -> None:
        """Remove what kills left over."""
        with _Using(self._folder):
            self._tidy()

    def _tidy(self) -> None:
        for path in self._folder.iterdir():
            if _STAGED.fullmatch(path.name):
                path.unlink()
        whole = set(self._files())
        for file in self._every_file():
            if file not in whole:
                file.path.unlink()

    def _opened(self, open_files: ExitStack) -> list[tuple[str, BinaryIO]]:
        """All files, open: who adds to the folder meanwhile takes no row away."""
        while True:
            try:
                return [
                    (one.stream, open_files.enter_context(one.path.open("rb")))
                    for one in self._files()
                ]
            except FileNotFoundError:  # it grew between the two, under another name
                open_files.close()

    def _every_file(self) -> list[_File]:
        if not self._folder.is_dir():
            return []
        found = (_File.of(path) for path in self._folder.iterdir())
        return sorted(one for one in found if one is not None)

    def _files(self) -> list[_File]:
        every = self._every_file()
        return [one for one in every if not any(one.within(other) for other in every)]

    def _write(self, table: pa.Table, path: Path) -> None:
        with private_file(path) as file:
            pq.write_table(
                table,
                file,
                compression="zstd",
                row_group_size=ROWS_AT_ONCE,
                write_page_checksum=True,
            )


class _Using:
    """Around what reads and writes: gives what the system says of it a name and a next step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise ListenersFolderUnusable(
                f"{self._folder} cannot be used: {error.strerror or type(error).__name__}"
            ) from error


def _read(file: BinaryIO, columns: list[str] | None = None) -> pa.Table:
    try:
        table = pq.read_table(file, columns=columns, page_checksum_verification=True)
        return table if columns else table.select(SCHEMA.names).cast(SCHEMA)
    except (pa.ArrowException, KeyError, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise
        # Without the cause in its words: it may repeat a value.
        raise ListenersFolderUnusable(
            f"{file.name} is damaged, or no file of interactions ({type(exc).__name__})"
        ) from None


def _read_path(path: Path, columns: list[str] | None = None) -> pa.Table:
    with path.open("rb") as file:
        return _read(file, columns)


def _place_of(entry: RecordedInteraction) -> tuple[str, EntryId]:
    return entry.interaction.user_id, entry.entry_id


def _table(entries: Sequence[RecordedInteraction]) -> pa.Table:
    done = [entry.interaction for entry in entries]
    columns = (
        [one.user_id for one in done],
        [one.track_id for one in done],
        [one.kind.value for one in done],
        [one.occurred_at for one in done],
        [one.played_seconds or None for one in done],
        [entry.entry_id.milliseconds for entry in entries],
        [entry.entry_id.sequence for entry in entries],
    )
    arrays = [pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _without(table: pa.Table, hidden: Forgetting, stream: str) -> pa.Table:
    for user_id, last in hidden.listeners.items():
        theirs = pc.equal(table["user_id"], user_id)
        if stream == hidden.stream:
            at, number = table["recorded_at"].cast(pa.int64()), table["recorded_number"]
            before = pc.or_(
                pc.less(at, last.milliseconds),
                pc.and_(pc.equal(at, last.milliseconds), pc.less_equal(number, last.sequence)),
            )
            theirs = pc.and_(theirs, before)
        table = table.filter(pc.invert(theirs))
    return table
