"""Progress of a job as server-sent events (HTML Living Standard, 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from segue.errors import SegueError, Unavailable
from segue.v1 import catalog_service_pb2 as messages
from segue.web.api.calls import backend_of
from segue.web.api.json_writing import as_json
from segue.web.api.requests import CATALOGUE, catalogue_of, check_query, path_text, require
from segue.web.backend import CallRefused
from segue.web.callers import Role, caller_of
from segue.web.media.answers import StreamedResponse
from segue.web.problems import http_status, problem_object

SILENCE_SECONDS = 15.0
"""After which something is sent that says nothing: proxies close what is silent for long."""

RETRY_SECONDS = 2.0
"""Between attempts to take a watch up again, and what a browser is told to wait."""

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    # nginx would hold the events back.
    "X-Accel-Buffering": "no",
}

_ENDED = b"event: end\ndata: {}\n\n"


async def job_events(request: Request) -> Response:
    """Follow a job until it is done.

    Each event is a ``WatchIngestResponse``: first all tracks, then every change. While the query
    service is away, events named ``problem`` say so, and the watch is taken up again after; an
    event named ``end`` is the last one.
    """
    require(request, Role.OWNER)
    check_query(request, (CATALOGUE,))
    job_id = path_text(request, "job_id")
    watch = _watch(request, job_id)
    first = await anext(watch)  # what fails at once is no stream

    async def events() -> AsyncGenerator[bytes, None]:
        yield f"retry: {1000 * RETRY_SECONDS:.0f}\n\n".encode()
        waiting: AsyncGenerator[Any, None] = watch
        told: Any = first
        while True:
            async with aclosing(_written(told, waiting)) as written:
                async for event in written:
                    yield event
                    if event == _ENDED:
                        return
            await asyncio.sleep(RETRY_SECONDS)
            told, waiting = None, _watch(request, job_id)

    return StreamedResponse(events(), 200, _HEADERS)


async def _written(first: Any, watch: AsyncGenerator[Any, None]) -> AsyncGenerator[bytes, None]:
    """One watch as events, up to where it ends or breaks."""
    if first is not None:
        yield _event(first)
    async with aclosing(watch):
        while True:
            coming = asyncio.ensure_future(anext(watch, None))
            try:
                while not (await asyncio.wait({coming}, timeout=SILENCE_SECONDS))[0]:
                    yield b": still here\n\n"
                told = coming.result()
            except SegueError as exc:
                yield _problem(exc)
                if not _may_pass(exc):
                    yield _ENDED
                return
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
            if told is None:
                yield _ENDED
                return
            yield _event(told)


async def _watch(request: Request, job_id: str) -> AsyncGenerator[Any, None]:
    asked = messages.WatchIngestRequest(job_id=job_id, catalogue=catalogue_of(request))
    backend = backend_of(request)
    async with aclosing(
        backend.stream("CatalogService", "WatchIngest", asked, caller_of(request))
    ) as told:
        async for change in told:
            yield change


def _event(change: Any) -> bytes:
    return f"data: {json.dumps(as_json(change), ensure_ascii=False)}\n\n".encode()


def _problem(exc: SegueError) -> bytes:
    return f"event: problem\ndata: {json.dumps(problem_object(exc))}\n\n".encode()


def _may_pass(exc: SegueError) -> bool:
    """Whether a watch that broke can be taken up again."""
    if isinstance(exc, CallRefused):
        return http_status(exc) in (429, 503, 504)
    return isinstance(exc, Unavailable)
