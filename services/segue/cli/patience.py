"""How long a command goes on asking a stack that does not answer, and what it says meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from segue.errors import DeadlineExceeded, SegueError

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0

RESTART_SECONDS = 5.0
"""Patience of a single question: long enough for a query service that is started again."""

RETRY_SECONDS = 60.0
"""Patience of what would be lost half-way: submissions, uploads and watches."""


def _unheard(_: SegueError | None) -> None:
    pass


@dataclass(slots=True)
class Patience:
    """Time to ask again, for as long as a stack does not answer.

    Pauses grow from one failure to the next, and are uniform between nothing and their bound, so
    that clients of a stack that was started again do not all come at once.

    Attributes
    ----------
    seconds
        How long to ask again, from the first failure on; any answer starts this anew.
    deadline
        Time of ``time.monotonic()`` at which the caller's own patience ends, whatever happens. An
        answer that comes too late for it is not asked for again.
    tell
        Told of the first failure of a row, and of the answer that ends it (None).
    """

    seconds: float
    deadline: float | None = None
    tell: Callable[[SegueError | None], None] = _unheard
    _since: float | None = field(default=None, init=False)
    _bound: float = field(default=FIRST_PAUSE_SECONDS, init=False)

    def answered(self) -> None:
        """Note that there was an answer."""
        if self._since is not None:
            self._since, self._bound = None, FIRST_PAUSE_SECONDS
            self.tell(None)

    def wait_or_raise(self, error: SegueError) -> None:
        """Pause, and return to have the question asked again.

        Raises
        ------
        SegueError
            The error itself, when asking again cannot help or the time is over.
        """
        now = time.monotonic()
        since = now if self._since is None else self._since
        left = self.seconds - (now - since)
        if self.deadline is not None:
            left = min(left, self.deadline - now)
        if not self._may_pass(error) or left <= 0:
            raise error
        if self._since is None:
            self._since = now
            self.tell(error)
        # Who was told when to come back does not come before.
        time.sleep(min(left, error.retry_after_seconds + random.uniform(0.0, self._bound)))
        self._bound = min(2 * self._bound, LONGEST_PAUSE_SECONDS)

    def _may_pass(self, error: SegueError) -> bool:
        if self.deadline is not None and error.reason == DeadlineExceeded.reason:
            return False
        return error.retryable
