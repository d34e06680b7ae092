"""What is added to a score in [0, 1]: popularity, recency, labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from segue.tracks import Track
from segue.variety import Boost, LabelBoost, RecencyBoost


class Popularity(Protocol):
    """How popular tracks are with all listeners together."""

    def of(self, track_ids: Collection[str]) -> Mapping[str, float]:
        """Popularity in [0, 1] of those of the tracks that it knows, by id."""
        ...


def boost(
    track: Track, boosts: Sequence[Boost], *, popularity: Mapping[str, float], year: int
) -> float:
    """Sum of what the boosts add to the score of a track.

    A track that is not known to be popular, or of no known year, gets nothing for it.

    Parameters
    ----------
    popularity
        In [0, 1], by track id.
    year
        From which recency counts; what is newer counts as of this year.
    """
    return sum(one.weight * _share(track, one, popularity, year) for one in boosts)


def recency(released: int | None, year: int, half_life_years: float) -> float | None:
    """1 for what was released in ``year`` or later, half of it for one half-life earlier.

    None where the year of release is not known.
    """
    if released is None:
        return None
    return float(0.5 ** (max(0, year - released) / half_life_years))


def _share(track: Track, one: Boost, popularity: Mapping[str, float], year: int) -> float:
    if isinstance(one, RecencyBoost):
        return recency(track.metadata.year, year, one.half_life_years) or 0.0
    if isinstance(one, LabelBoost):
        return 1.0 if one.where.matches(track) else 0.0
    return popularity.get(track.track_id, 0.0)
