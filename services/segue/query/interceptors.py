"""The one place that knows gRPC status codes: deadlines in, errors and metrics out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn

import grpc
from google.rpc import status_pb2

from segue import deadlines, telemetry
from segue.errors import DeadlineExceeded, SegueError
from segue.wire.errors import error_to_message, status_code, trailing_metadata

log = logging.getLogger(__name__)

_INFRASTRUCTURE = ("/grpc.health.", "/grpc.reflection.")


class Boundary(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types
    """Around every RPC of Segue: sets the deadline, translates errors, observes metrics.

    A unary call without a deadline gets ``default_timeout_seconds``; a stream may last.
    """

    def __init__(self, default_timeout_seconds: float) -> None:
        self._default_timeout_seconds = default_timeout_seconds
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
        if handler is None or method.startswith(_INFRASTRUCTURE):
            return handler
        self._wrapped[method] = self._wrap(method, handler)
        return self._wrapped[method]

    def _wrap(self, method: str, handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
        name = method.rpartition("/")[2]
        serialisation = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary is not None:
            call = _Call(name, self._default_timeout_seconds)
            return grpc.unary_unary_rpc_method_handler(
                call.unary(handler.unary_unary), **serialisation
            )
        call = _Call(name, None)
        if handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler(
                call.unary(handler.stream_unary), **serialisation
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                call.stream(handler.unary_stream), **serialisation
            )
        raise NotImplementedError(f"{method}: no RPC of Segue streams both ways")


class _Call:
    """One method's boundary; its metrics are looked up once, not per call."""

    def __init__(self, name: str, default_timeout_seconds: float | None) -> None:
        self._name = name
        self._default_timeout_seconds = default_timeout_seconds
        self._observe = telemetry.RPC_SECONDS.labels(name).observe
        self._count_ok = telemetry.RPC_TOTAL.labels(name, "OK", "").inc
        self._entered = telemetry.RPC_IN_FLIGHT.inc
        self._left = telemetry.RPC_IN_FLIGHT.dec

    def unary(self, inner: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Any]:
        async def answer(request: Any, context: Any) -> Any:
            started = time.perf_counter()
            self._entered()
            try:
                given = context.time_remaining()
                if given is not None or self._default_timeout_seconds is None:
                    # gRPC itself cancels a call whose deadline has passed.
                    deadlines.set_remaining_seconds(given)
                    response = await inner(request, context)
                else:
                    response = await self._within_default(inner, request, context)
            except BaseException as error:
                await self._fail(error, context)
            else:
                self._count_ok()
                return response
            finally:
                self._left()
                self._observe(time.perf_counter() - started)

        return answer

    def stream(
        self, inner: Callable[[Any, Any], AsyncIterator[Any]]
    ) -> Callable[[Any, Any], AsyncIterator[Any]]:
        async def answers(request: Any, context: Any) -> AsyncIterator[Any]:
            started = time.perf_counter()
            self._entered()
            try:
                deadlines.set_remaining_seconds(context.time_remaining())
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

    async def _within_default(
        self, inner: Callable[[Any, Any], Awaitable[Any]], request: Any, context: Any
    ) -> Any:
        deadlines.set_remaining_seconds(self._default_timeout_seconds)
        try:
            async with asyncio.timeout(self._default_timeout_seconds):
                return await inner(request, context)
        except TimeoutError as exc:
            raise DeadlineExceeded(
                f"{self._name} took longer than {self._default_timeout_seconds:g} s"
            ) from exc

    async def _fail(self, error: BaseException, context: Any) -> NoReturn:
        if isinstance(error, SegueError):
            code = status_code(error)
            await self._abort(code, error_to_message(error), error.reason, context)
        if isinstance(error, Exception) and not isinstance(error, grpc.aio.AbortError):
            log.error("%s failed unexpectedly", self._name, exc_info=error)
            # It tells nothing of the inside.
            told = SegueError("an internal error occurred; the server's log has the details")
            await self._abort(status_code(told), error_to_message(told), told.reason, context)
        if isinstance(error, asyncio.CancelledError):
            telemetry.RPC_TOTAL.labels(self._name, "CANCELLED", "").inc()
        raise error

    async def _abort(
        self, code: grpc.StatusCode, status: status_pb2.Status, reason: str, context: Any
    ) -> NoReturn:
        telemetry.RPC_TOTAL.labels(self._name, code.name, reason).inc()
        await context.abort(code, status.message, trailing_metadata(status))
        raise AssertionError("abort() always raises")
