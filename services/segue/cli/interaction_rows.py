"""Rows of a CSV file that say what listeners did."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from segue.errors import InteractionsUnusable, InvalidArgument
from segue.interaction_rows import csv_rows
from segue.interactions import (
    COLUMNS,
    Interaction,
    InteractionKind,
    checked_interaction,
    moment_of,
)

_SHOWN_ROWS = 10
_USER, _TRACK, _KIND, _MOMENT, _SECONDS = COLUMNS
_KINDS = {kind.value: kind for kind in InteractionKind}


@dataclass(frozen=True, slots=True)
class InteractionFile:
    """What a file says, and the SHA-256 of its content, in hexadecimal digits."""

    interactions: Sequence[Interaction]
    content_sha256: str


def read_interactions(path: Path, *, now: datetime) -> InteractionFile:
    """All rows of a file in UTF-8 with a header; columns that are not known are passed over.

    Parameters
    ----------
    now
        When a row happened that does not say so.

    Raises
    ------
    InteractionsUnusable
        When the file cannot be read, or any row is none. Ten of those are named, by their lines;
        what is said repeats no listener.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise InteractionsUnusable(
            f"{path} cannot be read: {exc.strerror}", next_step="Name a CSV file."
        ) from exc
    found: list[Interaction] = []
    wrong: list[str] = []
    try:
        file = io.StringIO(content.decode("utf-8-sig"), newline="")
        for line, row in csv_rows(file, partial(_check_header, path)):
            try:
                found.append(_interaction(row, now))
            except InvalidArgument as exc:
                wrong.append(f"line {line}: {exc}")
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InteractionsUnusable(f"{path} is no CSV file in UTF-8") from exc
    if wrong:
        more = len(wrong) - _SHOWN_ROWS
        told = "; ".join(wrong[:_SHOWN_ROWS]) + (f"; and {more} more" if more > 0 else "")
        raise InteractionsUnusable(
            f"{path}: {len(wrong)} of {len(wrong) + len(found)} rows are none: {told}",
            next_step=f"Correct the rows; the columns are {','.join(COLUMNS)}.",
        )
    return InteractionFile(found, hashlib.sha256(content).hexdigest())


def _check_header(path: Path, header: Sequence[str]) -> None:
    lacking = [name for name in (_USER, _TRACK, _KIND) if name not in header]
    if lacking:
        raise InteractionsUnusable(
            f"the header of {path} lacks {', '.join(lacking)}",
            next_step=f"Name the columns in the first line: {','.join(COLUMNS)}. The last two may "
            "be left out.",
        )


def _interaction(row: Mapping[str, str], now: datetime) -> Interaction:
    if not row:
        raise InvalidArgument("row", "has another number of columns than the header")
    kind = _KINDS.get(row[_KIND])
    if kind is None:
        raise InvalidArgument(_KIND, f"is none of {', '.join(_KINDS)}")
    moment = row.get(_MOMENT, "")
    seconds = _number(row.get(_SECONDS, "") or "0")
    if seconds is None:
        raise InvalidArgument(_SECONDS, "is no number")
    interaction = Interaction(
        row[_USER], row[_TRACK], kind, _moment(moment) if moment else now, seconds
    )
    return checked_interaction(interaction, now=now)


def _moment(text: str) -> datetime:
    try:
        seconds = _number(text)
        if seconds is not None:
            return moment_of(round(seconds * 1000))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as exc:
        raise InvalidArgument(
            _MOMENT, "is neither a moment in ISO 8601 nor seconds since 1970"
        ) from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
