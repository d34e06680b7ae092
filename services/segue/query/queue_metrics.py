"""The queue's metrics as the query service shows them: also while no worker lives to do so."""

from __future__ import annotations

import asyncio
import logging
import math

from segue import telemetry
from segue.errors import QueueUnavailable
from segue.jobs.port import JobStore

log = logging.getLogger(__name__)

REFRESH_SECONDS = 5.0

_UNKNOWN = math.nan
"""Not 0: an alert would take that for an empty queue, or for a stack without a worker."""


class QueueMetrics:
    """Keeps the queue's gauges and the number of live workers true; NaN while Redis is away."""

    def __init__(self, job_store: JobStore) -> None:
        self._job_store = job_store
        self._show(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)

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
        except QueueUnavailable:
            self._show(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)
            return
        self._show(state.depth, state.oldest_age_seconds, state.dead_letters, alive)

    @staticmethod
    def _show(depth: float, age_seconds: float, dead_letters: float, alive: float) -> None:
        telemetry.QUEUE_DEPTH.set(depth)
        telemetry.QUEUE_AGE_SECONDS.set(age_seconds)
        telemetry.DEAD_LETTERS.set(dead_letters)
        telemetry.WORKERS_ALIVE.set(alive)
