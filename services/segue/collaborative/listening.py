"""What listeners did, gathered into one weight per listener and track.

A weight is log2(1 + plays) - log2(1 + skips) / 2, within [-1, 1], and 1 more when the track is
liked; it counts where it is positive. A play of a known length below 30 seconds counts as that
share of one. A like or a dislike holds until the listener says the opposite; a disliked track
counts as not heard.

That more than one play says no more than one was measured: docs/hybrid.md.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from segue import interaction_rows
from segue.collaborative.models import Weights
from segue.errors import InteractionsUnusable, InvalidArgument
from segue.interactions import COLUMNS, LONGEST_PLAY_SECONDS, InteractionKind
from segue.limits import checked_text, checked_track_id

WEIGHT = "weight"
"""Column that may stand in place of ``kind``: how many plays a row stands for."""

PLAY_SECONDS = 30.0
LIKE_WEIGHT = 1.0
SKIP_SHARE = 0.5

_SHOWN_ROWS = 10
_OPINIONS = (InteractionKind.LIKE, InteractionKind.DISLIKE)
_KINDS = {kind.value: kind for kind in InteractionKind}
_USER, _TRACK, _KIND, _MOMENT, _SECONDS = COLUMNS


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """Who listens to what: U listeners, T tracks.

    Attributes
    ----------
    user_ids, track_ids
        In the order of their rows and columns: sorted.
    weights
        ``scipy.sparse.csr_array`` of shape (U, T), float32, positive.
    """

    user_ids: Sequence[str]
    track_ids: Sequence[str]
    weights: Weights

    @property
    def listeners(self) -> npt.NDArray[np.int32]:
        """How many listeners each track has, shape (T,)."""
        return np.bincount(self.weights.indices, minlength=len(self.track_ids)).astype(np.int32)


@dataclass(slots=True)
class _Pair:
    plays: float = 0.0
    skips: float = 0.0
    liked: InteractionKind | None = None
    said_at: float = -math.inf

    def weight(self) -> float:
        if self.liked is InteractionKind.DISLIKE:
            return 0.0
        heard = math.log2(1 + self.plays) - SKIP_SHARE * math.log2(1 + self.skips)
        liked = LIKE_WEIGHT if self.liked is InteractionKind.LIKE else 0.0
        return min(max(heard, -1.0), 1.0) + liked


class Gathering:
    """Takes rows from any number of files, and gives what they say together.

    Rows that are none are noted, and refused all at once in the end. What is said of them names
    the file, the row and why; it repeats no listener.

    Parameters
    ----------
    since, until
        In seconds since 1970: rows from before, and those from then on, count for nothing.

    Attributes
    ----------
    rows
        How many were taken.
    moments
        When each that is one happened, in seconds since 1970; 0 where it does not say.
    """

    def __init__(self, *, since: float = -math.inf, until: float = math.inf) -> None:
        self._since, self._until = since, until
        self.moments = array("d")
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self._bad: list[str] = []
        self._bad_rows = 0
        self.rows = 0

    def add(self, source: str, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Take the rows of a file, each with its number."""
        for number, row in rows:
            self.rows += 1
            try:
                self._add(row)
            except (InvalidArgument, ValueError) as exc:
                self._bad_rows += 1
                if len(self._bad) < _SHOWN_ROWS:
                    self._bad.append(f"{source}:{number}: {exc}")

    def listening(self) -> Listening:
        """What all rows say.

        Raises
        ------
        InteractionsUnusable
            When a row is none, or nobody listened to anything.
        """
        self.check()
        found = {pair: one.weight() for pair, one in self._pairs.items()}
        kept = sorted((*pair, weight) for pair, weight in found.items() if weight > 0)
        if not kept:
            raise InteractionsUnusable(
                f"{self.rows} rows, and none of them says that a listener likes a track",
                next_step="Train on files with plays or likes.",
            )
        users, user_rows = np.unique([one[0] for one in kept], return_inverse=True)
        tracks, track_rows = np.unique([one[1] for one in kept], return_inverse=True)
        weights = np.array([one[2] for one in kept], dtype=np.float32)
        return Listening(
            users.tolist(),
            tracks.tolist(),
            sparse.csr_array((weights, (user_rows, track_rows)), shape=(len(users), len(tracks))),
        )

    def check(self) -> None:
        """See that every row is one.

        Raises
        ------
        InteractionsUnusable
            When one is not.
        """
        if self._bad_rows:
            more = self._bad_rows - len(self._bad)
            shown = "; ".join(self._bad) + (f"; and {more} more" if more else "")
            raise InteractionsUnusable(f"{self._bad_rows} of {self.rows} rows are none: {shown}")

    def _add(self, row: Mapping[str, Any]) -> None:
        user, track = row.get(_USER) or "", row.get(_TRACK) or ""
        if not user:
            raise InvalidArgument(_USER, "must not be empty")
        checked_text(user, "user_id", _USER)
        checked_track_id(track)
        kind, weight = row.get(_KIND) or None, row.get(WEIGHT)
        moment = _moment(row.get(_MOMENT))
        seconds = _number(_SECONDS, row.get(_SECONDS), 0.0)
        if not 0 <= seconds <= LONGEST_PLAY_SECONDS:
            raise InvalidArgument(_SECONDS, f"lies outside [0, {LONGEST_PLAY_SECONDS:g}]")
        if (kind is None) == (weight is None or weight == ""):
            raise InvalidArgument(_KIND, "is to be given, or weight in its place, and not both")
        self.moments.append(moment)
        within = self._since <= moment < self._until
        pair = self._pairs.setdefault((user, track), _Pair()) if within else _Pair()
        if kind is None:
            plays = _number(WEIGHT, weight, 0.0)
            if not 0 < plays < 1e9:
                raise InvalidArgument(WEIGHT, "lies outside (0, 1e9)")
            pair.plays += plays
            return
        chosen = _KINDS.get(str(kind))
        if chosen is None:
            raise InvalidArgument(_KIND, f"is none of {', '.join(_KINDS)}")
        if chosen is InteractionKind.PLAY:
            pair.plays += min(1.0, seconds / PLAY_SECONDS) if seconds else 1.0
        elif chosen is InteractionKind.SKIP:
            pair.skips += 1
        elif chosen in _OPINIONS and moment >= pair.said_at:
            pair.liked, pair.said_at = chosen, moment


def csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a CSV file in UTF-8 with a header; columns that are not known are passed over.

    Raises
    ------
    InteractionsUnusable
        When it cannot be read, or its header lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from interaction_rows.csv_rows(file, partial(check_columns, path))
    except OSError as exc:
        raise InteractionsUnusable(f"{path} cannot be read: {exc.strerror}") from exc
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InteractionsUnusable(f"{path} is no CSV file in UTF-8") from exc


def check_columns(path: Path, names: Sequence[str]) -> None:
    """See that a file has the columns that interactions need.

    Raises
    ------
    InteractionsUnusable
        When it lacks one.
    """
    lacking = [name for name in (_USER, _TRACK) if name not in names]
    if _KIND not in names and WEIGHT not in names:
        lacking.append(f"{_KIND} or {WEIGHT}")
    if lacking:
        raise InteractionsUnusable(f"{path} lacks columns: {', '.join(lacking)}")


def _number(name: str, value: Any, missing: float) -> float:
    if value is None or value == "":
        return missing
    try:
        number = float(value)
    except (TypeError, ValueError) as exc:
        raise InvalidArgument(name, "is no number") from exc
    if not math.isfinite(number):
        raise InvalidArgument(name, "is not finite")
    return number


def _moment(value: Any) -> float:
    """Seconds since 1970 of a moment, a text in ISO 8601 (without a zone: UTC), or a number."""
    if value is None or value == "":
        return 0.0
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as exc:
            raise InvalidArgument(
                _MOMENT, "is neither a moment in ISO 8601 nor seconds since 1970"
            ) from exc
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
