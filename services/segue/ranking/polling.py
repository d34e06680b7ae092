"""Looks again and again whether another version of something published is to be served."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import suppress

from segue import telemetry

log = logging.getLogger(__name__)


class Polling(ABC):
    """The part of what is loaded from what is published that does not depend on what it is.

    Parameters
    ----------
    what, name
        Its name in metrics, and in the log.
    poll_seconds
        How often to look whether another version is to be served.
    catalogue
        Whose it is.
    """

    def __init__(self, what: str, name: str, *, poll_seconds: float, catalogue: str) -> None:
        self._what = what
        self._name = f"{name} of {catalogue}" if catalogue else name
        self._catalogue = catalogue
        self._poll_seconds = poll_seconds
        self._keeping: asyncio.Task[None] | None = None
        telemetry.LEARNED_LOADS.labels(what, "loaded", "")  # 0 is shown before the first one

    @abstractmethod
    async def look(self) -> None:
        """Load the version that is to be served, unless it is loaded already."""

    @abstractmethod
    def _show_defect(self) -> None:
        """Show in the metrics that a version cannot be loaded for a defect."""

    def start(self) -> None:
        """Load what is published, and look for others from then on."""
        self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Look no more."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping

    async def _keep(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                # A defect in one version must not keep those after it from being served.
                log.exception("%s could not be loaded", self._name)
                telemetry.LEARNED_LOADS.labels(self._what, "failed", "INTERNAL").inc()
                self._show_defect()
            await asyncio.sleep(self._poll_seconds)
