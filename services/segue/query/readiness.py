"""Health: opens the index once the model is known, then keeps asking both whether they answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from grpc_health.v1 import health, health_pb2

from segue import telemetry
from segue.embedding.model import ModelCard
from segue.errors import SegueError
from segue.index.port import TrackIndex
from segue.query import catalog, similarity, status
from segue.query.parts import LiveParts

log = logging.getLogger(__name__)

INDEX = "segue.index"
EMBEDDER = "segue.embedder"
"""Names under which the health service tells of the parts behind, besides its services."""

CHECK_SECONDS = 2.0
START_CHECK_SECONDS = 0.2

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Readiness:
    """Keeps the health service true.

    The services are NOT_SERVING until the model has answered and the index is open. Afterwards the
    index decides: without the model, searches by track or vector still answer, and searches by
    clip say EMBEDDER_UNAVAILABLE. ``segue.index`` and ``segue.embedder`` tell each part's state
    of now.
    """

    def __init__(
        self,
        parts: LiveParts,
        open_index: Callable[[ModelCard], Awaitable[TrackIndex]],
    ) -> None:
        self.servicer = health.aio.HealthServicer()
        self._parts = parts
        self._open_index = open_index
        self._checking = asyncio.Lock()
        self._shown: dict[str, bool] = {}
        self._complaint = ""

    async def start(self) -> None:
        """Show everything as NOT_SERVING."""
        await self._show(INDEX, serving=False)
        await self._show(EMBEDDER, serving=False)
        await self._show_services(serving=False)
        # It says how the others are, so it answers while they do not.
        await self._show(status.SERVICE, serving=True)

    async def keep(self) -> None:
        """Check again and again, until cancelled."""
        while True:
            try:
                await self.check()
            except Exception:
                log.exception("the health check failed unexpectedly")
                await self._show_services(serving=False)
            ready = self._parts.opened is not None
            await asyncio.sleep(CHECK_SECONDS if ready else START_CHECK_SECONDS)

    async def check(self) -> None:
        """Ask model and index once, and show the outcome; one check at a time."""
        async with self._checking:
            card = await self._model_answers()
            index = await self._index_answers(card)
            await self._show(EMBEDDER, serving=card is not None)
            await self._show(INDEX, serving=index)
            await self._show_services(serving=index)

    async def stop(self) -> None:
        """Show NOT_SERVING for good: the process is about to end."""
        await self.servicer.enter_graceful_shutdown()

    async def _model_answers(self) -> ModelCard | None:
        try:
            card = await self._parts.embedder.card()
        except SegueError as error:
            self._complain(f"the model does not answer: {error}")
            return None
        self._parts.model_known(card)
        return card

    async def _index_answers(self, card: ModelCard | None) -> bool:
        index = self._parts.opened
        try:
            if index is None:
                if card is None:
                    return False
                index = await self._open_index(card)
                self._parts.index_opened(index)
                log.info("serving %s", index.space)
            info = await index.info()
        except SegueError as error:
            self._complain(f"the index does not answer: {error}")
            return False
        telemetry.INDEX_TRACKS.labels(info.space).set(info.tracks)
        telemetry.INDEX_SEGMENTS.labels(info.space).set(info.segments)
        telemetry.INDEX_UNINDEXED.labels(info.space).set(info.unindexed)
        return True

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            log.warning("%s", complaint)
            self._complaint = complaint

    async def _show_services(self, *, serving: bool) -> None:
        for name in ("", similarity.SERVICE, catalog.SERVICE):
            await self._show(name, serving=serving)

    async def _show(self, name: str, *, serving: bool) -> None:
        if self._shown.get(name) is serving:
            return
        self._shown[name] = serving
        await self.servicer.set(name, _SERVING if serving else _NOT_SERVING)
