"""Tracks counted in ranges of years and lengths, as every index adapter does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from segue import ranges
from segue.index import listing
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.ranges import DURATION_BOUNDS, CountedRange, CountedRanges, ranges_of
from segue.tracks import (
    EmbeddedTrack,
    LabelMatch,
    NumberRange,
    Track,
    TrackFilter,
    TrackMetadata,
)

Catalogue = Callable[..., list[EmbeddedTrack]]
YEARS = (1731, 1808, 1990, 1999, 1999, 2000, 2009, 2010, None, None)


@pytest.fixture
def dated() -> list[EmbeddedTrack]:
    vector = np.eye(1, 16, dtype=np.float32)[0]
    return [
        EmbeddedTrack(
            Track(f"t{number}", TrackMetadata(year=year, genres=("jazz",) if number % 2 else ())),
            "test-v1",
            vector,
        )
        for number, year in enumerate(YEARS)
    ]


def counted(*rows: tuple[float, float | None, int], unknown: int = 0) -> CountedRanges:
    return CountedRanges([CountedRange(*row) for row in rows], unknown)


async def test_decades_that_there_are_are_counted(
    index: TrackIndex, dated: list[EmbeddedTrack]
) -> None:
    await index.upsert(dated)
    assert await index.ranges("year") == counted(
        (1730, 1740, 1), (1800, 1810, 1), (1990, 2000, 3), (2000, 2010, 2), (2010, 2020, 1),
        unknown=2,
    )  # fmt: skip
    jazz = TrackFilter(genres=LabelMatch(any_of=("jazz",)))
    assert await index.ranges("year", jazz) == counted(
        (1800, 1810, 1), (1990, 2000, 1), (2000, 2010, 1), (2010, 2020, 1), unknown=1
    )
    nothing = TrackFilter(only_track_ids=())
    assert await index.ranges("year", nothing) == counted()


async def test_what_is_older_than_the_last_range_counts_in_it(
    index: TrackIndex, dated: list[EmbeddedTrack], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (listing, ranges):
        monkeypatch.setattr(module, "MOST_RANGES", 3)
    monkeypatch.setattr("segue.index.exact.MOST_RANGES", 3)
    await index.upsert(dated)
    assert await index.ranges("year") == counted(
        (1730, 2000, 5), (2000, 2010, 2), (2010, 2020, 1), unknown=2
    )


async def test_ranges_begin_where_somebody_says(
    index: TrackIndex, dated: list[EmbeddedTrack]
) -> None:
    await index.upsert(dated)
    assert await index.ranges("year", asked=ranges_of([1808, 1999, 1999.5, 2010])) == counted(
        (1808, 1999, 2), (1999, 1999.5, 2), (1999.5, 2010, 2), (2010, None, 1), unknown=2
    )
    nothing = TrackFilter(year=NumberRange(5, 4))
    assert await index.ranges("year", nothing, ranges_of([1990])) == counted((1990, None, 0))


async def test_lengths_are_counted_as_the_oracle_counts_them(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = [
        replace(one, track=replace(one.track, duration_seconds=(0.0, 60.0, 59.75, 7e3)[n % 4]))
        if n % 3 == 0
        else one
        for n, one in enumerate(catalogue(60))
    ]
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    for where in (TrackFilter(), TrackFilter(moods=LabelMatch(any_of=("calm", "dark")))):
        for asked in ((), ranges_of([30, 45.25, 46, 60])):
            right = await oracle.ranges("duration_seconds", where, asked)
            assert await index.ranges("duration_seconds", where, asked) == right
            known = sum(one.tracks for one in right.ranges)
            assert known + right.unknown == await index.count(where)
    by_default = await index.ranges("duration_seconds")
    assert [one.minimum for one in by_default.ranges] == list(DURATION_BOUNDS)
    assert by_default.ranges[-1].tracks == sum(1 for n in range(0, 60, 3) if n % 4 == 3)
