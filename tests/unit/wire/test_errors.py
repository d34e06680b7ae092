"""Errors as statuses that a failed call carries, and what a client reads of them."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
import pytest
from google.rpc import error_details_pb2

from segue.errors import (
    DeadlineExceeded,
    IndexUnavailable,
    InvalidArgument,
    JobNotFound,
    Overloaded,
    SegueError,
    SpaceMismatch,
    TrackNotFound,
)
from segue.wire.errors import Refusal, error_to_message, refusal_from_call, trailing_metadata


class FailedCall(grpc.RpcError):
    """A call that failed, with what gRPC tells of it."""

    def __init__(
        self, code: grpc.StatusCode, message: str, trailers: Sequence[tuple[str, bytes]]
    ) -> None:
        super().__init__()
        self.code = lambda: code
        self.details = lambda: message
        self.trailing_metadata = lambda: trailers


ERRORS = [
    (InvalidArgument("page_size", "is 7"), grpc.StatusCode.INVALID_ARGUMENT),
    (TrackNotFound("a", "segue-v1"), grpc.StatusCode.NOT_FOUND),
    (JobNotFound("no job"), grpc.StatusCode.NOT_FOUND),
    (SpaceMismatch("two spaces"), grpc.StatusCode.FAILED_PRECONDITION),
    (DeadlineExceeded("too late"), grpc.StatusCode.DEADLINE_EXCEEDED),
    (IndexUnavailable("away"), grpc.StatusCode.UNAVAILABLE),
    (Overloaded("too much", retry_after_seconds=2.5), grpc.StatusCode.RESOURCE_EXHAUSTED),
    (SegueError("ours"), grpc.StatusCode.INTERNAL),
]


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_reason_and_next_step_come_back_as_they_went(
    error: SegueError, code: grpc.StatusCode
) -> None:
    status = error_to_message(error)
    assert status.code == code.value[0]
    call = FailedCall(code, str(error), trailing_metadata(status))
    seconds = {grpc.StatusCode.UNAVAILABLE: 1.0, grpc.StatusCode.RESOURCE_EXHAUSTED: 2.5}
    assert refusal_from_call(call) == Refusal(
        error.reason, error.next_step, retry_after_seconds=seconds.get(code, 0.0)
    )


def test_what_may_pass_says_to_grpc_too_when_to_come_back() -> None:
    trailers = dict(trailing_metadata(error_to_message(Overloaded("x", retry_after_seconds=2.5))))
    assert trailers["grpc-retry-pushback-ms"] == "2500"
    lasting = trailing_metadata(error_to_message(SegueError("ours")))
    assert "grpc-retry-pushback-ms" not in dict(lasting)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ERRORS[0][0], error_details_pb2.BadRequest),
        (ERRORS[1][0], error_details_pb2.ResourceInfo),
        (ERRORS[5][0], error_details_pb2.RetryInfo),
    ],
)
def test_a_status_carries_what_helps_a_client(error: SegueError, kind: type) -> None:
    assert any(detail.Is(kind.DESCRIPTOR) for detail in error_to_message(error).details)


@pytest.mark.parametrize(
    "trailers",
    [
        (),
        (("grpc-status-details-bin", b"no status"),),
        # Of another call: its code contradicts this one's.
        trailing_metadata(error_to_message(SpaceMismatch("two spaces"))),
    ],
)
def test_a_call_that_nobody_explains_has_no_reason(trailers: tuple[tuple[str, bytes], ...]) -> None:
    call = FailedCall(grpc.StatusCode.UNAVAILABLE, "gone", trailers)
    assert refusal_from_call(call) is None
