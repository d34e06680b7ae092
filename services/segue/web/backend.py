"""The query service as the page calls it: for the caller that the page has in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from segue.callers import ACTING_FOR, COUNTED_FOR, LISTENING
from segue.errors import Overloaded, SegueError, Unavailable
from segue.owner_token import token_metadata
from segue.texts import shown
from segue.turns import FairSlots
from segue.v1 import (
    catalog_service_pb2_grpc,
    listener_service_pb2_grpc,
    map_service_pb2_grpc,
    playlist_service_pb2_grpc,
    similarity_service_pb2_grpc,
    status_service_pb2_grpc,
)
from segue.web.callers import WebCaller
from segue.wire.errors import refusal_from_call

TIMEOUT_SECONDS = 30.0
MAXIMUM_MESSAGE_BYTES = 64 * 1024 * 1024

OF_OTHERS_AT_ONCE = 64
"""Calls for others than the owner at the same time. A connection of HTTP/2 carries 128 and lets
further ones wait in the order in which they came; here they wait in turn."""

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
        # The owner has a connection that no crowd of others fills.
        self._of_owner, self._of_others = _Connection(address), _Connection(address)
        self._turns = FairSlots(OF_OTHERS_AT_ONCE)

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

        Parameters
        ----------
        timeout_seconds
            Most time that waiting for a turn may take, and then the call; only others than the
            owner wait.

        Raises
        ------
        CallRefused
            What the query service refuses.
        QueryUnavailable
            When it does not answer.
        Overloaded
            ``TOO_MANY_CALLS``, when there was no turn in time.
        """
        ask = self._method(service, method, caller)
        try:
            async with self._turn(caller, timeout_seconds):
                return await ask(request, timeout=timeout_seconds, metadata=self._metadata(caller))
        except grpc.aio.AioRpcError as exc:
            raise translated(exc) from exc

    async def stream(
        self, service: str, method: str, request: Any, caller: WebCaller
    ) -> AsyncGenerator[Any, None]:
        """The answers of a call that streams them. Raises as :meth:`call`."""
        answers = self._method(service, method, caller)(request, metadata=self._metadata(caller))
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
        sent = self._method(service, method, caller)(metadata=self._metadata(caller))
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

    async def close(self) -> None:
        """Close the connections."""
        await self._of_owner.close()
        await self._of_others.close()

    def _method(self, service: str, method: str, caller: WebCaller) -> Any:
        connection = self._of_owner if _is_owner(caller) else self._of_others
        return getattr(connection.stubs[service], method)

    @asynccontextmanager
    async def _turn(self, caller: WebCaller, timeout_seconds: float) -> AsyncIterator[None]:
        if _is_owner(caller):
            yield
            return
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise Overloaded(
                "too many calls wait for the query service",
                reason="TOO_MANY_CALLS",
                retry_after_seconds=1.0,
            ) from None
        try:
            yield
        finally:
            self._turns.release()

    def _metadata(self, caller: WebCaller) -> tuple[tuple[str, str], ...]:
        as_listener = ((LISTENING, caller.listener),) if caller.listener else ()
        if _is_owner(caller):
            return (*self._owner, *as_listener)
        if caller.in_owners_name:
            return (*self._owner, (COUNTED_FOR, caller.account_id), *as_listener)
        # Guests have their shares of the query service by machine, as if they called it themselves.
        if caller.machine or as_listener:
            return (*self._owner, (ACTING_FOR, caller.machine), *as_listener)
        return ()


class _Connection:
    """A connection of its own: gRPC lets channels of one address share theirs by itself."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(
            address,
            options=[
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.max_send_message_length", MAXIMUM_MESSAGE_BYTES),
                ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
                ("grpc.initial_reconnect_backoff_ms", 200),
                ("grpc.max_reconnect_backoff_ms", 1_000),
            ],
        )
        self.stubs = {name: stub(self._channel) for name, stub in STUBS.items()}

    async def close(self) -> None:
        await self._channel.close()


def _is_owner(caller: WebCaller) -> bool:
    """Whether a caller is known as the owner, and not for the owner because of an open stack."""
    return caller.is_owner and caller.proven


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
