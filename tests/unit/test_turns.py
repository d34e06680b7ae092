"""Who waits is served in turn, and long work lets others on."""

from __future__ import annotations

import asyncio
import time

import pytest

from segue import turns
from segue.turns import (
    FairQueue,
    FairSlots,
    Pace,
    current_line,
    give_way,
    next_turn,
    paced,
    set_line,
)


def test_lines_take_turns_and_each_keeps_its_order() -> None:
    queue: FairQueue[str] = FairQueue()
    for item, line in (
        *((f"a1-{n}", ("a", 1)) for n in range(3)),
        ("a2-0", ("a", 2)),
        ("b-0", ("b", 1)),
        ("b-1", ("b", 1)),
    ):
        queue.put(item, line)
    taken = []
    while queue:
        taken.append(queue.pop())
    assert taken == ["a1-0", "b-0", "a2-0", "b-1", "a1-1", "a1-2"]
    with pytest.raises(IndexError):
        queue.pop()


def test_a_line_that_was_emptied_may_fill_again() -> None:
    queue: FairQueue[int] = FairQueue()
    for round_number in range(3):
        queue.put(round_number, ("a", "b"))
        assert queue.pop() == round_number
    assert not queue


def test_machines_take_turns_also_where_the_newest_comes_first() -> None:
    queue: FairQueue[str] = FairQueue(newest_first=True)
    for item, machine in (("a-0", "a"), ("a-1", "a"), ("b-0", "b"), ("b-1", "b"), ("a-2", "a")):
        queue.put(item, (machine, ""))
    assert [queue.pop() for _ in range(5)] == ["a-2", "b-1", "a-1", "b-0", "a-0"]


async def in_line(line: str, slots: FairSlots, served: list[str]) -> None:
    set_line((line, ""))
    async with slots.place():
        served.append(line)
        await asyncio.sleep(0)


async def test_one_who_asks_for_much_waits_behind_those_who_ask_for_little() -> None:
    slots = FairSlots(2)
    served: list[str] = []
    async with asyncio.TaskGroup() as group:
        for line in ["greedy"] * 20 + ["modest", "other"]:
            group.create_task(in_line(line, slots, served))
    assert served.count("greedy") == 20
    assert max(served.index("modest"), served.index("other")) <= 5
    assert current_line() == ("",), "a line follows the call, not the process"


async def test_a_place_is_not_lost_with_one_who_stops_waiting() -> None:
    slots = FairSlots(1)
    served: list[str] = []
    await slots.acquire()
    leaving = [asyncio.create_task(in_line("gone", slots, served)) for _ in range(3)]
    await asyncio.sleep(0)
    leaving[0].cancel()
    await asyncio.sleep(0)
    slots.release()
    leaving[1].cancel()  # just when it was given the place
    await asyncio.gather(*leaving, return_exceptions=True)
    assert served == ["gone"]
    async with asyncio.timeout(60), slots.place():
        pass


async def test_long_work_goes_on_in_turn_with_others() -> None:
    order: list[str] = []

    async def work(line: str, slices: int) -> None:
        set_line((line, ""))
        pace = Pace()
        for _ in range(slices):
            pace._end = 0.0  # every step ends a slice
            await pace.step()
            order.append(line)

    jobs = [asyncio.create_task(work("greedy", 10)) for _ in range(5)]
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await asyncio.gather(*jobs, asyncio.create_task(work("modest", 10)))
    last = len(order) - 1 - order[::-1].index("modest")
    assert last <= 25, "every other slice is the modest one's"


async def test_a_slice_of_each_round_is_one_at_most() -> None:
    started = asyncio.Event()
    slices = 0

    async def work() -> None:
        nonlocal slices
        started.set()
        pace = Pace()
        for _ in range(100):
            pace._end = 0.0
            await pace.step()
            slices += 1

    jobs = [asyncio.create_task(work()) for _ in range(20)]
    await started.wait()
    before = slices
    rounds = 10
    for _ in range(rounds):
        await asyncio.sleep(0)
    assert slices - before <= rounds + 1
    await asyncio.gather(*jobs)


async def test_between_long_pieces_new_work_passes_through_many_rounds() -> None:
    pieces = 0

    async def long_work() -> None:
        nonlocal pieces
        for _ in range(30):
            await next_turn()
            ends = time.perf_counter() + 0.02
            while time.perf_counter() < ends:
                pass
            pieces += 1

    jobs = [asyncio.create_task(long_work()) for _ in range(3)]
    while pieces < 3:
        await asyncio.sleep(0)
    before = pieces
    for _ in range(12):  # as a call does before anybody knows what it wants
        await asyncio.sleep(0)
    assert pieces - before <= 4
    for job in jobs:
        job.cancel()


async def test_work_within_its_slice_goes_on_at_once() -> None:
    pace = Pace()
    pace._end = time.perf_counter() + 3600
    step = pace.step()
    with pytest.raises(StopIteration):
        step.send(None)


async def test_paced_work_gives_what_map_does() -> None:
    assert await paced(str, range(1_000)) == list(map(str, range(1_000)))
    with pytest.raises(ZeroDivisionError):
        await paced(lambda n: 1 // n, [1, 0])


def test_every_loop_has_rounds_of_its_own() -> None:
    for _ in range(2):
        asyncio.run(test_long_work_goes_on_in_turn_with_others())


async def test_work_that_gives_way_rests_while_others_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(turns, "BUSY_SECONDS", 600.0)
    monkeypatch.setattr(turns, "REST_SECONDS", 0.05)

    async def three_slices(*, giving_way: bool) -> float:
        if giving_way:
            give_way()
        pace, began = Pace(), time.perf_counter()
        for _ in range(3):
            await pace.step()
        return time.perf_counter() - began

    set_line(("another", ""))
    # What a task says of itself is no other's.
    assert await asyncio.create_task(three_slices(giving_way=True)) >= 0.15
    monkeypatch.setattr(turns, "REST_SECONDS", 3600.0)
    await asyncio.create_task(three_slices(giving_way=False))
    monkeypatch.setattr(turns, "BUSY_SECONDS", 0.0)
    await asyncio.create_task(three_slices(giving_way=True))
