"""Times as messages, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.wire.times import (
    seconds_from_message,
    seconds_to_message,
    time_from_message,
    time_to_message,
)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_as_it_went(moment: datetime) -> None:
    assert time_from_message(time_to_message(moment)) == moment


@given(st.floats(0, 1e9))
def test_a_span_comes_back_to_the_microsecond(seconds: float) -> None:
    assert seconds_from_message(seconds_to_message(seconds)) == pytest.approx(seconds, abs=2e-6)


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    moment = datetime(2025, 3, 4, 5, 6, 7, 891000, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=5)))
    assert time_to_message(elsewhere) == time_to_message(moment)
