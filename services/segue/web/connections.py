"""Connections of clients: how many there may be, and how slowly a client may send and take in.

uvicorn bounds neither: a client that sends one byte of a request now and then keeps its connection,
as does one that takes in an answer byte by byte.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from segue import telemetry
from segue.callers import machine_at
from segue.pace import Pace
from segue.settings import WebSettings
from segue.web.proxies import is_within

log = logging.getLogger(__name__)

HEAD_SECONDS = 15.0
"""From the first byte of a request, or from connecting, until its headers are there."""

LOOKS = 6
"""How often it is looked at how fast a client takes in, in each span in which it has to be fast
enough."""

SLOW_BYTES_PER_SECOND = 16 * 1024
"""Who takes in less lately gives way where all connections are taken: music that is played while
it comes takes as much at least."""


class Connections:
    """Counts connections by the machine they come from.

    One machine has at most half of them, unless it is a proxy, which brings many clients. When all
    are taken, a newcomer gets one of the machine that has most, if that has more than its own:
    the oldest over which no answer is on its way, or one that is hardly taken in. Whoever holds
    many open and says little with them keeps nobody out.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._most = settings.web_most_connections
        self._proxies = settings.proxy_networks
        self._held: dict[BoundedProtocol, str] = {}
        self._by_machine: Counter[str] = Counter()

    def take(self, one: BoundedProtocol, address: str) -> bool:
        """Whether one more may come from an address; it counts until it is given back."""
        machine = "" if is_within(address, self._proxies) else machine_at(address)
        mine = self._by_machine[machine]
        if machine and mine >= self._most // 2:
            return False
        if len(self._held) >= self._most and not self._made_room(mine + 1):
            return False
        self._held[one] = machine
        self._by_machine[machine] += 1
        telemetry.WEB_CONNECTIONS.inc()
        return True

    def give_back(self, one: BoundedProtocol) -> None:
        """Count one less, unless it does not count any more."""
        machine = self._held.pop(one, None)
        if machine is None:
            return
        self._by_machine[machine] -= 1
        if not self._by_machine[machine]:
            del self._by_machine[machine]
        telemetry.WEB_CONNECTIONS.dec()

    def _made_room(self, fewer: int) -> bool:
        """Whether one was closed of a machine that has more than so many."""
        for machine, count in self._by_machine.most_common():
            if count <= fewer:
                return False
            for one, whose in self._held.items():
                if machine and whose == machine and one.may_give_way:
                    self.give_back(one)
                    one.transport.abort()
                    return True
        return False


class CountingTransport:
    """A transport that knows how much of what was written its client has taken in."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._written = 0

    def write(self, data: bytes) -> None:
        """As the transport itself."""
        self._written += len(data)
        self._transport.write(data)

    @property
    def waiting(self) -> int:
        """Bytes that the system has not taken off yet, as the client takes in too little."""
        return self._transport.get_write_buffer_size()

    @property
    def taken(self) -> int:
        """Bytes that it has."""
        return self._written - self.waiting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol, within bounds; made by :func:`bounded_protocol`."""

    connections_of_page: ClassVar[Connections]
    idle_seconds: ClassVar[float]
    head_seconds: ClassVar[float]

    _head_timer: asyncio.TimerHandle | None = None
    _look_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, or close at once where there are too many."""
        self._counted = CountingTransport(transport)
        super().connection_made(self._counted)  # type: ignore[arg-type]  # it is one but by name
        self._pace = Pace(self.idle_seconds)
        self._seen = (0, 0)
        self._is_slow = False
        if self.connections_of_page.take(self, self.client[0] if self.client else ""):
            self._await_head()
            self._look_again()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; a request that has begun has to become whole."""
        super().data_received(data)
        if self._is_answering:
            self._stop_waiting()
        elif self._head_timer is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        if self._look_timer is not None:
            self._look_timer.cancel()
        self.connections_of_page.give_back(self)
        super().connection_lost(exc)

    @property
    def may_give_way(self) -> bool:
        """Whether its client keeps it: with a request, the rest of one, or what it takes in."""
        if self._counted.waiting:
            return self._is_slow
        return not self._is_answering or (self.cycle.more_body and not self.cycle.response_started)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self._is_answering:
            self.transport.abort()

    def _look_again(self) -> None:
        self._look_timer = self.loop.call_later(self.idle_seconds / LOOKS, self._look)

    def _look(self) -> None:
        """See how fast the client takes in what waits for it, also where that is all there is."""
        before, self._seen = self._seen, (self._counted.taken, self._counted.waiting)
        moved, seconds = self._counted.taken - before[0], self.idle_seconds / LOOKS
        if not (before[1] and self._counted.waiting):
            self._is_slow = False
            self._pace.begin()
        elif self._pace.holds(seconds, moved):
            self._is_slow = moved < SLOW_BYTES_PER_SECOND * seconds
        else:
            log.info("a client takes its answer in too slowly")
            self.transport.abort()
            return
        self._look_again()


def bounded_protocol(
    settings: WebSettings, head_seconds: float = HEAD_SECONDS
) -> type[BoundedProtocol]:
    """The class that uvicorn makes for each connection."""
    return type(
        "PageProtocol",
        (BoundedProtocol,),
        {
            "connections_of_page": Connections(settings),
            "idle_seconds": settings.web_idle_seconds,
            "head_seconds": head_seconds,
        },
    )
