"""How much time the caller of the current call has left.

The query service sets it once per call; adapters read it where they call on, so that no remote call
outlives the one who asked for it. It follows the task, not the process.
"""

from __future__ import annotations

import time
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("segue_deadline", default=None)


def set_remaining_seconds(seconds: float | None) -> None:
    """Give the current task ``seconds`` from now; None: no limit."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)


def remaining_seconds(at_most: float) -> float:
    """Seconds that a remote call may take: the caller's remaining time, but not over ``at_most``.

    Never negative; ``at_most`` where no deadline was set.
    """
    deadline = _deadline.get()
    if deadline is None:
        return at_most
    return max(0.0, min(at_most, deadline - time.monotonic()))
