"""Ranges of a number of tracks, and how many tracks lie in each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST_RANGES = 64
"""That are counted at once."""

COUNTED = ("year", "duration_seconds")
"""What is counted in ranges."""

DURATION_BOUNDS = (
    0.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0, 480.0, 600.0, 900.0, 1_200.0, 1_800.0, 3_600.0,
)  # fmt: skip
"""Where ranges of seconds begin unless somebody says something else."""

DECADE = 10
"""Years of a range unless somebody says something else."""


@dataclass(frozen=True, slots=True)
class CountedRange:
    """Tracks whose number lies in a range.

    Attributes
    ----------
    minimum
        The least that lies in it.
    below
        The least above it; None: it has no end.
    """

    minimum: float
    below: float | None
    tracks: int

    @property
    def maximum(self) -> float | None:
        """The largest number that lies in it; None: it has no end."""
        return None if self.below is None else math.nextafter(self.below, -math.inf)

    def holds(self, number: float) -> bool:
        """Whether a number lies in it."""
        return self.minimum <= number and (self.below is None or number < self.below)


@dataclass(frozen=True, slots=True)
class CountedRanges:
    """Ranges of one number, rising, and how many tracks have none.

    Attributes
    ----------
    unknown
        Tracks of which the number is not known.
    """

    ranges: Sequence[CountedRange]
    unknown: int


def ranges_of(bounds: Sequence[float]) -> list[CountedRange]:
    """Ranges that begin at bounds, each up to the next one and the last without end; none counted.

    Raises
    ------
    ValueError
        When they do not rise, are not finite, or are too many.
    """
    if len(bounds) > MOST_RANGES:
        raise ValueError(f"has {len(bounds)} bounds, over {MOST_RANGES}")
    if not all(map(math.isfinite, bounds)):
        raise ValueError("has a bound that is not finite")
    ends: list[float | None] = [*bounds[1:], None]
    if any(end is not None and not start < end for start, end in zip(bounds, ends, strict=False)):
        raise ValueError("has bounds that do not rise")
    return [CountedRange(start, end, 0) for start, end in zip(bounds, ends, strict=False)]


def decade_of(year: float) -> CountedRange:
    """The ten years that a year lies in: 1990 up to 2000."""
    start = math.floor(year / DECADE) * DECADE
    return CountedRange(start, start + DECADE, 0)
