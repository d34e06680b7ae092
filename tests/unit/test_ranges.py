"""Ranges by their bounds."""

from __future__ import annotations

import math

import pytest

from segue.ranges import DURATION_BOUNDS, MOST_RANGES, CountedRange, decade_of, ranges_of


def test_each_goes_up_to_the_next_and_the_last_has_no_end() -> None:
    first, second, last = ranges_of([0, 60, 90.5])
    assert (first, second, last) == (
        CountedRange(0, 60, 0), CountedRange(60, 90.5, 0), CountedRange(90.5, None, 0),
    )  # fmt: skip
    assert not first.holds(60)
    assert second.holds(60)
    assert last.holds(1e9)
    assert first.maximum is not None
    assert first.holds(first.maximum)
    assert first.maximum == pytest.approx(60)
    assert ranges_of([]) == []
    assert len(ranges_of(DURATION_BOUNDS)) == len(DURATION_BOUNDS)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ([1, 1], "do not rise"),
        ([2, 1], "do not rise"),
        ([math.nan], "not finite"),
        ([1, math.inf], "not finite"),
        (list(range(MOST_RANGES + 1)), "over 64"),
    ],
)
def test_what_are_no_ranges_is_told_of(bounds: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ranges_of(bounds)


def test_a_year_lies_in_its_decade() -> None:
    assert decade_of(1999) == CountedRange(1990, 2000, 0)
    assert decade_of(2000) == CountedRange(2000, 2010, 0)
    assert decade_of(-3) == CountedRange(-10, 0, 0)
