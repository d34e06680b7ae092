"""Health: waits for the model, opens its index, then keeps asking both whether they answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from grpc_health.v1 import health, health_pb2

from segue import telemetry
from segue.embedding.model import ModelCard
from segue.errors import SegueError
from segue.index.port import TrackIndex
from segue.query import status
from segue.query.backends import Backends
from segue.settings import InvalidSetting

log = logging.getLogger(__name__)

INDEX = "segue.index"
EMBEDDER = "segue.embedder"
QUEUE = "segue.queue"
"""Names under which the health service tells of index, model and queue, besides its services."""

CHECK_SECONDS = 2.0
START_CHECK_SECONDS = 0.2

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Readiness:
    """Keeps the health service true.

    The server listens once :meth:`wait` has returned. From then on the index decides whether the
    services are SERVING: without the model, searches by track or vector still answer, and searches
    by clip say EMBEDDER_UNAVAILABLE. ``segue.index``, ``segue.embedder`` and ``segue.queue`` tell
    each part's state of now. What is waited for or went away is logged once, and so is its return.

    Parameters
    ----------
    services
        Names of the served services that want the index.
    """

    def __init__(
        self,
        backends: Backends,
        open_index: Callable[[ModelCard, str], Awaitable[TrackIndex]],
        services: Iterable[str],
    ) -> None:
        self.servicer = health.aio.HealthServicer()
        self._backends = backends
        self._open_index = open_index
        self._services = ("", *services)
        self._checking = asyncio.Lock()
        self._shown: dict[str, bool] = {}
        self._waiting = True
        self._complaint = ""

    async def wait(self, patience_seconds: float) -> bool:
        """Wait until the model has answered and the index is open: all is shown SERVING then.

        Returns
        -------
        bool
            False when time ran out before; then only the status service is shown SERVING, which
            says how the others are.

        Raises
        ------
        InvalidSetting
            When the settings name no index that can be opened.
        """
        deadline = time.monotonic() + patience_seconds
        while True:
            ready = await self._checked()
            if ready or time.monotonic() >= deadline:
                break
            await asyncio.sleep(START_CHECK_SECONDS)
        self._waiting = False
        await self._show(status.SERVICE, serving=True)
        if QUEUE not in self._shown:
            # Who asks before the queue was asked would hear that there is no such name.
            await self._show(QUEUE, serving=False)
        return ready

    async def keep(self) -> None:
        """Check again and again, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self._checked()
            except InvalidSetting as error:
                self._tell(str(error))

    async def check(self) -> bool:
        """Ask model and index once, and show the outcome.

        Returns
        -------
        bool
            Whether the index answers.

        Raises
        ------
        InvalidSetting
            As :meth:`wait`.
        """
        async with self._checking:
            complaints: list[str] = []
            card: ModelCard | None = None
            index = False
            try:
                card = await self._ask_model()
            except SegueError as error:
                complaints.append(f"the model does not answer: {error}")
            if card is not None or self._backends.all_opened:
                try:
                    await self._ask_indexes(card)
                    index = True
                except InvalidSetting:
                    raise
                except SegueError as error:
                    complaints.append(f"the index does not answer: {error}")
            self._tell("; ".join(complaints))
            await self._show(EMBEDDER, serving=card is not None)
            await self._show(INDEX, serving=index)
            await self._show_services(serving=index)
            return index

    async def show_queue(self, answers: bool) -> None:
        """Show whether the queue answers: without it searches go on, and ingest does not."""
        await self._show(QUEUE, serving=answers)

    async def stop(self) -> None:
        """Show NOT_SERVING for good: the process is about to end."""
        await self.servicer.enter_graceful_shutdown()

    async def _checked(self) -> bool:
        try:
            return await self.check()
        except InvalidSetting:
            raise
        except Exception as error:
            if self._news(f"{type(error).__name__}: {error}"):
                log.exception("the health check failed unexpectedly")
            await self._show_services(serving=False)
            return False

    async def _ask_model(self) -> ModelCard:
        card = await self._backends.embedder.card()
        self._backends.model_known(card)
        return card

    async def _ask_indexes(self, card: ModelCard | None) -> None:
        for catalogue in self._backends.catalogues:
            index = self._backends.opened.get(catalogue)
            if index is None and card is not None:
                index = await self._opened(card, catalogue)
                self._backends.index_opened(index)
                log.info("serving %s%s", index.space, f" of {catalogue}" if catalogue else "")
            info = await self._backends.index_in(catalogue).info()
            telemetry.INDEX_TRACKS.labels(info.space, catalogue).set(info.tracks)
            telemetry.INDEX_SEGMENTS.labels(info.space, catalogue).set(info.segments)
            telemetry.INDEX_UNINDEXED.labels(info.space, catalogue).set(info.unindexed)

    async def _opened(self, card: ModelCard, catalogue: str) -> TrackIndex:
        index = await self._open_index(card, catalogue)
        try:
            corrected = await index.catch_up()
        except BaseException:
            await index.close()
            raise
        if corrected:
            log.info("%d tracks were corrected in other spaces meanwhile", corrected)
        return index

    def _tell(self, complaint: str) -> None:
        if not self._news(complaint):
            return
        if not complaint:
            log.info("model and index answer")
        elif self._waiting:
            log.info("not listening yet: %s", complaint)
        else:
            log.warning("%s", complaint)

    def _news(self, complaint: str) -> bool:
        news, self._complaint = complaint != self._complaint, complaint
        return news

    async def _show_services(self, *, serving: bool) -> None:
        for name in self._services:
            await self._show(name, serving=serving)

    async def _show(self, name: str, *, serving: bool) -> None:
        if self._shown.get(name) is serving:
            return
        self._shown[name] = serving
        await self.servicer.set(name, _SERVING if serving else _NOT_SERVING)
