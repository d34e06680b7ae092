"""Ratings, as they are exported and evaluated: a row for each that a system got."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from segue.errors import InvalidRequest
from segue.listening_test.plan import LEAST_RATING, MOST_RATING
from segue.permissions import unreadable

_LARGEST_BYTES = 256 * 1024 * 1024


class RatingsUnusable(InvalidRequest):
    """A file of ratings cannot be read, or holds rows that are none."""

    reason = "RATINGS_UNUSABLE"
    next_step = (
        "Give a file of segue listening export, or a CSV with the columns trial, rater, system, "
        f"candidate and rating, a whole number from {LEAST_RATING} to {MOST_RATING}."
    )


@dataclass(frozen=True, slots=True)
class Rating:
    """What one rater gave to what one system answered in one trial.

    Attributes
    ----------
    query, candidate
        Ids of tracks.
    rated_at
        ISO 8601; empty: not known.
    """

    trial: str
    rater: str
    system: str
    candidate: str
    rating: int
    query: str = ""
    rated_at: str = ""


COLUMNS = tuple(one.name for one in fields(Rating))
_NEEDED = COLUMNS[:5]


def ratings_to_csv(ratings: Iterable[Rating]) -> str:
    """Write ratings as CSV."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(one, name) for name in COLUMNS] for one in ratings)
    return written.getvalue()


def read_ratings(path: Path) -> list[Rating]:
    """Read ratings from a CSV; columns that are not known are not heeded.

    Raises
    ------
    RatingsUnusable
        When it holds something else, or a rating twice.
    SourceError, SourceUnavailable
        When it cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise RatingsUnusable(f"{path} is over {_LARGEST_BYTES} bytes")
        text = path.read_text("utf-8-sig")
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc
    except UnicodeDecodeError as exc:
        raise RatingsUnusable(f"{path} is no text in UTF-8") from exc
    rows = csv.DictReader(io.StringIO(text, newline=""), restval="")
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise RatingsUnusable(f"{path} has no column {missing[0]!r}")
    found: dict[tuple[str, str, str], Rating] = {}
    try:
        for row in rows:
            one = _rating(row, f"{path}, line {rows.line_num}")
            key = (one.trial, one.rater, one.system)
            if key in found:
                raise RatingsUnusable(f"{path}, line {rows.line_num}: this is rated twice")
            found[key] = one
    except csv.Error as exc:
        raise RatingsUnusable(f"{path} is no CSV: {exc}") from exc
    return list(found.values())


def _rating(row: dict[str, str], place: str) -> Rating:
    empty = [name for name in _NEEDED if not row[name]]
    if empty:
        raise RatingsUnusable(f"{place}: {empty[0]} is empty")
    text = row["rating"]
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 0
    if not LEAST_RATING <= number <= MOST_RATING:
        raise RatingsUnusable(
            f"{place}: {text!r} is no whole number from {LEAST_RATING} to {MOST_RATING}"
        )
    texts = {name: row.get(name, "") for name in COLUMNS if name != "rating"}
    return Rating(rating=number, **texts)
