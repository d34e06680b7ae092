"""Errors as HTTP answers: JSON with message, reason and next step, as `--json` prints them."""

from __future__ import annotations

import logging
import math

import grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue.errors import SegueError
from segue.web.backend import CallRefused
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


_STATUS_OF_REASON = {
    "METHOD_NOT_ALLOWED": 405,
    "REQUEST_STALLED": 408,
    "AUDIO_TOO_LARGE": 413,
    "BODY_TOO_LARGE": 413,
    "MEDIA_TYPE_UNSUPPORTED": 415,
    "RANGE_NOT_SATISFIABLE": 416,
}
"""Where HTTP tells more apart than gRPC does."""


def http_status(error: SegueError) -> int:
    """HTTP status of an error."""
    if error.reason in _STATUS_OF_REASON:
        return _STATUS_OF_REASON[error.reason]
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
