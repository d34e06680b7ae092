"""The query service as the page calls it: for the caller that the page has in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import grpc

from segue.callers import ACTING_FOR, LISTENING
from segue.errors import SegueError, Unavailable
from segue.owner_token import token_metadata
from segue.texts import shown
from segue.turns import FairSlots, current_line
from segue.v1 import (
    catalog_service_pb2_grpc,
    listener_service_pb2_grpc,
    map_service_pb2_grpc,
    playlist_service_pb2_grpc,
    similarity_service_pb2_grpc,
    status_service_pb2_grpc,
)
from segue.web.callers import OWNERS_LINE, WebCaller
from segue.wire.errors import refusal_from_call

TIMEOUT_SECONDS = 30.0
MAXIMUM_MESSAGE_BYTES = 64 * 1024 * 1024

LENT_AT_ONCE = 4
"""Calls in the owner's name for somebody else, such as a player of a listener, at the same time.
The query service takes them for the owner's, so it holds none of them back: without a bound of
their own a single account keeps the owner waiting."""

STUBS: dict[str, Any] = {
    "SimilarityService": similarity_service_pb2_grpc.SimilarityServiceStub,
    "PlaylistService": playlist_service_pb2_grpc.PlaylistServiceStub,
    "CatalogService": catalog_service_pb2_grpc.CatalogServiceStub,
    "ListenerService": listener_service_pb2_grpc.ListenerServiceStub,
    "MapService": map_service_pb2_grpc.MapServiceStub,
    "StatusService": status_service_pb2_grpc.StatusServiceStub,
}


class CallRefused(SegueError):
    """What the query service refused, as it said it.

    Attributes
    ----------
    code
        Status code of gRPC.
    """

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode,
        reason: str,
        next_step: str,
        retry_after_seconds: float = 0.0,
    ) -> None:
        super().__init__(shown(message), reason=reason, next_step=shown(next_step))
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class QueryUnavailable(Unavailable):
    """The query service does not answer."""

    reason = "QUERY_UNAVAILABLE"
    next_step = "Wait a moment: the service may be starting. See: segue status"


class Backend:
    """Calls of the query service; made and closed inside a running event loop.

    Parameters
    ----------
    owner_token
        Shown for callers who have shown it themselves, and for what the page does in its own name.
    """

    def __init__(self, address: str, owner_token: str) -> None:
        self._owner = token_metadata(owner_token)
        self._channel = grpc.aio.insecure_channel(
            address,
            options=[
                ("grpc.max_send_message_length", MAXIMUM_MESSAGE_BYTES),
                ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
                ("grpc.initial_reconnect_backoff_ms", 200),
                ("grpc.max_reconnect_backoff_ms", 1_000),
            ],
        )
        self._lent = FairSlots(LENT_AT_ONCE)
        self._stubs: dict[str, Any] = {}
        for name, stub in STUBS.items():
            self._stubs[name] = stub(self._channel)

    async def call(
        self,
        service: str,
        method: str,
        request: Any,
        caller: WebCaller,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Any:
        """The answer of a call that is no stream.

        In the owner's name for somebody else, it waits until that one's turn comes.

        Raises
        ------
        CallRefused
            What the query service refuses.
        QueryUnavailable
            When it does not answer.
        """
        ask = getattr(self._stubs[service], method)
        try:
            async with self._place(caller):
                return await ask(request, timeout=timeout_seconds, metadata=self._metadata(caller))
        except grpc.aio.AioRpcError as exc:
            raise translated(exc) from exc

    async def stream(
        self, service: str, method: str, request: Any, caller: WebCaller
    ) -> AsyncGenerator[Any, None]:
        """The answers of a call that streams them. Raises as :meth:`call`."""
        answers = getattr(self._stubs[service], method)(request, metadata=self._metadata(caller))
        try:
            async for answer in answers:
                yield answer
        except grpc.aio.AioRpcError as exc:
            raise translated(exc) from exc
        finally:
            answers.cancel()

    async def send(
        self, service: str, method: str, requests: AsyncIterator[Any], caller: WebCaller
    ) -> Any:
        """The answer of a call that takes a stream, each of which is sent when there is room.

        Raises as :meth:`call`, and what ``requests`` raises: the call is given up then.
        """
        sent = getattr(self._stubs[service], method)(metadata=self._metadata(caller))
        try:
            async for request in requests:
                try:
                    await sent.write(request)
                except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                    break  # it is answered already: the answer says why
            else:
                await sent.done_writing()
            return await sent
        except grpc.aio.AioRpcError as exc:
            raise translated(exc) from exc
        finally:
            sent.cancel()

    def stub(self, service: str) -> Any:
        """The stub of a service, for calls of another shape."""
        return self._stubs[service]

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close()

    def _place(self, caller: WebCaller) -> AbstractAsyncContextManager[None]:
        lent = caller.is_owner and caller.proven and current_line()[0] != OWNERS_LINE
        return self._lent.place() if lent else nullcontext()

    def _metadata(self, caller: WebCaller) -> tuple[tuple[str, str], ...]:
        as_listener = ((LISTENING, caller.listener),) if caller.listener else ()
        if caller.is_owner and caller.proven:
            return (*self._owner, *as_listener)
        # Guests have their shares of the query service by machine, as if they called it themselves.
        if caller.machine or as_listener:
            return (*self._owner, (ACTING_FOR, caller.machine), *as_listener)
        return ()


def translated(exc: grpc.aio.AioRpcError) -> SegueError:
    """The error that a failed call stands for."""
    code, refusal = exc.code(), refusal_from_call(exc)
    if refusal is not None:
        return CallRefused(
            exc.details() or "",
            code=code,
            reason=refusal.reason,
            next_step=refusal.next_step,
            retry_after_seconds=refusal.retry_after_seconds,
        )
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return QueryUnavailable("the query service does not answer")
    return CallRefused(
        exc.details() or "",
        code=code,
        reason=code.name,
        next_step="Try again; see the log of the query service.",
    )
