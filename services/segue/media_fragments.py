"""Parts of files as URIs: ``file:///music/album.flac#t=12.5,200.04``.

As W3C Media Fragments URI 1.0 writes a passage of time, in seconds (4.2.1). Of files only: what
else stands behind a ``#`` there is part of a name, and elsewhere it may be a secret.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_SECONDS = r"\d{1,6}(?:\.\d{1,9})?"
_FRAGMENT = re.compile(rf"#t=(?:npt:)?(?:({_SECONDS})(?:,({_SECONDS}))?|,({_SECONDS}))\Z")
_SCHEME = "file:"


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A passage of a file that is a track of its own.

    Attributes
    ----------
    start_seconds, end_seconds
        From the start of the file, ``0 <= start < end``, to the microsecond; the end None: as far
        as the file goes.

    Raises
    ------
    ValueError
        When it ends before it begins.
    """

    start_seconds: float
    end_seconds: float | None = None

    def __post_init__(self) -> None:
        if (
            not 0
            <= self.start_seconds
            < (float("inf") if self.end_seconds is None else self.end_seconds)
        ):
            raise ValueError(f"a part from {self.start_seconds:g} s to {self.end_seconds} s")

    @property
    def length_seconds(self) -> float | None:
        """How long it lasts; None: as far as the file goes."""
        return None if self.end_seconds is None else self.end_seconds - self.start_seconds

    @property
    def fragment(self) -> str:
        """``#t=12.5,200.04``: what stands behind a place that is divided."""
        end = "" if self.end_seconds is None else f",{_written(self.end_seconds)}"
        return f"#t={_written(self.start_seconds)}{end}"

    def overlap_seconds(self, other: Part) -> float:
        """How long both last together; infinite where both go as far as the file."""
        ends = [end for end in (self.end_seconds, other.end_seconds) if end is not None]
        start = max(self.start_seconds, other.start_seconds)
        return max(0.0, min(ends, default=float("inf")) - start)


def divided(place: str) -> tuple[str, Part | None]:
    """A place (path or URI) without the part that it names, and that part; None: it is whole.

    What would end before it begins is no part.
    """
    found = _FRAGMENT.search(place)
    if found is None:
        return place, None
    start, end, end_alone = found.groups()
    ends = end or end_alone
    try:
        return place[: found.start()], Part(float(start or 0), float(ends) if ends else None)
    except ValueError:
        return place, None


def divided_uri(uri: str) -> tuple[str, Part | None]:
    """As :func:`divided`, of a URI: only those of files have parts."""
    return divided(uri) if uri.lower().startswith(_SCHEME) else (uri, None)


def names_impossible_part(uri: str) -> bool:
    """Whether a URI names a part of a file that would end before it begins."""
    named = uri.lower().startswith(_SCHEME) and _FRAGMENT.search(uri) is not None
    return named and divided(uri)[1] is None


def part_digest(sha256: str, part: Part) -> str:
    """Hex digest that stands for the content of a part of the file with a hash.

    Two parts of one file are two contents; one part of two equal files is one.
    """
    return hashlib.sha256(f"{sha256}{part.fragment}".encode()).hexdigest()


def _written(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".")
