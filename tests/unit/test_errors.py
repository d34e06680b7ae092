"""Every reason leads to a next step."""

from __future__ import annotations

import pytest

from segue.errors import AUDIO_REASONS, SourceNotReadable, TrackNotFound, next_step_for


@pytest.mark.parametrize("kind", [TrackNotFound, SourceNotReadable])
def test_a_reason_of_an_error_has_its_next_step(kind: type[TrackNotFound]) -> None:
    assert next_step_for(kind.reason) == kind.next_step


@pytest.mark.parametrize("reason", AUDIO_REASONS)
def test_a_reason_of_audio_has_its_next_step(reason: str) -> None:
    assert next_step_for(reason) == AUDIO_REASONS[reason]


def test_an_unknown_reason_has_none() -> None:
    assert next_step_for("?") == ""
