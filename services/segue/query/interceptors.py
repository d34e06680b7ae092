"""The one place that knows gRPC status codes: deadlines in, errors and metrics out."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import grpc
from google.rpc import status_pb2

from segue import deadlines, telemetry
from segue.errors import DeadlineExceeded, SegueError
from segue.query.guest_views import shown_message
from segue.wire.errors import error_to_message, status_code, trailing_metadata

log = logging.getLogger(__name__)

_INFRASTRUCTURE = ("/grpc.health.", "/grpc.reflection.")

Unary: TypeAlias = Callable[[Any, Any], Awaitable[Any]]
Stream: TypeAlias = Callable[[Any, Any], AsyncIterator[Any]]


class Boundary(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types
    """Around every RPC: translates errors, and observes the metrics of Segue's own.

    It is the outermost: what others refuse is translated too.
    """

    def __init__(self) -> None:
        self._wrapped: dict[str, grpc.RpcMethodHandler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is not None:
            return wrapped
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        observed = not method.startswith(_INFRASTRUCTURE)
        call = _Call(method.rpartition("/")[2], observed=observed)
        self._wrapped[method] = around(handler, call.unary, call.stream)
        return self._wrapped[method]


class Deadlines(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Around every RPC of Segue: sets the deadline by which everybody further in goes.

    A call with one request and one response that has no deadline gets ``default_timeout_seconds``
    from when its request is there; a stream may last.
    """

    def __init__(self, default_timeout_seconds: float) -> None:
        self._default_timeout_seconds = default_timeout_seconds

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        method = handler_call_details.method
        handler = await continuation(handler_call_details)
        if handler is None or method.startswith(_INFRASTRUCTURE):
            return handler
        name = method.rpartition("/")[2]
        if handler.unary_unary is not None:
            return around(handler, lambda inner: self._unary(name, inner), self._stream)
        return around(handler, self._lasting, self._stream)

    def _unary(self, name: str, inner: Unary) -> Unary:
        async def answer(request: Any, context: Any) -> Any:
            given = context.time_remaining()
            if given is not None:
                # gRPC itself cancels a call whose deadline has passed.
                deadlines.set_remaining_seconds(given)
                return await inner(request, context)
            seconds = self._default_timeout_seconds
            deadlines.set_remaining_seconds(seconds)
            try:
                async with asyncio.timeout(seconds):
                    return await inner(request, context)
            except TimeoutError as exc:
                raise DeadlineExceeded(f"{name} took longer than {seconds:g} s") from exc

        return answer

    @staticmethod
    def _lasting(inner: Unary) -> Unary:
        async def answer(requests: Any, context: Any) -> Any:
            deadlines.set_remaining_seconds(context.time_remaining())
            return await inner(requests, context)

        return answer

    @staticmethod
    def _stream(inner: Stream) -> Stream:
        async def answers(request: Any, context: Any) -> AsyncIterator[Any]:
            deadlines.set_remaining_seconds(context.time_remaining())
            async for response in inner(request, context):
                yield response

        return answers


class _Call:
    """One method's boundary; its metrics are looked up once, not per call."""

    def __init__(self, name: str, *, observed: bool) -> None:
        self._name = name
        self._observed = observed
        self._observe = telemetry.RPC_SECONDS.labels(name).observe if observed else _nothing
        self._count_ok = telemetry.RPC_TOTAL.labels(name, "OK", "").inc if observed else _nothing
        self._entered = telemetry.RPC_IN_FLIGHT.inc if observed else _nothing
        self._left = telemetry.RPC_IN_FLIGHT.dec if observed else _nothing

    def unary(self, inner: Unary) -> Unary:
        async def answer(request: Any, context: Any) -> Any:
            started = time.perf_counter()
            self._entered()
            try:
                response = await inner(request, context)
            except BaseException as error:
                await self._fail(error, context)
            else:
                self._count_ok()
                return response
            finally:
                self._left()
                self._observe(time.perf_counter() - started)

        return answer

    def stream(self, inner: Stream) -> Stream:
        if inspect.iscoroutinefunction(inner):  # it writes its responses by itself
            return self.unary(inner)  # type: ignore[return-value]

        async def answers(request: Any, context: Any) -> AsyncIterator[Any]:
            started = time.perf_counter()
            self._entered()
            try:
                async for response in inner(request, context):
                    yield response
            except GeneratorExit:
                raise
            except BaseException as error:
                await self._fail(error, context)
            else:
                self._count_ok()
            finally:
                self._left()
                self._observe(time.perf_counter() - started)

        return answers

    async def _fail(self, error: BaseException, context: Any) -> None:
        if isinstance(error, SegueError):
            code, told = status_code(error), error_to_message(error)
            told.message = shown_message(error)
            _let_go_of_frames(error)
            await self._abort(code, told, error.reason, context)
            return
        if isinstance(error, Exception) and not isinstance(error, grpc.aio.AbortError):
            log.error("%s failed unexpectedly", self._name, exc_info=error)
            _let_go_of_frames(error)
            # It tells nothing of the inside.
            hidden = SegueError("an internal error occurred; the server's log has the details")
            await self._abort(status_code(hidden), error_to_message(hidden), hidden.reason, context)
            return
        if isinstance(error, asyncio.CancelledError):
            self._count("CANCELLED", "")
        raise error

    async def _abort(
        self, code: grpc.StatusCode, status: status_pb2.Status, reason: str, context: Any
    ) -> None:
        self._count(code.name, reason)
        try:
            await context.abort(code, status.message, trailing_metadata(status))
        except grpc.aio.AbortError as aborted:
            # gRPC keeps it, and raises it itself once the handler has returned. With the frames
            # that it came through it would keep the call in a cycle, and a request of 32 MiB.
            aborted.__traceback__ = aborted.__context__ = None

    def _count(self, code: str, reason: str) -> None:
        if self._observed:
            telemetry.RPC_TOTAL.labels(self._name, code, reason).inc()


def around(
    handler: grpc.RpcMethodHandler,
    unary: Callable[[Unary], Unary],
    stream: Callable[[Stream], Stream],
) -> grpc.RpcMethodHandler:
    """The handler with ``unary`` around what gives one response, or ``stream`` around the rest."""
    serialisation = {
        "request_deserializer": handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    if handler.unary_unary is not None:
        return grpc.unary_unary_rpc_method_handler(unary(handler.unary_unary), **serialisation)
    if handler.stream_unary is not None:
        return grpc.stream_unary_rpc_method_handler(unary(handler.stream_unary), **serialisation)
    if handler.unary_stream is not None:
        return grpc.unary_stream_rpc_method_handler(stream(handler.unary_stream), **serialisation)
    return grpc.stream_stream_rpc_method_handler(stream(handler.stream_stream), **serialisation)


def _let_go_of_frames(error: BaseException) -> None:
    """Free what the frames of a failed call hold: whoever keeps the error would keep them too."""
    one: BaseException | None = error
    while one is not None:
        one.__traceback__ = None
        one = one.__cause__ or one.__context__


def _nothing(*_: float) -> None:
    """Observe nothing."""
