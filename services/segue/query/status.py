"""``segue.v1.StatusService``: asks every part at the same time, and waits for none too long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import grpc

import segue
from segue import deadlines
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
from segue.jobs.port import JobDesk, QueueState
from segue.jobs.presence import HeardWorker
from segue.query.parts import LiveParts
from segue.ranking.collaborative import CollaborativeSource, check
from segue.v1 import status_service_pb2 as messages
from segue.v1.status_service_pb2_grpc import (
    StatusServiceServicer,
    add_StatusServiceServicer_to_server,
)

log = logging.getLogger(__name__)

SERVICE = "segue.v1.StatusService"

PART_SECONDS = 2.0
"""A part that does not answer within this time is down."""

_SHARE_OF_THE_REST = 0.75
"""Share of the caller's remaining time that the parts may take."""

T = TypeVar("T")


class StatusServicer(StatusServiceServicer):
    """Tells how the parts behind the query service are, and answers while they do not."""

    def __init__(self, parts: LiveParts, desk: JobDesk, source: CollaborativeSource | None) -> None:
        self._parts = parts
        self._desk = desk
        self._source = source

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_StatusServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]

    async def GetStatus(  # noqa: N802
        self, request: messages.GetStatusRequest, context: Any
    ) -> messages.GetStatusResponse:
        """Ask every part."""
        del request, context
        rest = deadlines.remaining_seconds(PART_SECONDS / _SHARE_OF_THE_REST)
        seconds = rest * _SHARE_OF_THE_REST
        index, card, queue, workers, source = await asyncio.gather(
            answer_within(seconds, self._index(), IndexUnavailable),
            answer_within(seconds, self._parts.embedder.card(), EmbedderUnavailable),
            answer_within(seconds, self._desk.queue_state(), QueueUnavailable),
            answer_within(seconds, self._desk.workers(), QueueUnavailable),
            answer_within(seconds, self._check_source(seconds), CollaborativeUnavailable),
        )
        answer = messages.GetStatusResponse(
            version=segue.__version__,
            index=_index(index, self._parts),
            inference=_inference(card, self._parts.known_card),
            queue=_queue(queue),
            workers=_workers(workers),
            collaborative_source=messages.CollaborativeSourceStatus(
                part=_part(source)
                if self._source is not None
                else messages.PartStatus(state=messages.PART_STATE_NOT_CONFIGURED)
            ),
        )
        parts = (
            answer.index.part,
            answer.inference.part,
            answer.queue.part,
            answer.workers.part,
            answer.collaborative_source.part,
        )
        well = (messages.PART_STATE_SERVING, messages.PART_STATE_NOT_CONFIGURED)
        answer.healthy = all(part.state in well for part in parts)
        return answer

    async def _index(self) -> IndexInfo:
        return await self._parts.index.info()

    async def _check_source(self, seconds: float) -> None:
        if self._source is not None:
            await check(self._source, timeout_seconds=seconds)


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


def _part(answer: object) -> messages.PartStatus:
    if isinstance(answer, SegueError):
        return _not_well(messages.PART_STATE_DOWN, answer)
    return messages.PartStatus(state=messages.PART_STATE_SERVING)


def _not_well(state: messages.PartState, error: SegueError) -> messages.PartStatus:
    return messages.PartStatus(
        state=state, reason=error.reason, message=str(error), next_step=error.next_step
    )


def _index(answer: IndexInfo | SegueError, parts: LiveParts) -> messages.IndexStatus:
    status = messages.IndexStatus(part=_part(answer))
    if parts.opened is not None:
        status.embedding_space = parts.opened.space
    if isinstance(answer, IndexInfo):
        status.tracks = answer.tracks
        status.passages = answer.segments
        status.unindexed = answer.unindexed
    return status


def _inference(answer: ModelCard | SegueError, known: ModelCard | None) -> messages.InferenceStatus:
    status = messages.InferenceStatus(part=_part(answer))
    card = answer if isinstance(answer, ModelCard) else known
    if card is not None:
        status.model = card.name
        status.model_version = card.version
        status.device = card.device
    return status


def _queue(answer: QueueState | SegueError) -> messages.QueueStatus:
    status = messages.QueueStatus(part=_part(answer))
    if isinstance(answer, QueueState):
        status.depth = answer.depth
        status.oldest_age.FromTimedelta(timedelta(seconds=answer.oldest_age_seconds))
        status.dead_letters = answer.dead_letters
    return status


def _workers(answer: Sequence[HeardWorker] | SegueError) -> messages.WorkersStatus:
    if isinstance(answer, SegueError):
        # They are heard through the queue.
        return messages.WorkersStatus(part=_not_well(messages.PART_STATE_UNKNOWN, answer))
    alive = [worker for worker in answer if worker.alive]
    if not alive:
        return messages.WorkersStatus(part=_part(_no_worker(answer)))
    status = messages.WorkersStatus(part=messages.PartStatus(state=messages.PART_STATE_SERVING))
    for worker in alive:
        card = worker.card
        told = status.alive.add(
            host=card.host, pid=card.pid, concurrency=card.concurrency, version=card.version
        )
        told.silence.FromTimedelta(timedelta(seconds=worker.silence_seconds))
    return status


def _no_worker(heard: Sequence[HeardWorker]) -> NoWorker:
    if not heard:
        return NoWorker("no ingest worker is there")
    last = heard[0]
    return NoWorker(
        f"no ingest worker is there; the last one, on {last.card.host}, was heard "
        f"{last.silence_seconds:.0f} s ago"
    )
