"""The queue as the query service sees it, in metrics and health: also while no worker lives."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from segue import telemetry
from segue.errors import QueueUnavailable
from segue.jobs.port import JobStore

log = logging.getLogger(__name__)

REFRESH_SECONDS = 2.0

_UNKNOWN = math.nan
"""Not 0: an alert would take that for an empty queue, or for a stack without a worker."""


async def _unheard(_: bool) -> None:
    pass


class QueueMetrics:
    """Keeps the queue's gauges and the number of live workers true; NaN while it is away.

    Parameters
    ----------
    tell
        Told again and again whether the queue answers.
    """

    def __init__(
        self, job_store: JobStore, tell: Callable[[bool], Awaitable[None]] = _unheard
    ) -> None:
        self._job_store = job_store
        self._tell = tell
        self._answers: bool | None = None
        self._show_unknown()

    async def keep(self) -> None:
        """Refresh them again and again, until cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception:
                log.exception("the queue's metrics could not be refreshed")
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Ask the queue once."""
        try:
            state = await self._job_store.queue_state()
            alive = sum(worker.alive for worker in await self._job_store.workers())
        except QueueUnavailable as error:
            self._show_unknown()
            if self._answers is not False:
                log.warning("the queue does not answer: tracks cannot be ingested (%s)", error)
            self._answers = False
        else:
            telemetry.QUEUE.show(
                up=1,
                depth=state.depth,
                age_seconds=state.oldest_age_seconds,
                dead_letters=state.dead_letters,
                alive=alive,
            )
            if self._answers is False:
                log.info("the queue answers again")
            self._answers = True
        await self._tell(self._answers)

    @staticmethod
    def _show_unknown() -> None:
        telemetry.QUEUE.show(
            up=0,
            depth=_UNKNOWN,
            age_seconds=_UNKNOWN,
            dead_letters=_UNKNOWN,
            alive=_UNKNOWN,
        )
