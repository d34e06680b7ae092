"""Rows of interactions in Parquet files of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from segue.errors import InteractionsUnusable
from segue.memory_bound import memory_bound

_ROWS_AT_ONCE = 10_000
_MOST_READ_BYTES = 2 * 1024 * 1024 * 1024


class ParquetRows:
    """A Parquet file, of which the end was read; a context manager.

    Attributes
    ----------
    columns
        Names of its columns.

    Raises
    ------
    InteractionsUnusable
        When it is no Parquet file, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with memory_bound(_MOST_READ_BYTES):
                self._file = pq.ParquetFile(path, page_checksum_verification=True)
        except (OSError, MemoryError, pa.ArrowException) as exc:
            raise self._unusable(exc) from exc
        self.columns: list[str] = list(self._file.schema_arrow.names)

    def __enter__(self) -> ParquetRows:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def rows(self, names: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows with their numbers from 1, of the columns that are named and there."""
        chosen = [name for name in names if name in self.columns]
        batches = self._file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=chosen)
        number = 0
        while True:
            try:
                with memory_bound(_MOST_READ_BYTES):
                    batch = next(batches, None)
                    if batch is None:
                        return
                    rows = batch.to_pylist()
            except (OSError, MemoryError, pa.ArrowException) as exc:
                raise self._unusable(exc) from exc
            for row in rows:
                number += 1
                yield number, row

    def _unusable(self, exc: BaseException) -> InteractionsUnusable:
        # Without the cause in its words: it may repeat a value.
        return InteractionsUnusable(
            f"{self._path} cannot be read as Parquet ({type(exc).__name__})"
        )
