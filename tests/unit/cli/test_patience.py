"""How long a command asks again, and what it tells."""

from __future__ import annotations

import time

import pytest

from segue.cli.patience import Patience
from segue.errors import DeadlineExceeded, IndexUnavailable, InvalidArgument, SegueError
from segue.stack.folder import StackNotFound


def test_what_cannot_pass_is_raised_at_once() -> None:
    refused = InvalidArgument("items", "is empty")
    with pytest.raises(InvalidArgument):
        Patience(1e9).wait_or_raise(refused)


@pytest.mark.parametrize("error", [StackNotFound("away"), IndexUnavailable("away")])
def test_without_time_nothing_is_asked_again(error: SegueError) -> None:
    with pytest.raises(type(error)):
        Patience(0).wait_or_raise(error)


def test_a_row_of_failures_is_told_once_and_its_end_too() -> None:
    told: list[SegueError | None] = []
    patience = Patience(1e9, tell=told.append)
    patience.answered()
    assert told == []
    first, second = StackNotFound("away"), StackNotFound("still away")
    patience.wait_or_raise(first)
    patience.wait_or_raise(second)
    patience.answered()
    patience.answered()
    assert told == [first, None]
    patience.wait_or_raise(second)
    assert told == [first, None, second]


def test_time_runs_from_the_first_failure_and_anew_after_an_answer() -> None:
    patience = Patience(0.3)
    for _ in range(3):
        # However long ago the last failure was, an answer since then counts.
        patience.wait_or_raise(StackNotFound("away"))
        time.sleep(0.3)
        patience.answered()
    patience.wait_or_raise(StackNotFound("away"))
    time.sleep(0.3)
    with pytest.raises(StackNotFound):
        patience.wait_or_raise(StackNotFound("away"))


def test_a_deadline_ends_all_patience() -> None:
    patience = Patience(1e9, deadline=time.monotonic() - 1)
    with pytest.raises(StackNotFound):
        patience.wait_or_raise(StackNotFound("away"))
    late = DeadlineExceeded("late")
    with pytest.raises(DeadlineExceeded):
        Patience(1e9, deadline=time.monotonic() + 1e9).wait_or_raise(late)
    Patience(1e9).wait_or_raise(late)
