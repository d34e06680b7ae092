"""Reading catalogue files: what is wrong with a file ends it, what is wrong with a row is named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from segue.errors import InvalidArgument, InvalidRequest, InvalidVector
from segue.exchange.columns import (
    COLUMNS,
    GENRE_VECTOR,
    PASSAGES,
    VECTOR,
    VECTOR_COLUMNS,
    VERSION,
    fingerprint_from_values,
    schema,
    track_from_values,
)
from segue.exchange.errors import CatalogueFileUnusable
from segue.exchange.writing import PART, SUFFIX
from segue.limits import checked_count, checked_track
from segue.memory_bound import memory_bound
from segue.tracks import EmbeddedTrack, Segment, Vector

V = TypeVar("V", Vector, Vector | None)

MOST_READ_BYTES = 2 * 1024 * 1024 * 1024
"""Of memory that one reading may take. A hundred rows have some ten megabytes; a file of kilobytes
that says the same title again and again may have any number."""

READ_ROWS = 128
"""Rows that are in memory at once; of a track, some hundred passages are usual."""


@dataclass(frozen=True, slots=True)
class UnusableRow:
    """A row that is no track.

    Attributes
    ----------
    number
        Of the row in its file, from 1.
    track_id
        What it calls itself; empty where it does not.
    """

    number: int
    track_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class UsableRow:
    """A row that is a track; ``number`` counts the rows of its file from 1."""

    number: int
    embedded: EmbeddedTrack


class CatalogueFile:
    """One file of a catalogue, of which the end was read.

    Parameters
    ----------
    path
        Where it lies.

    Attributes
    ----------
    space, dimension
        Embedding space, and length of its vectors.
    rows
        Number of tracks.
    part, parts
        Number of this part of an export, from 1, and of all; 0: it does not know.
    not_read
        Columns that are not known here.

    Raises
    ------
    CatalogueFileUnusable
        When it is no such file, is damaged, of a later version, or lacks columns.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _Reading(path), memory_bound(MOST_READ_BYTES):
            # Without pre-buffering a row group is read page by page: others write large ones.
            self._file = pq.ParquetFile(
                path, buffer_size=256 * 1024, pre_buffer=False, page_checksum_verification=True
            )
        found = self._file.schema_arrow
        # What the last part learnt at its end stands beside the schema.
        said = {**(self._file.metadata.metadata or {}), **(found.metadata or {})}
        about = {key.decode(errors="replace"): value for key, value in said.items()}
        self.space = about.get("segue.space", b"").decode(errors="replace")
        self.dimension = _number(about, "segue.dimension")
        self.part, self.parts = _number(about, "segue.part"), _number(about, "segue.parts")
        self.rows = self._file.metadata.num_rows
        version = _number(about, "segue.version")
        if not (version and self.space and self.dimension):
            raise CatalogueFileUnusable(f"{path} is a Parquet file, but no catalogue of Segue's")
        if version > VERSION:
            raise CatalogueFileUnusable(
                f"{path} is of version {version}, but this command knows version {VERSION}",
                next_step="Import it with the version of Segue that wrote it, or a later one.",
            )
        wanted = [one.name for one in COLUMNS if one.since <= version] + list(VECTOR_COLUMNS)
        missing = [name for name in wanted if name not in found.names]
        if missing:
            raise CatalogueFileUnusable(f"{path} lacks columns: {', '.join(missing)}")
        self._types = {one.name: one.type for one in schema({})}
        self.not_read = [name for name in found.names if name not in self._types]
        self._columns = [name for name in found.names if name in self._types]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self) -> Iterator[UsableRow | UnusableRow]:
        """All rows in their order.

        Raises
        ------
        CatalogueFileUnusable
            When the file turns out to be damaged, or a column to be of another kind.
        """
        numbers = itertools.count(1)
        batches = self._file.iter_batches(batch_size=READ_ROWS, columns=self._columns)
        while True:
            with _Reading(self.path), memory_bound(MOST_READ_BYTES):
                batch = next(batches, None)
                if batch is None:
                    return
                values, vectors = self._columns_of(batch)
            for row in range(batch.num_rows):
                yield self._row(next(numbers), values, vectors, row)

    def _columns_of(self, batch: pa.RecordBatch) -> tuple[dict[str, list[Any]], _VectorColumns]:
        columns = {}
        for name in self._columns:
            try:
                columns[name] = batch.column(name).cast(self._types[name])
            except pa.ArrowMemoryError:
                raise
            except pa.ArrowException as exc:
                raise CatalogueFileUnusable(
                    f"{self.path}: column {name} holds {batch.column(name).type}, not "
                    f"{self._types[name]}"
                ) from exc
        values = {
            name: column.to_pylist()
            for name, column in columns.items()
            if name not in VECTOR_COLUMNS
        }
        return values, _VectorColumns(columns)

    def _row(
        self, number: int, values: Mapping[str, Sequence[Any]], vectors: _VectorColumns, row: int
    ) -> UsableRow | UnusableRow:
        said = {name: column[row] for name, column in values.items()}
        try:
            if not said["track_id"]:
                raise InvalidArgument("track_id", "must not be empty")
            try:
                track = checked_track(track_from_values(said), "row")
            except (TypeError, ValueError, RecursionError) as exc:
                raise InvalidRequest(f"the row is no track: {exc}") from exc
            embedded = EmbeddedTrack(
                track,
                self.space,
                self._vector(vectors.song(row), "vector"),
                _finite(vectors.genre(row), "genre_vector"),
                self._segments(vectors, row),
                fingerprint_from_values(said),
            )
        except InvalidRequest as exc:
            return UnusableRow(number, said["track_id"] or "", exc.reason, str(exc))
        return UsableRow(number, embedded)

    def _segments(self, vectors: _VectorColumns, row: int) -> list[Segment]:
        segments = []
        for number, (start, end, vector) in enumerate(vectors.passages(row)):
            if not 0 <= start < end < float("inf"):
                raise InvalidArgument("passages", f"{start} to {end} s is not a passage")
            name = f"vector of passage {number + 1}"
            segments.append(Segment(number, start, end, self._vector(vector, name)))
        checked_count(segments, "segments", "passages")
        return segments

    def _vector(self, vector: Vector | None, name: str) -> Vector:
        length = 0 if vector is None else len(vector)
        if vector is None or length != self.dimension:
            raise InvalidVector(f"{name} holds {length} numbers, not {self.dimension}")
        return _finite(vector, name)


class _VectorColumns:
    """The vectors of a batch as arrays, without a detour over Python's numbers."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._song = _Lists(columns[VECTOR])
        self._genre = _Lists(columns[GENRE_VECTOR])
        passages = columns[PASSAGES]
        self._passages = _Spans(passages)
        places = passages.values
        # Flattened, what belongs to a passage that is null is null too.
        starts, ends, values = places.flatten()
        self._starts = starts.to_numpy(zero_copy_only=False)
        self._ends = ends.to_numpy(zero_copy_only=False)
        self._vectors = _Lists(values)

    def song(self, row: int) -> Vector | None:
        """Song vector of a row."""
        return self._song.of(row)

    def genre(self, row: int) -> Vector | None:
        """Genre vector of a row."""
        return self._genre.of(row)

    def passages(self, row: int) -> Iterator[tuple[float, float, Vector | None]]:
        """Start, end and vector of each passage of a row; a start that is null is not a number."""
        for place in self._passages.of(row):
            yield float(self._starts[place]), float(self._ends[place]), self._vectors.of(place)


class _Spans:
    """Where the entries of each list lie."""

    def __init__(self, lists: Any) -> None:
        self._offsets = lists.offsets.to_numpy()
        self._null = np.asarray(lists.is_null().to_numpy(zero_copy_only=False))

    def of(self, row: int) -> range:
        """Places of a row's entries."""
        if self._null[row]:
            return range(0)
        return range(int(self._offsets[row]), int(self._offsets[row + 1]))

    def null(self, row: int) -> bool:
        """Whether a row has no list."""
        return bool(self._null[row])


class _Lists:
    """Lists of numbers."""

    def __init__(self, lists: Any) -> None:
        self._spans = _Spans(lists)
        # A number that is null becomes one that is not finite.
        self._values = np.asarray(lists.values.to_numpy(zero_copy_only=False), dtype=np.float32)

    def of(self, row: int) -> Vector | None:
        """One of them, as a copy: the batch may go."""
        if self._spans.null(row):
            return None
        span = self._spans.of(row)
        return self._values[span.start : span.stop].copy()


class _Reading:
    """Around what reads: gives what pyarrow and the system say of a file a name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, MemoryError):
            raise CatalogueFileUnusable(
                f"{self._path} cannot be read: {READ_ROWS} of its rows take over "
                f"{MOST_READ_BYTES} bytes of memory"
            ) from error
        if isinstance(error, OSError | pa.ArrowException):
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise CatalogueFileUnusable(f"{self._path} cannot be read: {said}") from error


def open_catalogue(source: Path) -> list[CatalogueFile]:
    """Open a file, or all parts of a folder, in their order; nothing of them is read but the ends.

    Raises
    ------
    CatalogueFileUnusable
        When one of them cannot be used, a part is missing, or they are of several spaces.
    """
    if not source.is_dir():
        return [CatalogueFile(source)]
    paths = sorted(path for path in source.iterdir() if path.suffix == SUFFIX)
    if not paths:
        raise CatalogueFileUnusable(f"{source} holds no file that ends with {SUFFIX}")
    files = [CatalogueFile(path) for path in paths]
    spaces = sorted({file.space for file in files})
    if len(spaces) > 1:
        raise CatalogueFileUnusable(f"{source} holds catalogues of several spaces: {spaces}")
    if all(PART.fullmatch(path.name) for path in paths):
        parts = max(file.parts for file in files)
        missing = sorted(set(range(1, parts + 1)) - {file.part for file in files})
        if missing or not parts:
            which = ", ".join(map(str, missing)) if parts else "the last"
            raise CatalogueFileUnusable(f"{source} is not whole: it lacks part {which}")
    return files


def _finite(vector: V, name: str) -> V:
    if vector is not None and not np.isfinite(vector).all():
        raise InvalidVector(f"{name} holds values that are not finite")
    return vector


def _number(about: Mapping[str, bytes], name: str) -> int:
    text = about.get(name, b"")
    return int(text) if text.isdigit() and len(text) < 10 else 0
