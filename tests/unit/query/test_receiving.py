"""Which requests are taken in next: small ones do not wait behind large ones."""

from __future__ import annotations

import asyncio

from segue.query.receiving import MOST_CONNECTIONS, PLACES, SMALL_BYTES, Habit, Receiving
from segue.turns import set_line

CLIP = 32 * 1024 * 1024


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_connection_is_known_by_what_it_sent_lately() -> None:
    clock = Clock()
    receiving = Receiving(clock)
    assert receiving.habit("a") is Habit.NEW
    receiving.note("a", 0)
    assert receiving.habit("a") is Habit.LIGHT
    receiving.note("a", CLIP)
    assert receiving.habit("a") is Habit.HEAVY
    clock.now += 8.5
    assert receiving.habit("a") is Habit.HEAVY
    clock.now += 1.0  # 32 MiB halved nine times are less than 64 KiB
    assert receiving.habit("a") is Habit.LIGHT


def test_any_number_of_small_requests_is_light() -> None:
    receiving = Receiving(Clock())
    for _ in range(1_000):
        receiving.note("a", SMALL_BYTES)
    assert receiving.habit("a") is Habit.LIGHT


def test_the_longest_silent_connections_are_forgotten() -> None:
    receiving = Receiving(Clock())
    for number in range(MOST_CONNECTIONS + 1):
        receiving.note(str(number), 1)
        receiving.note("kept", 1)
    assert receiving.habit("0") is receiving.habit("1") is Habit.NEW
    assert receiving.habit("2") is receiving.habit("kept") is Habit.LIGHT


async def test_a_light_connection_does_not_wait_behind_heavy_ones() -> None:
    receiving = Receiving(Clock())
    for name in ("light", "heavy"):
        receiving.note(name, CLIP if name == "heavy" else 10)
    for _ in range(PLACES[Habit.HEAVY]):
        await receiving.place("heavy")
    waiting = asyncio.ensure_future(receiving.place("heavy"))
    await asyncio.wait_for(receiving.place("light"), 60)
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_of_new_connections_the_last_to_come_is_next() -> None:
    receiving = Receiving(Clock())
    held = [await receiving.place("a") for _ in range(PLACES[Habit.NEW])]
    came: list[str] = []

    async def come(name: str) -> None:
        set_line(("machine", name))
        (await receiving.place(name)).give_back()
        came.append(name)

    async with asyncio.TaskGroup() as tasks:
        for name in ("first", "second", "third"):
            tasks.create_task(come(name))
        await asyncio.sleep(0)
        held[0].give_back()
    assert came == ["third", "second", "first"]


async def test_a_place_is_given_back_once() -> None:
    receiving = Receiving(Clock())
    receiving.note("heavy", CLIP)
    places = [await receiving.place("heavy") for _ in range(PLACES[Habit.HEAVY])]
    for _ in range(3):
        places[0].give_back()
    await receiving.place("heavy")
    waiting = asyncio.ensure_future(receiving.place("heavy"))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_after_a_large_request_the_next_one_waits() -> None:
    receiving = Receiving(Clock())
    receiving.note("heavy", CLIP)
    places = [await receiving.place("heavy") for _ in range(PLACES[Habit.HEAVY])]
    waiting = [asyncio.ensure_future(receiving.place("heavy")) for _ in places]
    for place in places:
        place.give_back(1024 * CLIP)
    await asyncio.sleep(0.01)
    assert not any(one.done() for one in waiting)
    for one in waiting:
        one.cancel()


async def test_after_a_small_request_the_next_one_goes_on_at_once() -> None:
    receiving = Receiving(Clock())
    receiving.note("heavy", CLIP)
    places = [await receiving.place("heavy") for _ in range(PLACES[Habit.HEAVY])]
    waiting = asyncio.ensure_future(receiving.place("heavy"))
    await asyncio.sleep(0)
    places[0].give_back(SMALL_BYTES)
    await asyncio.wait_for(waiting, 60)
