"""``segue.v1.StatusService``: asks every backend at the same time, and waits for none too long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

import grpc

import segue
from segue import deadlines
from segue.catalogues import DEFAULT_CATALOGUE
from segue.embedding.model import ModelCard
from segue.errors import (
    CollaborativeUnavailable,
    EmbedderUnavailable,
    IndexUnavailable,
    NoWorker,
    QueueUnavailable,
    SegueError,
)
from segue.index.port import IndexInfo
from segue.ingest_jobs import QueueState
from segue.jobs.port import JobStore
from segue.jobs.presence import HeardWorker
from segue.query.backends import Backends
from segue.query.guest_views import shown_status
from segue.query.learned import Learned
from segue.query.server_info import server_info
from segue.ranking.collaborative import check
from segue.service_status import LiveWorker, ServiceCondition, ServiceState, ServiceStatus
from segue.v1 import status_service_pb2 as messages
from segue.v1.status_service_pb2_grpc import (
    StatusServiceServicer,
    add_StatusServiceServicer_to_server,
)
from segue.wire.status import status_to_message

log = logging.getLogger(__name__)

SERVICE = "segue.v1.StatusService"

ANSWER_SECONDS = 2.0
"""A backend that does not answer within this time is down."""

_SHARE_OF_THE_REST = 0.75
"""Share of the caller's remaining time that the backends may take."""

T = TypeVar("T")


class StatusServicer(StatusServiceServicer):
    """Tells how all backends are, and answers while they do not.

    Parameters
    ----------
    learned
        The collaborative sides of all catalogues.
    records_listeners
        Whether ListenerService is served.
    """

    def __init__(
        self,
        backends: Backends,
        job_store: JobStore,
        learned: Mapping[str, Learned],
        *,
        records_listeners: bool = False,
    ) -> None:
        self._backends = backends
        self._job_store = job_store
        self._learned = learned
        self._source = learned[DEFAULT_CATALOGUE].source
        self._records_listeners = records_listeners

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_StatusServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]

    async def GetStatus(  # noqa: N802
        self, request: messages.GetStatusRequest, context: Any
    ) -> messages.GetStatusResponse:
        """Ask every backend."""
        del request, context
        rest = deadlines.remaining_seconds(ANSWER_SECONDS / _SHARE_OF_THE_REST)
        seconds = rest * _SHARE_OF_THE_REST
        index, card, queue, workers, source = await asyncio.gather(
            answer_within(seconds, self._index(), IndexUnavailable),
            answer_within(seconds, self._backends.embedder.card(), EmbedderUnavailable),
            answer_within(seconds, self._job_store.queue_state(), QueueUnavailable),
            answer_within(seconds, self._job_store.workers(), QueueUnavailable),
            answer_within(seconds, self._check_source(seconds), CollaborativeUnavailable),
        )
        sizes = index if isinstance(index, IndexInfo) else None
        state = queue if isinstance(queue, QueueState) else None
        model = card if isinstance(card, ModelCard) else self._backends.known_card
        opened = next(iter(self._backends.opened.values()), None)
        status = ServiceStatus(
            version=segue.__version__,
            conditions={
                "index": _condition(index),
                "inference": _condition(card),
                "queue": _condition(queue),
                "workers": _workers_condition(workers),
                "collaborative_source": ServiceCondition(ServiceState.NOT_CONFIGURED)
                if source is False
                else _condition(source),
            },
            space="" if opened is None else opened.space,
            tracks=None if sizes is None else sizes.tracks,
            passages=None if sizes is None else sizes.segments,
            unindexed=None if sizes is None else sizes.unindexed,
            model="" if model is None else model.name,
            model_version=0 if model is None else model.version,
            device="" if model is None else model.device,
            queued=None if state is None else state.depth,
            oldest_age_seconds=None if state is None else state.oldest_age_seconds,
            dead_letters=None if state is None else state.dead_letters,
            workers=_live_workers(workers),
        )
        return status_to_message(shown_status(status))

    async def GetServerInfo(  # noqa: N802
        self, request: messages.GetServerInfoRequest, context: Any
    ) -> messages.GetServerInfoResponse:
        """Tell what this service can do."""
        del context
        return server_info(
            self._backends,
            self._learned[self._backends.catalogue_of(request)],
            records_listeners=self._records_listeners,
        )

    async def _index(self) -> IndexInfo:
        """Sizes of all catalogues together."""
        infos = [
            await self._backends.index_in(catalogue).info()
            for catalogue in self._backends.catalogues
        ]
        return replace(
            infos[0],
            tracks=sum(info.tracks for info in infos),
            segments=sum(info.segments for info in infos),
            unindexed=sum(info.unindexed for info in infos),
        )

    async def _check_source(self, seconds: float) -> bool:
        """Whether there is a source that has anything to go by."""
        return self._source is not None and await check(self._source, timeout_seconds=seconds)


async def answer_within(
    seconds: float, call: Coroutine[Any, Any, T], late: type[SegueError]
) -> T | SegueError:
    """What a call gives or raises, or an error of the kind ``late`` once its time is over.

    A call that does not heed its end is left behind, not waited for.
    """
    task = asyncio.create_task(call)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
    if not task.done() or task.cancelled():
        return late(f"no answer within {seconds:.1f} s")
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, SegueError):
        return error
    log.error("a part failed unexpectedly when it was asked how it is", exc_info=error)
    return SegueError("an internal error occurred; the server's log has the details")


def _forget(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()  # asked for by nobody else


def _condition(answer: object) -> ServiceCondition:
    if isinstance(answer, SegueError):
        return ServiceCondition.of(ServiceState.DOWN, answer)
    return ServiceCondition(ServiceState.SERVING)


def _workers_condition(answer: Sequence[HeardWorker] | SegueError) -> ServiceCondition:
    if isinstance(answer, SegueError):
        # They are heard through the queue.
        return ServiceCondition.of(ServiceState.UNKNOWN, answer)
    return _condition(None if any(worker.alive for worker in answer) else _no_worker(answer))


def _live_workers(answer: Sequence[HeardWorker] | SegueError) -> list[LiveWorker]:
    if isinstance(answer, SegueError):
        return []
    return [
        LiveWorker(**asdict(worker.card), silence_seconds=worker.silence_seconds)
        for worker in answer
        if worker.alive
    ]


def _no_worker(heard: Sequence[HeardWorker]) -> NoWorker:
    if not heard:
        return NoWorker("no ingest worker is there")
    last = heard[0]
    return NoWorker(
        f"no ingest worker is there; the last one, on {last.card.host}, was heard "
        f"{last.silence_seconds:.0f} s ago"
    )
