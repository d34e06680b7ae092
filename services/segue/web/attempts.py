"""How often one may try to sign in: a few times at once, then one try for every so many seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from segue import telemetry
from segue.errors import Overloaded
from segue.web.account_file import LONGEST_NAME
from segue.web.allowance import MOST_KNOWN, Allowance

AT_ONCE = 10
SECONDS_EACH = 20.0


class Attempts:
    """Failed attempts, by the machine that they come from and by the account that they name.

    Many machines that try one account are held up together, but not those from which it was used
    rightly before: no stranger locks its owner out. Kept in memory, by each replica for itself.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = Allowance(AT_ONCE, SECONDS_EACH, clock)
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
        wait = max(self._failures.wait_seconds(one) for one in self._who(machine, name))
        if wait > 0:
            raise Overloaded(
                "there were too many attempts to sign in",
                reason="TOO_MANY_ATTEMPTS",
                retry_after_seconds=wait,
            )

    def failed(self, machine: str, name: str = "") -> None:
        """Note that an attempt failed."""
        telemetry.WEB_SIGN_INS.labels("refused").inc()
        for one in self._who(machine, name):
            self._failures.spend(one)

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
