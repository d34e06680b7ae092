"""Files and folders that say what listeners did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from segue.collaborative.listening import (
    WEIGHT,
    Gathering,
    Listening,
    check_columns,
    csv_rows,
)
from segue.errors import InteractionsUnusable
from segue.exchange import require_pyarrow
from segue.interactions import COLUMNS, NOBODY, Forgetting


def read_interactions(sources: Sequence[Path], hidden: Forgetting = NOBODY) -> Listening:
    """Read CSV and Parquet files, and folders into which a stack writes what listeners did.

    Parameters
    ----------
    hidden
        Listeners who are being forgotten: their rows in such folders are left out.

    Raises
    ------
    InteractionsUnusable
        When a file cannot be read, or any row of any is none; each is named.
    ListenersFolderUnusable
        When a folder cannot be read.
    DependencyMissing
        When pyarrow, which Parquet files need, is not installed.
    """
    gathering = Gathering()
    for source in sources:
        if source.is_dir():
            require_pyarrow()
            gathering.add(str(source), _folder_rows(source, hidden))
        elif source.suffix.lower() == ".parquet":
            require_pyarrow()
            _add_parquet(gathering, source)
        elif source.suffix.lower() == ".csv":
            gathering.add(str(source), csv_rows(source))
        else:
            raise InteractionsUnusable(
                f"{source} ends neither with .csv nor with .parquet, and is no folder"
            )
    return gathering.listening()


def _add_parquet(gathering: Gathering, source: Path) -> None:
    from segue.exchange.interaction_rows import ParquetRows

    with ParquetRows(source) as file:
        check_columns(source, file.columns)
        gathering.add(str(source), file.rows([*COLUMNS, WEIGHT]))


def _folder_rows(folder: Path, hidden: Forgetting) -> Iterator[tuple[int, dict[str, Any]]]:
    from segue.exchange.interaction_files import InteractionFolder

    number = 0
    for table in InteractionFolder(folder).tables(hidden):
        for batch in table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                number += 1
                yield number, row
