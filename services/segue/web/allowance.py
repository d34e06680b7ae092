"""How often somebody may do something: so many times at once, then once more after some time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KNOWN = 10_000
"""Of so many it is remembered what they spent; who spent nothing for longest is forgotten first."""


class Allowance:
    """So many for each of many, and one more for every so many seconds.

    Kept in memory, by each replica for itself: of each, when all will be theirs again. This is the
    generic cell rate algorithm (ITU-T I.371).
    """

    def __init__(
        self, at_once: int, seconds_each: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once = at_once
        self._seconds_each = seconds_each
        self._clock = clock
        self._all_again: OrderedDict[str, float] = OrderedDict()

    def wait_seconds(self, whose: str, count: int = 1) -> float:
        """How long somebody has to wait until ``count`` more are allowed; 0: not at all."""
        lacking = self._lacking_seconds(whose) + (count - self._at_once) * self._seconds_each
        return max(0.0, lacking)

    def spend(self, whose: str, count: int = 1) -> None:
        """Note that somebody took ``count``, whether they were allowed or not."""
        again = self._clock() + self._lacking_seconds(whose) + count * self._seconds_each
        self._all_again[whose] = again
        self._all_again.move_to_end(whose)
        while len(self._all_again) > MOST_KNOWN:
            self._all_again.popitem(last=False)

    def give_back(self, whose: str, count: int = 1) -> None:
        """Note that nothing came of ``count`` that somebody spent."""
        self.spend(whose, -count)

    def _lacking_seconds(self, whose: str) -> float:
        now = self._clock()
        return max(0.0, self._all_again.get(whose, now) - now)
