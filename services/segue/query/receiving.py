"""Whose request is taken in next, while nobody knows yet how large it is."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

from segue.turns import FairSlots

_MIB = 1024 * 1024

SMALL_BYTES = 64 * 1024
"""Up to this size a request counts as small."""

FORGOTTEN_SECONDS = 1.0
"""After this time half of what a connection has sent is forgotten."""

MOST_CONNECTIONS = 4_096
"""Connections whose habits are kept; the one that was silent for longest is forgotten first."""


class Habit(Enum):
    """What is known of a connection.

    ``LIGHT`` has sent requests, and lately small ones only; ``HEAVY`` has lately sent large ones;
    of ``NEW`` nothing is known.
    """

    LIGHT = "light"
    NEW = "new"
    HEAVY = "heavy"


PLACES = {Habit.LIGHT: 16, Habit.NEW: 2, Habit.HEAVY: 1}
"""Requests that are taken in at the same time. The others wait in turn at their senders: gRPC takes
in little of what nobody asks for."""

BYTES_PER_SECOND = {Habit.LIGHT: 64 * _MIB, Habit.NEW: 32 * _MIB, Habit.HEAVY: 64 * _MIB}
"""Of each place. A request is copied several times on its way through gRPC and protobuf, on the
event loop: without a limit, large ones would leave no time there for anything else."""


class ReceivingPlace:
    """A place that one request holds; given back once, however often that is said."""

    def __init__(self, slots: FairSlots, bytes_per_second: int) -> None:
        self._slots: FairSlots | None = slots
        self._bytes_per_second = bytes_per_second

    def give_back(self, size: int = 0) -> None:
        """Give it back, after a request of ``size`` bytes as soon as the next one is due."""
        slots, self._slots = self._slots, None
        if slots is None:
            return
        if size > SMALL_BYTES:
            asyncio.get_running_loop().call_later(size / self._bytes_per_second, slots.release)
        else:
            slots.release()


class Receiving:
    """Places for requests that are taken in.

    Forty connections that send clips of 32 MiB take turns, and each turn lasts as long as 32 MiB
    do. Who sends small requests, or nothing yet, does not stand in that line.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slots = {
            # Who is new may wait behind many that are large: the last to come waits least.
            habit: FairSlots(places, newest_first=habit is Habit.NEW)
            for habit, places in PLACES.items()
        }
        self._sent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def place(self, connection: str) -> ReceivingPlace:
        """Wait for a place in the current call's line."""
        habit = self.habit(connection)
        await self._slots[habit].acquire()
        return ReceivingPlace(self._slots[habit], BYTES_PER_SECOND[habit])

    def habit(self, connection: str) -> Habit:
        """What a connection is known for."""
        if connection not in self._sent:
            return Habit.NEW
        return Habit.LIGHT if self._bytes(connection) <= SMALL_BYTES else Habit.HEAVY

    def note(self, connection: str, size: int) -> None:
        """Keep in mind that a connection sent a request of ``size`` bytes."""
        # Small ones add nothing: thousands of them are no reason to wait behind large ones.
        more = size if size > SMALL_BYTES else 0
        self._sent[connection] = (self._bytes(connection) + more, self._clock())
        self._sent.move_to_end(connection)
        if len(self._sent) > MOST_CONNECTIONS:
            self._sent.popitem(last=False)

    def _bytes(self, connection: str) -> float:
        sent, since = self._sent.get(connection, (0.0, 0.0))
        return sent * 0.5 ** ((self._clock() - since) / FORGOTTEN_SECONDS) if sent else 0.0
