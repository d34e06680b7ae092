"""What is taken down of plays, skips and likes: bounded for each account.

Everything is kept for good and learned from, so one account that records without end would fill
the disk, and what others hear of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from starlette.requests import HTTPConnection

from segue.errors import Overloaded, SegueError
from segue.limits import MOST_INTERACTIONS
from segue.v1 import listener_service_pb2 as messages
from segue.web.allowance import Allowance
from segue.web.backend import Backend
from segue.web.callers import WebCaller

AT_ONCE = 10_000
"""Of one account: what a player brings that was away for months."""

SECONDS_EACH = 1.0
"""Nobody plays or skips as many for long."""


class TooManyPlays(Overloaded):
    """An account records more than anybody can have heard."""

    reason = "TOO_MANY_PLAYS"
    next_step = "Send the rest later; Retry-After says when. See: docs/listeners.md"


class Plays:
    """Records what callers played, skipped and liked.

    The owner is not bounded.
    """

    def __init__(self, backend: Backend, clock: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._allowance = Allowance(AT_ONCE, SECONDS_EACH, clock)

    async def record(self, request: messages.RecordInteractionsRequest, caller: WebCaller) -> Any:
        """Record what one request says, and give the answer.

        Raises
        ------
        TooManyPlays
            When the account has recorded too many lately.
        CallRefused, QueryUnavailable
            As :meth:`Backend.call`.
        """
        with self._spent(len(request.interactions), caller):
            return await self._send(request, caller)

    async def record_all(
        self, interactions: Sequence[messages.Interaction], caller: WebCaller
    ) -> None:
        """Record several requests full. Raises as :meth:`record`: too many, before the first."""
        with self._spent(len(interactions), caller):
            for first in range(0, len(interactions), MOST_INTERACTIONS):
                some = interactions[first : first + MOST_INTERACTIONS]
                await self._send(messages.RecordInteractionsRequest(interactions=some), caller)

    async def _send(self, request: messages.RecordInteractionsRequest, caller: WebCaller) -> Any:
        # Listeners are told apart here: what they say of themselves goes on in the owner's name.
        return await self._backend.call(
            "ListenerService", "RecordInteractions", request, caller.as_reader
        )

    @contextmanager
    def _spent(self, count: int, caller: WebCaller) -> Iterator[None]:
        if caller.is_owner and caller.proven:
            yield
            return
        whose = caller.account_id or caller.machine
        wait = self._allowance.wait_seconds(whose, count)
        if wait > 0:
            raise TooManyPlays(
                f"{count} more are too many from you now: {AT_ONCE} at once, then "
                f"{60 / SECONDS_EACH:.0f} a minute",
                retry_after_seconds=wait,
            )
        self._allowance.spend(whose, count)
        try:
            yield
        except SegueError:
            # A player sends the same again once the query service is back.
            self._allowance.give_back(whose, count)
            raise


def plays_of(request: HTTPConnection) -> Plays:
    """Where an application records plays."""
    plays: Plays = request.app.state.plays
    return plays
