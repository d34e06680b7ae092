"""How often one may try to sign in: a few times at once, then one try for every so many seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from segue import telemetry
from segue.errors import Overloaded

AT_ONCE = 10
SECONDS_EACH = 20.0
MOST_KNOWN = 10_000
"""Who is remembered; the one whose failures lie back the longest is forgotten first."""


class Attempts:
    """Failed attempts, by whatever tells those who try from one another."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clear_at: OrderedDict[str, float] = OrderedDict()

    def check(self, *who: str) -> None:
        """See that everybody named may try now.

        Raises
        ------
        Overloaded
            ``TOO_MANY_ATTEMPTS``.
        """
        now = self._clock()
        waits = [self._clear_at.get(one, now) - now - (AT_ONCE - 1) * SECONDS_EACH for one in who]
        if max(waits) > 0:
            raise Overloaded(
                "there were too many attempts to sign in",
                reason="TOO_MANY_ATTEMPTS",
                retry_after_seconds=max(waits),
            )

    def failed(self, *who: str) -> None:
        """Note that an attempt of theirs failed."""
        telemetry.WEB_SIGN_INS.labels("refused").inc()
        now = self._clock()
        for one in who:
            self._clear_at[one] = max(self._clear_at.get(one, now), now) + SECONDS_EACH
            self._clear_at.move_to_end(one)
        while len(self._clear_at) > MOST_KNOWN:
            self._clear_at.popitem(last=False)
