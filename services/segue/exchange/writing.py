"""Writing catalogue files: under another name until they are whole."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from segue.durable import sync
from segue.exchange.columns import (
    COLUMNS,
    GENRE_VECTOR,
    PASSAGES,
    VECTOR,
    VERSION,
    schema,
)
from segue.exchange.errors import ExportExists, ExportFailed
from segue.tracks import EmbeddedTrack, Vector

SUFFIX = ".parquet"
PART = re.compile(r"part-(\d{5})\.parquet")

ROW_GROUP_VALUES = 1_000_000
"""Numbers of vectors in a row group, about, and as much of fingerprints: 4 MB are held at once."""

ROW_GROUP_TRACKS = 1_000

PART_BYTES = 512 * 1024 * 1024
"""A part of a folder ends when it is that large."""

_DICTIONARIES = ["artist", "album", "album_artist", "key", "language", "provenance"]


class CatalogueWriter:
    """Writes tracks into a file, or into a folder of parts; a context manager.

    Nothing appears at the target before :meth:`finish`; leaving the block without it removes what
    was written.

    Parameters
    ----------
    target
        A name that ends with ``.parquet`` is a file, any other a folder.
    space, dimension
        Embedding space, and length of its vectors.
    overwrite
        Replace what an earlier export left there.
    part_bytes
        Size of a part of a folder, about.

    Raises
    ------
    ExportExists
        When something is there, and ``overwrite`` is false or it is no earlier export.
    ExportFailed
        From every method, when the disk is full or the place cannot be written.
    """

    def __init__(
        self,
        target: Path,
        *,
        space: str,
        dimension: int,
        overwrite: bool = False,
        part_bytes: int = PART_BYTES,
    ) -> None:
        check_target(target, overwrite=overwrite)
        self._target = target
        self._in_parts = target.suffix != SUFFIX
        self._staged = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.incomplete")
        self._schema = schema(
            {"segue.version": str(VERSION), "segue.space": space, "segue.dimension": str(dimension)}
        )
        self._part_bytes = part_bytes
        self._parts = 0
        self._written = 0
        self._values = 0
        self._waiting: list[EmbeddedTrack] = []
        self._open: _OpenFile | None = None

    def __enter__(self) -> CatalogueWriter:
        with _Writing(self._target):
            self._target.parent.mkdir(parents=True, exist_ok=True)
            if self._in_parts:
                self._staged.mkdir()
            self._next_file()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            self._open.abandon()
            self._open = None
        _remove(self._staged)

    @property
    def tracks(self) -> int:
        """Tracks that were added."""
        return self._written + len(self._waiting)

    def add(self, track: EmbeddedTrack) -> None:
        """Add a track."""
        self._waiting.append(track)
        self._values += len(track.vector) + sum(len(one.vector) for one in track.segments)
        self._values += len(track.fingerprint.code_bytes) // 4
        if self._values >= ROW_GROUP_VALUES or len(self._waiting) >= ROW_GROUP_TRACKS:
            with _Writing(self._target):
                self._write_waiting()

    def finish(self) -> int:
        """Write the rest, and let the export appear at its place.

        Returns
        -------
        int
            Size in bytes.
        """
        with _Writing(self._target):
            self._write_waiting()
            assert self._open is not None  # noqa: S101  # entered
            # Only the last part knows how many there are: one that is missing later is missed.
            self._open.close({"segue.parts": str(self._parts)})
            self._open = None
            size = _size(self._staged)
            _publish(self._staged, self._target)
        return size

    def _write_waiting(self) -> None:
        tracks, self._waiting, self._values = self._waiting, [], 0
        if not tracks:
            return
        assert self._open is not None  # noqa: S101  # entered
        if self._in_parts and self._open.rows and self._open.size >= self._part_bytes:
            self._open.close({})
            self._next_file()
        self._open.write(batch_of(tracks, self._schema))
        self._written += len(tracks)

    def _next_file(self) -> None:
        self._parts += 1
        path = self._staged / f"part-{self._parts:05}{SUFFIX}" if self._in_parts else self._staged
        numbered = self._schema.with_metadata(
            {**(self._schema.metadata or {}), b"segue.part": str(self._parts).encode()}
        )
        self._open = _OpenFile(path, numbered)


class _OpenFile:
    """A Parquet file on its way."""

    def __init__(self, path: Path, of_schema: pa.Schema) -> None:
        self.rows = 0
        self._file = path.open("xb")
        self._writer = pq.ParquetWriter(
            self._file,
            of_schema,
            compression="zstd",
            use_dictionary=_DICTIONARIES,
            write_page_checksum=True,
        )

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a row group."""
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    def close(self, metadata: dict[str, str]) -> None:
        """Write the file's end, and make it durable."""
        self._writer.add_key_value_metadata(metadata)
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close it without an end."""
        # Its writer would write one; it has the file no more.
        self._file.close()
        self._writer.is_open = False


class _Writing:
    """Around what writes: gives what the system says of it a name and a next step."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | pa.ArrowException):
            raise ExportFailed(f"cannot write {self._target}: {error}") from error


def check_target(target: Path, *, overwrite: bool) -> None:
    """See that an export may appear at a place.

    Raises
    ------
    ExportExists
        When something is there, and ``overwrite`` is false or it is no earlier export.
    """
    if target.is_dir():
        names = [entry.name for entry in target.iterdir()]
        foreign = [name for name in names if not PART.fullmatch(name)]
        if target.suffix == SUFFIX or foreign:
            raise ExportExists(
                f"{target} is a folder that holds something else",
                next_step="Name another place.",
            )
        if names and not overwrite:
            raise ExportExists(f"{target} holds an export already")
    elif target.exists() and not (overwrite and target.suffix == SUFFIX):
        raise ExportExists(f"{target} is there already")


def batch_of(tracks: Sequence[EmbeddedTrack], of_schema: pa.Schema) -> pa.RecordBatch:
    """Tracks as a batch of rows."""
    arrays: list[Any] = [
        pa.array([_known(one.written(track)) for track in tracks], one.type) for one in COLUMNS
    ]
    passages = [segment for track in tracks for segment in track.segments]
    places = [
        pa.array([segment.start_seconds for segment in passages], pa.float64()),
        pa.array([segment.end_seconds for segment in passages], pa.float64()),
        _lists([segment.vector for segment in passages]),
    ]
    of_passages = of_schema.field(PASSAGES).type.value_type
    written = {
        VECTOR: _lists([track.vector for track in tracks]),
        GENRE_VECTOR: _lists([track.genre_vector for track in tracks]),
        PASSAGES: pa.ListArray.from_arrays(
            pa.array(_offsets([len(track.segments) for track in tracks]), pa.int32()),
            pa.StructArray.from_arrays(places, fields=list(of_passages)),
        ),
    }
    arrays += [written[name] for name in (VECTOR, GENRE_VECTOR, PASSAGES)]
    return pa.RecordBatch.from_arrays(arrays, schema=of_schema)


def _known(value: Any) -> Any:
    return None if value == "" else value


def _lists(vectors: Sequence[Vector | None]) -> pa.ListArray:
    """One list of numbers per vector, without a detour over Python's numbers."""
    values = np.concatenate([np.empty(0, np.float32), *(one for one in vectors if one is not None)])
    offsets = _offsets([0 if one is None else len(one) for one in vectors])
    missing = np.array([one is None for one in vectors], dtype=bool)
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()),
        pa.array(values, pa.float32()),
        mask=pa.array(missing) if missing.any() else None,
    )


def _offsets(lengths: Sequence[int]) -> Any:
    return np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))]).astype(np.int32)


def _size(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def _publish(staged: Path, target: Path) -> None:
    if staged.is_dir() and target.is_dir():
        before = staged.with_name(f"{staged.name}.before")
        target.rename(before)
        staged.rename(target)
        _remove(before)
    else:
        staged.replace(target)
    sync(target.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
