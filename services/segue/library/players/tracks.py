"""What a library of another program says of one file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segue.errors import InvalidRequest
from segue.tracks import TrackMetadata

_MOST_PLAYS = 10**9


class LibraryNotRead(InvalidRequest):
    """A file that is no library of a known kind, or a broken one."""

    reason = "LIBRARY_NOT_READ"
    next_step = (
        "Name the library.db of beets, the navidrome.db of Navidrome, or the XML file that iTunes "
        "and Music write by File > Library > Export Library."
    )


@dataclass(frozen=True, slots=True)
class Liking:
    """How one listener likes a track.

    Attributes
    ----------
    listener
        Name of the account; empty where the library has one listener alone.
    stars
        From more than 0 to 5, or None when there is no rating.
    loved
        A mark as favourite; False is one of dislike.
    """

    listener: str = ""
    plays: int = 0
    stars: float | None = None
    loved: bool | None = None

    def score(self) -> float | None:
        """Score for ranking, higher is better; None when the listener said and did nothing.

        The logarithm to base 2 of one more than the plays, so that the tenth counts more than the
        hundredth. A rating moves that by its distance from three stars. Where there is none, a
        favourite counts as five stars and what is disliked as one.
        """
        if self.plays <= 0 and self.stars is None and self.loved is None:
            return None
        score = math.log2(1 + max(0, self.plays))
        if self.stars is not None:
            return score + self.stars - 3
        if self.loved is not None:
            return score + (2 if self.loved else -2)
        return score


@dataclass(frozen=True, slots=True)
class LibraryTrack:
    """A file of a library.

    Attributes
    ----------
    path
        As the library has it: of the machine that it runs on, absolute or below its music folder.
        Empty where the track is no file.
    metadata
        What the library knows, and the tags need not.
    """

    path: str
    metadata: TrackMetadata = TrackMetadata()
    likings: tuple[Liking, ...] = ()


def count_of(value: Any) -> int:
    """A number of plays, from whatever a database holds in its place."""
    number = number_of(value)
    return 0 if number is None else int(min(max(number, 0), _MOST_PLAYS))


def number_of(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bytes):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def stars_of(value: Any, *, most: float) -> float | None:
    """A rating from more than 0 to ``most`` as stars; None for anything else: 0 is no rating."""
    number = number_of(value)
    return number * 5 / most if number is not None and 0 < number <= most else None


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text of a row; empty where there is none. What cannot be decoded becomes U+FFFD."""
    value = row.get(name)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None:
        return ""
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
