"""Errors as ``google.rpc.Status`` with its details, which a failed call carries in its trailers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from segue.errors import (
    AudioGone,
    DeadlineExceeded,
    InvalidArgument,
    InvalidRequest,
    JobCancelled,
    JobNotFound,
    ModelMisconfigured,
    NoRoomForUploads,
    NotFound,
    NotPermitted,
    Overloaded,
    SegueError,
    SpaceMismatch,
    TrackChanged,
    TrackNotFound,
    Unauthenticated,
    Unavailable,
)

DOMAIN = "segue"
"""Domain of every ``ErrorInfo``."""

RETRY_DELAY_SECONDS = 1.0

Trailers: TypeAlias = tuple[tuple[str, bytes | str], ...]

_NEXT_STEP = "next_step"
_PUSHBACK = "grpc-retry-pushback-ms"

_CODES: tuple[tuple[type[SegueError], grpc.StatusCode], ...] = (
    (AudioGone, grpc.StatusCode.NOT_FOUND),
    (TrackChanged, grpc.StatusCode.ABORTED),
    (InvalidRequest, grpc.StatusCode.INVALID_ARGUMENT),
    (NotFound, grpc.StatusCode.NOT_FOUND),
    (Unauthenticated, grpc.StatusCode.UNAUTHENTICATED),
    (NotPermitted, grpc.StatusCode.PERMISSION_DENIED),
    (SpaceMismatch, grpc.StatusCode.FAILED_PRECONDITION),
    (ModelMisconfigured, grpc.StatusCode.FAILED_PRECONDITION),
    (JobCancelled, grpc.StatusCode.FAILED_PRECONDITION),
    (DeadlineExceeded, grpc.StatusCode.DEADLINE_EXCEEDED),
    (NoRoomForUploads, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (Unavailable, grpc.StatusCode.UNAVAILABLE),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a server failed a call, as its ``ErrorInfo`` says.

    Attributes
    ----------
    retry_after_seconds
        When to ask again at the earliest; 0 where the server did not say.
    """

    reason: str
    next_step: str
    retry_after_seconds: float = 0.0


def status_code(error: SegueError) -> grpc.StatusCode:
    """Status code of gRPC for an error."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return grpc.StatusCode.INTERNAL


def error_to_message(error: SegueError) -> status_pb2.Status:
    """Write an error: an ``ErrorInfo``, and what else helps a client to act."""
    code = status_code(error)
    status = status_pb2.Status(code=code.value[0], message=str(error))
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    info.metadata[_NEXT_STEP] = error.next_step
    details: list[Message] = [info]
    if isinstance(error, InvalidArgument):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.field, description=error.description
        )
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if isinstance(error, NotFound):
        details.append(
            error_details_pb2.ResourceInfo(
                resource_type=_resource_type(error),
                resource_name=error.track_id if isinstance(error, TrackNotFound) else "",
                description=str(error),
            )
        )
    if error.retryable and code is not grpc.StatusCode.DEADLINE_EXCEEDED:
        details.append(error_details_pb2.RetryInfo(retry_delay=_retry_delay(error)))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def trailing_metadata(status: status_pb2.Status) -> Trailers:
    """Trailers of a call that carry a status."""
    trailers: Trailers = rpc_status.to_status(status).trailing_metadata
    for detail in status.details:
        info = error_details_pb2.RetryInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            # What gRPC's own retries heed.
            pause = (_PUSHBACK, str(info.retry_delay.ToMilliseconds()))
            trailers = (*trailers, pause)
    return trailers


def refusal_from_call(call: grpc.RpcError) -> Refusal | None:
    """Read why a call failed, of either gRPC client; None when no server of Segue says why."""
    try:
        status = rpc_status.from_call(call)
    except (ValueError, DecodeError):
        return None  # a status of another call, or something else in its place
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    explained = False
    for detail in status.details if status is not None else ():
        if detail.Is(info.DESCRIPTOR):
            explained = detail.Unpack(info)
        elif detail.Is(retry.DESCRIPTOR):
            detail.Unpack(retry)
    if not explained:
        return None
    seconds = max(0.0, retry.retry_delay.ToMilliseconds() / 1000)
    return Refusal(info.reason, info.metadata.get(_NEXT_STEP, ""), seconds)


def _retry_delay(error: SegueError) -> duration_pb2.Duration:
    seconds = RETRY_DELAY_SECONDS
    if isinstance(error, Overloaded):
        seconds = error.retry_after_seconds
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(round(1000 * seconds))
    return delay


def _resource_type(error: NotFound) -> str:
    if isinstance(error, TrackNotFound):
        return "track"
    return "ingest job" if isinstance(error, JobNotFound) else "dead letter"
