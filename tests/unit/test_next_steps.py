"""Next steps at the command line."""

from __future__ import annotations

import re

import pytest

from segue.cli import COMMANDS
from segue.cli.client import RemoteError
from segue.command import describe, sentence
from segue.errors import NotFound, SegueError, TrackNotFound, next_step_for
from segue.next_steps import _STEPS, next_step_at_command


@pytest.mark.parametrize("reason", sorted(_STEPS))
def test_each_stands_for_one_of_the_api_and_names_commands_that_there_are(reason: str) -> None:
    of_api = next_step_for(reason)
    told = next_step_at_command(SegueError("x", reason=reason, next_step=of_api))
    assert of_api
    assert told != of_api
    assert set(re.findall(r"segue ([a-z]+)", told)) <= set(COMMANDS)
    assert not re.search(r"[a-z]_[a-z]|[a-z][A-Z]", told), "a field or a call"


def test_what_a_service_and_what_the_command_itself_raise_get_the_same() -> None:
    here = TrackNotFound("nosuch", "segue-v3")
    there = RemoteError(str(here), reason=here.reason, next_step=here.next_step, retryable=False)
    for error in (here, there):
        assert "segue tracks WORDS" in sentence(error)
        assert "ListTracks" not in sentence(error)
        assert describe(error)["next_step"] == next_step_at_command(error)


def test_what_was_written_for_the_case_stays() -> None:
    written = TrackNotFound("nosuch", "segue-v3")
    written.next_step = "Look behind the sofa."
    assert sentence(written).endswith("[TRACK_NOT_FOUND] Look behind the sofa.")
    other = NotFound("nothing")
    assert sentence(other).endswith(NotFound.next_step)
