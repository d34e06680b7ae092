"""Files and folders that say what listeners did."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.catalogues import catalogue_folder
from segue.cli.chosen_catalogue import chosen_catalogue
from segue.cli.stack_address import data_folder
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
from segue.settings import ListenerSettings, from_environment


def recorded_by(data: Path | None) -> Path:
    """Where the stack writes what listeners did."""
    catalogue = chosen_catalogue()
    named = from_environment(ListenerSettings).folder_of(catalogue)
    if named is not None and data is None:
        return named
    return catalogue_folder(data_folder(data).listeners, catalogue)


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
    _add_all(gathering, sources, hidden)
    return gathering.listening()


def read_before_and_after(
    sources: Sequence[Path], share_after: float, hidden: Forgetting = NOBODY
) -> tuple[Listening, Listening, float]:
    """Read as :func:`read_interactions`, what was done before a moment and after it apart.

    Parameters
    ----------
    share_after
        Share of the rows that happened at the moment or after it.

    Returns
    -------
    tuple
        What was done before and after, and the moment in seconds since 1970.

    Raises
    ------
    InteractionsUnusable
        Also when a row does not say when it happened, or all happened at once.
    """
    every = Gathering(until=-math.inf)
    _add_all(every, sources, hidden)
    every.check()
    moments = np.array(every.moments)
    undated = int((moments == 0).sum())
    if undated:
        raise InteractionsUnusable(
            f"{undated} of {every.rows} rows do not say when they happened: what a listener chose "
            "later is what an order is learned from",
            next_step="Give files with occurred_at in every row.",
        )
    moment = float(np.quantile(moments, 1.0 - share_after)) if len(moments) else 0.0
    if not len(moments) or moment <= moments.min():
        raise InteractionsUnusable(
            f"{every.rows} rows, and too few of them happened before the others",
            next_step="Give files over a longer time.",
        )
    parts = []
    for gathering in (Gathering(until=moment), Gathering(since=moment)):
        _add_all(gathering, sources, hidden)
        parts.append(gathering.listening())
    return parts[0], parts[1], moment


def _add_all(gathering: Gathering, sources: Sequence[Path], hidden: Forgetting) -> None:
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
