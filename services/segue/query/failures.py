"""Errors of the domain as ``google.rpc.Status`` with its details."""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from segue.errors import (
    DeadlineExceeded,
    InvalidArgument,
    InvalidRequest,
    JobNotFound,
    ModelMisconfigured,
    NotFound,
    SegueError,
    SpaceMismatch,
    TrackNotFound,
    Unavailable,
)

DOMAIN = "segue"
"""Domain of every ``ErrorInfo``."""

STATUS_DETAILS_KEY = "grpc-status-details-bin"
"""Trailing metadata in which gRPC carries a ``google.rpc.Status``."""

RETRY_DELAY_SECONDS = 1

_CODES: tuple[tuple[type[SegueError], grpc.StatusCode], ...] = (
    (InvalidRequest, grpc.StatusCode.INVALID_ARGUMENT),
    (NotFound, grpc.StatusCode.NOT_FOUND),
    (SpaceMismatch, grpc.StatusCode.FAILED_PRECONDITION),
    (ModelMisconfigured, grpc.StatusCode.FAILED_PRECONDITION),
    (DeadlineExceeded, grpc.StatusCode.DEADLINE_EXCEEDED),
    (Unavailable, grpc.StatusCode.UNAVAILABLE),
)


def status_code(error: SegueError) -> grpc.StatusCode:
    """GRPC code of an error."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return grpc.StatusCode.INTERNAL


def rich_status(error: SegueError) -> status_pb2.Status:
    """Status with an ``ErrorInfo``, and what else helps a client to act."""
    code = status_code(error)
    status = status_pb2.Status(code=code.value[0], message=str(error))
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    info.metadata["next_step"] = error.next_step
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
    if code is grpc.StatusCode.UNAVAILABLE:
        delay = duration_pb2.Duration(seconds=RETRY_DELAY_SECONDS)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def internal_status() -> status_pb2.Status:
    """Status of an error that nobody expected: it tells nothing of the inside."""
    return rich_status(SegueError("an internal error occurred; the server's log has the details"))


def trailing(status: status_pb2.Status) -> tuple[tuple[str, bytes], ...]:
    """Trailing metadata that carries a status."""
    return ((STATUS_DETAILS_KEY, status.SerializeToString()),)


def _resource_type(error: NotFound) -> str:
    if isinstance(error, TrackNotFound):
        return "track"
    return "ingest job" if isinstance(error, JobNotFound) else "dead letter"
