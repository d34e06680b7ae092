"""Points in time and spans of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def time_to_message(moment: datetime) -> Timestamp:
    """Write a point in time; one without a zone is in UTC."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def time_from_message(message: Timestamp) -> datetime:
    """Read a point in time, in UTC."""
    return message.ToDatetime(tzinfo=UTC)


def seconds_to_message(seconds: float) -> Duration:
    """Write a span of time; what is finer than a microsecond is rounded."""
    message = Duration()
    message.FromTimedelta(timedelta(seconds=seconds))
    return message


def seconds_from_message(message: Duration) -> float:
    """Read a span of time in seconds."""
    return message.ToTimedelta().total_seconds()
