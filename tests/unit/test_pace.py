"""What counts as too slow, second by second."""

from __future__ import annotations

import pytest

from segue.pace import LEAST_BYTES_PER_SECOND, Pace


@pytest.mark.parametrize(
    ("bytes_each_second", "ends_after"),
    [(0, 30), (1, 30), (LEAST_BYTES_PER_SECOND - 1, 30), (LEAST_BYTES_PER_SECOND, None)],
)
def test_a_pace_is_told_by_the_second(bytes_each_second: int, ends_after: int | None) -> None:
    pace = Pace(30.0)
    seconds = range(1, 300)
    ended = next((one for one in seconds if not pace.holds(1.0, bytes_each_second)), None)
    assert ended == ends_after


def test_a_pause_after_much_ends_with_the_span_after_it() -> None:
    pace = Pace(30.0)
    assert pace.holds(1.0, 10_000_000)
    assert all(pace.holds(1.0, 0) for _ in range(29))
    assert [pace.holds(1.0, 0) for _ in range(30)] == 29 * [True] + [False]


def test_time_in_which_nobody_waited_does_not_count() -> None:
    pace = Pace(30.0)
    for _ in range(100):
        assert pace.holds(29.0, 0)
        pace.begin()
    assert pace.holds(0.0, 0)
