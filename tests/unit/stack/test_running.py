"""A stack as a child process that does not come up."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.stack.folder import StackNotFound
from segue.stack.part import PartFailed
from segue.stack.running import RunningStack


def test_a_stack_that_ends_before_it_is_ready_says_why(tmp_path: Path) -> None:
    stack = RunningStack(tmp_path / "data", ("--model", "nonesuch"))
    assert stack.stop() == 0  # it was never started
    with pytest.raises(PartFailed, match=r"the stack ended: .*nonesuch"):
        stack.start()
    # Whoever asks again hears the same, and does not wait.
    with pytest.raises(PartFailed, match="nonesuch"):
        stack.wait_for("ready")
    assert stack.stop() == 1
    with pytest.raises(StackNotFound):
        _ = stack.address


def test_wrong_usage_ends_it_too(tmp_path: Path) -> None:
    with (
        pytest.raises(PartFailed, match="no-such-option"),
        RunningStack(tmp_path / "data", ("--no-such-option",)),
    ):
        pytest.fail("it was called ready")
