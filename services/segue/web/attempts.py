"""How often one may try to sign in: a few times at once, then one try for every so many seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from segue import telemetry
from segue.errors import Overloaded
from segue.web.account_file import LONGEST_NAME

AT_ONCE = 10
SECONDS_EACH = 20.0
MOST_KNOWN = 10_000
"""Of those who failed, and of those who did not, so many are remembered; the oldest is forgotten
first."""


class Attempts:
    """Failed attempts, by the machine that they come from and by the account that they name.

    Many machines that try one account are held up together, but not those from which it was used
    rightly before: no stranger locks its owner out. Kept in memory, by each replica for itself.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clear_at: OrderedDict[str, float] = OrderedDict()
        self._used_rightly: OrderedDict[tuple[str, str], None] = OrderedDict()

    def check(self, machine: str, name: str = "") -> None:
        """See that an attempt may be made now.

        Parameters
        ----------
        name
            Of an account; empty where none is named.

        Raises
        ------
        Overloaded
            ``TOO_MANY_ATTEMPTS``.
        """
        now, most = self._clock(), (AT_ONCE - 1) * SECONDS_EACH
        wait = max(self._clear_at.get(one, now) - now - most for one in self._who(machine, name))
        if wait > 0:
            raise Overloaded(
                "there were too many attempts to sign in",
                reason="TOO_MANY_ATTEMPTS",
                retry_after_seconds=wait,
            )

    def failed(self, machine: str, name: str = "") -> None:
        """Note that an attempt failed."""
        telemetry.WEB_SIGN_INS.labels("refused").inc()
        now = self._clock()
        for one in self._who(machine, name):
            self._clear_at[one] = max(self._clear_at.get(one, now), now) + SECONDS_EACH
            self._clear_at.move_to_end(one)
        while len(self._clear_at) > MOST_KNOWN:
            self._clear_at.popitem(last=False)

    def succeeded(self, machine: str, name: str) -> None:
        """Note that an account was used rightly from a machine."""
        self._used_rightly[machine, name.lower()] = None
        self._used_rightly.move_to_end((machine, name.lower()))
        while len(self._used_rightly) > MOST_KNOWN:
            self._used_rightly.popitem(last=False)

    def _who(self, machine: str, name: str) -> list[str]:
        name = name.lower()
        # A longer name is nobody's, and would only be kept.
        counts = 0 < len(name) <= LONGEST_NAME and (machine, name) not in self._used_rightly
        named = [f"name {name}"] if counts else []
        return [f"machine {machine}", *named]
