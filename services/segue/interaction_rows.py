"""Rows of CSV files that say what listeners did, whatever is made of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO


def csv_rows(
    file: TextIO, check_columns: Callable[[Sequence[str]], None]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and content of each row of a file with a header, by the names of its columns.

    Empty lines are passed over. A row of another length than the header is no row of this file: it
    holds nothing, so that whoever reads it refuses it by its line.

    Parameters
    ----------
    file
        Opened with ``newline=""``.
    check_columns
        Gets the names of the columns, and raises where some are lacking.

    Raises
    ------
    UnicodeDecodeError, csv.Error
        When the file is no CSV file in its encoding.
    """
    rows = csv.reader(file, strict=True)
    header = next(rows, [])
    check_columns(header)
    for row in rows:
        if row:
            fits = len(row) == len(header)
            yield rows.line_num, dict(zip(header, row, strict=True)) if fits else {}
