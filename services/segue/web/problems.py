"""Errors as HTTP answers: JSON with message, reason and next step, as `--json` prints them."""

from __future__ import annotations

import logging
import math

import grpc
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue.errors import SegueError
from segue.texts import shown
from segue.web.backend import CallRefused
from segue.web.refusals import AddressNotFound, HttpRefusal, MethodNotAllowed
from segue.wire.errors import status_code

log = logging.getLogger(__name__)

_STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
"""As google.rpc.Code says which HTTP status each code is."""


def http_status(error: SegueError) -> int:
    """HTTP status of an error."""
    if isinstance(error, HttpRefusal):
        return error.status
    code = error.code if isinstance(error, CallRefused) else status_code(error)
    return _STATUS.get(code, 500)


def problem(error: SegueError, status: int | None = None) -> Response:
    """An error as an answer."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after_seconds:
        headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    return JSONResponse(problem_object(error), status or http_status(error), headers)


def problem_object(error: SegueError) -> dict[str, dict[str, str]]:
    """An error as a JSON object."""
    return {
        "error": {
            "reason": error.reason,
            "message": str(error),
            "next_step": error.next_step,
        }
    }


async def answer_error(request: Request, exc: Exception) -> Response:
    """Handler of Starlette for everything that Segue raises on purpose."""
    del request
    assert isinstance(exc, SegueError)  # noqa: S101  # registered for these only
    return problem(exc)


async def answer_http_exception(request: Request, exc: Exception) -> Response:
    """Handler of Starlette for what it refuses by itself: addresses and methods."""
    assert isinstance(exc, HTTPException)  # noqa: S101  # registered for these only
    path = shown(request.url.path)
    if exc.status_code == AddressNotFound.status:
        answer = problem(AddressNotFound(f"nothing is at {path}"))
    elif exc.status_code == MethodNotAllowed.status:
        answer = problem(MethodNotAllowed(f"{request.method} is not for {path}"))
    else:
        error = HttpRefusal(str(exc.detail), reason=f"HTTP_{exc.status_code}")
        answer = problem(error, exc.status_code)
    answer.headers.update(exc.headers or {})
    return answer
