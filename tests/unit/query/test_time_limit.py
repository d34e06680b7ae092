"""A block that lasts too long ends with the error that says so."""

from __future__ import annotations

import asyncio

import pytest

from segue.errors import DeadlineExceeded
from segue.query.time_limit import TimeLimit


def refuse() -> None:
    raise DeadlineExceeded("too long")


async def test_a_block_that_lasts_too_long_ends_with_its_error() -> None:
    with pytest.raises(DeadlineExceeded, match="too long"), TimeLimit(0.01, refuse):
        await asyncio.sleep(300)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0, "the task goes on as if it had never been cancelled"
    await asyncio.sleep(0)


async def test_a_block_goes_on_when_its_function_finds_that_all_is_well() -> None:
    looked = asyncio.Event()
    with TimeLimit(0.01, looked.set):
        await looked.wait()
        await asyncio.sleep(0)


async def test_a_function_may_ask_to_be_called_once_more() -> None:
    calls = 0

    def refuse_the_third() -> float:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise DeadlineExceeded("too long")
        return 0.01

    with pytest.raises(DeadlineExceeded), TimeLimit(0.01, refuse_the_third):
        await asyncio.sleep(300)
    assert calls == 3


async def test_a_block_that_ends_in_time_is_left_alone() -> None:
    with TimeLimit(0.01, refuse):
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)


async def test_a_cancellation_by_others_stays_one() -> None:
    started = asyncio.Event()

    async def work() -> None:
        with TimeLimit(300, refuse):
            started.set()
            await asyncio.sleep(300)

    task = asyncio.create_task(work())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_outer_of_two_limits_ends_both() -> None:
    with (
        pytest.raises(DeadlineExceeded, match="too long"),
        TimeLimit(0.01, refuse),
        TimeLimit(300, lambda: None),
    ):
        await asyncio.sleep(300)
