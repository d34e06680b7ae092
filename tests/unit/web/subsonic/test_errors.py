"""Which code of Subsonic's API tells what is wrong."""

from __future__ import annotations

import grpc
import pytest

from segue.errors import NotPermitted, SegueError, TrackNotFound
from segue.web.backend import CallRefused
from segue.web.subsonic.errors import Code, SubsonicError, code_of


def refused(code: grpc.StatusCode, reason: str) -> CallRefused:
    return CallRefused("no", code=code, reason=reason, next_step="")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SubsonicError.missing("id"), Code.PARAMETER_MISSING),
        (TrackNotFound("a", "bands-v1"), Code.NOT_FOUND),
        (NotPermitted("no"), Code.NOT_PERMITTED),
        (refused(grpc.StatusCode.NOT_FOUND, "AUDIO_GONE"), Code.NOT_FOUND),
        (refused(grpc.StatusCode.INVALID_ARGUMENT, "SOURCE_NOT_FOUND"), Code.NOT_FOUND),
        (refused(grpc.StatusCode.INVALID_ARGUMENT, "SOURCE_FORBIDDEN"), Code.NOT_PERMITTED),
        (refused(grpc.StatusCode.PERMISSION_DENIED, "OWNER_ONLY"), Code.NOT_PERMITTED),
        (refused(grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_ELSEWHERE"), Code.GENERIC),
        (refused(grpc.StatusCode.UNAVAILABLE, "INDEX_UNAVAILABLE"), Code.GENERIC),
    ],
)
def test_every_error_has_the_code_that_tells_it_best(error: SegueError, code: Code) -> None:
    assert code_of(error) is code
