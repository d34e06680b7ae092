"""Times of change that say something."""

from __future__ import annotations

from segue.file_times import is_settled

SECOND = 1_000_000_000


def test_a_change_of_a_moment_ago_may_hide_another() -> None:
    assert not is_settled(10 * SECOND, 10 * SECOND)
    assert not is_settled(10 * SECOND, 12 * SECOND)
    assert is_settled(10 * SECOND, 12 * SECOND + 1)


def test_a_file_from_the_future_is_not_settled() -> None:
    assert not is_settled(100 * SECOND, 10 * SECOND)
