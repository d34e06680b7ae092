"""Taking turns on what everybody shares, so that one caller who asks for much delays others little.

Two things are shared: the event loop, on which long work runs in short slices (:class:`Pace`), and
places where only a few may work at the same time (:class:`FairSlots`). Both take up the callers in
turn, and not in the order in which they came.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Generic, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

SLICE_SECONDS = 0.002
"""How long a piece of work may keep the event loop while others wait."""

SHARE_OF_OTHERS = 0.1
"""For how long, in parts of what a piece of work took, nothing but new work runs after it."""

BUSY_SECONDS = 0.1
"""For so long after a call began, work that gives way rests between its slices."""

REST_SECONDS = 0.01
"""How long it rests: most small calls are answered meanwhile."""

Line: TypeAlias = tuple[Hashable, ...]
"""Where a caller waits: machines take turns, and so do the connections of each."""

T = TypeVar("T")
A = TypeVar("A")

_line: ContextVar[Line] = ContextVar("segue_line", default=("",))
_gives_way: ContextVar[bool] = ContextVar("segue_gives_way", default=False)
_last_call = 0.0


def set_line(line: Line) -> None:
    """Say in which line the current call, which begins, waits."""
    global _last_call  # one event loop, one process
    _line.set(line)
    _last_call = time.perf_counter()


def give_way() -> None:
    """Say that nobody waits for the current call: it rests between slices while others call."""
    _gives_way.set(True)


def current_line() -> Line:
    """The line of the current call; all share one where none was said."""
    return _line.get()


class FairQueue(Generic[T]):
    """Items in lines, which are taken from in turn: from each the one that was put first.

    Parameters
    ----------
    newest_first
        Take the one that was put last instead.
    """

    def __init__(self, *, newest_first: bool = False) -> None:
        self._newest_first = newest_first
        self._order: deque[Hashable] = deque()
        self._lines: dict[Hashable, FairQueue[T] | deque[T]] = {}

    def __bool__(self) -> bool:
        return bool(self._order)

    def put(self, item: T, line: Line) -> None:
        """Add an item at the end of its line, a tuple of at least one; all are of one length."""
        first, rest = line[0], line[1:]
        place = self._lines.get(first)
        if place is None:
            place = deque()
            if rest:
                place = FairQueue(newest_first=self._newest_first)
            self._lines[first] = place
            self._order.append(first)
        if isinstance(place, FairQueue):
            place.put(item, rest)
        else:
            place.append(item)

    def pop(self) -> T:
        """Take the next item. Raises ``IndexError`` when there is none."""
        first = self._order.popleft()
        place = self._lines[first]
        if isinstance(place, FairQueue) or self._newest_first:
            item = place.pop()
        else:
            item = place.popleft()
        if place:
            self._order.append(first)
        else:
            del self._lines[first]
        return item


class FairSlots:
    """As many places as may be taken at the same time; who waits for one is served in turn.

    Parameters
    ----------
    slots
        Number of places, at least 1.
    newest_first
        Machines take turns, but of those who wait on one machine whoever came last is next: when
        a crowd waits, most of the others have gone before it is their turn.
    """

    def __init__(self, slots: int, *, newest_first: bool = False) -> None:
        self._free = slots
        self._newest_first = newest_first
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue(newest_first=newest_first)

    async def acquire(self) -> None:
        """Take a place, in the current call's line."""
        if self._free:
            self._free -= 1
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        machine, connection = (*current_line(), "")[:2]
        self._waiting.put(given, (machine, "" if self._newest_first else connection))
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a place back."""
        while self._waiting:
            given = self._waiting.pop()
            if not given.done():  # who waited may have gone
                given.set_result(None)
                return
        self._free += 1

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place for the length of a block."""
        await self.acquire()
        try:
            yield
        finally:
            self.release()


class Pace:
    """Divides a piece of work into slices; between two of them, everybody else gets on.

    Of all the work that waits to go on, one slice runs in each round of the event loop.
    """

    def __init__(self) -> None:
        self._end = time.perf_counter() + SLICE_SECONDS

    async def step(self) -> None:
        """Go on at once within a slice; wait for the next one at its end."""
        if time.perf_counter() >= self._end:
            await next_turn()
            if _gives_way.get() and time.perf_counter() - _last_call < BUSY_SECONDS:
                await asyncio.sleep(REST_SECONDS)
            self._end = time.perf_counter() + SLICE_SECONDS


async def next_turn() -> None:
    """Let everybody else on, and go on in turn with other work that waits."""
    await _rounds().turn()


async def paced(function: Callable[[A], T], items: Iterable[A]) -> list[T]:
    """``list(map(function, items))``, in slices."""
    pace = Pace()
    made = []
    for item in items:
        made.append(function(item))
        await pace.step()
    return made


class _Rounds:
    """Lets the waiting pieces of work go on one by one, and all else in between.

    A new call passes through a dozen rounds of the loop before it has said what it wants and where
    it waits. If a piece went on in every round, it would wait for a dozen of them.
    """

    def __init__(self) -> None:
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()
        self._due = False
        self._last = 0.0
        self._next_at = 0.0

    async def turn(self) -> None:
        loop = asyncio.get_running_loop()
        given: asyncio.Future[None] = loop.create_future()
        self._waiting.put(given, (*current_line(), "")[:2])
        if not self._due:
            self._due = True
            loop.call_soon(self._next, loop)
        await given

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        now = time.perf_counter()
        if self._last:  # a piece has just run
            self._next_at = now + SHARE_OF_OTHERS * (now - self._last)
            self._last = 0.0
        if now >= self._next_at:
            while self._waiting:
                given = self._waiting.pop()
                if not given.done():
                    given.set_result(None)
                    self._last = now
                    break
        self._due = bool(self._waiting) or self._last > 0.0
        if self._due:
            loop.call_soon(self._next, loop)


_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Rounds] = WeakKeyDictionary()


def _rounds() -> _Rounds:
    loop = asyncio.get_running_loop()
    found = _of_loops.get(loop)
    if found is None:
        found = _of_loops[loop] = _Rounds()
    return found
