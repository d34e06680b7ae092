"""What calls may take at the same time: by kind, by machine or account, and apart for the owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from segue import telemetry
from segue.callers import Caller, current_call
from segue.errors import Overloaded
from segue.query.peers import connection_of, machine_of
from segue.turns import Line

OWNERS_SHARE = 0.25
"""Share of everything that others leave to the owner, and to the owner's workers."""

SHARE_OF_ONE_ACCOUNT = 0.25
"""Share of everything that one account of the page may take: more than a page and a player want."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a call comes from.

    Attributes
    ----------
    owner
        Whether the owner's token was shown, and for the owner's own sake.
    account
        Account of the page that it is made for; empty: none.
    machine
        As :func:`segue.query.peers.machine_of` says.
    connection
        As :func:`segue.query.peers.connection_of` says.
    """

    owner: bool
    machine: str
    connection: str
    account: str = ""

    @classmethod
    def of(cls, context: Any) -> Visitor:
        """Who makes the call with this servicer context."""
        call = current_call()
        return cls(
            owner=call.caller is Caller.OWNER and not call.counted_for,
            machine=machine_of(context),
            connection=connection_of(context),
            account=call.counted_for,
        )

    @property
    def line(self) -> Line:
        """Where this caller waits: the owner has a line that is nobody else's."""
        return ("owner" if self.owner else self.counted, self.connection)

    @property
    def counted(self) -> str:
        """Who takes what the call takes: an account, else a machine."""
        return f"account {self.account}" if self.account else self.machine

    @property
    def kind(self) -> str:
        """``owner``, ``listener`` or ``guest``, as metrics show it."""
        if self.owner:
            return Caller.OWNER.value
        return _LISTENER if self.account else Caller.GUEST.value


_LISTENER = "listener"
_KINDS = (Caller.OWNER.value, _LISTENER, Caller.GUEST.value)


class Places:
    """A bounded number of places of one kind, or of bytes.

    Parameters
    ----------
    kind
        Label in the metrics.
    total
        Places that there are.
    share_of_one
        Share of them that guests of one machine may take together.
    reason
        Stable reason of a refusal.
    what
        What is counted, for people.
    retry_after_seconds
        When a refused caller may ask again.
    """

    def __init__(
        self,
        kind: str,
        total: int,
        *,
        share_of_one: float,
        reason: str,
        what: str,
        retry_after_seconds: float = 1.0,
    ) -> None:
        self._total = total
        self._for_others = max(1, total - int(total * OWNERS_SHARE))
        self._for_one = min(self._for_others, max(1, int(total * share_of_one)))
        self._for_account = max(1, int(total * SHARE_OF_ONE_ACCOUNT))
        self._reason = reason
        self._what = what
        self._retry_after_seconds = retry_after_seconds
        self._used = 0
        self._used_by_others = 0
        self._used_by: Counter[str] = Counter()
        self._show = telemetry.ADMISSION_IN_USE.labels(kind).set
        self._admitted = {who: telemetry.ADMITTED_TOTAL.labels(kind, who).inc for who in _KINDS}
        self._refused = {
            who: telemetry.REFUSED_TOTAL.labels(kind, reason, who).inc for who in _KINDS
        }
        telemetry.ADMISSION_LIMIT.labels(kind).set(total)
        self._show(0)

    @property
    def in_use(self) -> int:
        """Places that are taken now."""
        return self._used

    def most_of(self, who: Visitor) -> int:
        """Most places that an account, or the guests of one machine, may take together."""
        return self._for_account if who.account else self._for_one

    def take(self, who: Visitor, amount: int = 1) -> None:
        """Take places; to be given back with :meth:`give_back`.

        Raises
        ------
        Overloaded
            When there are not as many left for this caller.
        """
        if not self._fits(who, amount):
            self._refused[who.kind]()
            raise Overloaded(
                f"{self._what}: no more are taken now from you",
                reason=self._reason,
                retry_after_seconds=self._retry_after_seconds,
            )
        self._admitted[who.kind]()
        self._count(who, amount)

    def give_back(self, who: Visitor, amount: int = 1) -> None:
        """Give places back that were taken."""
        self._count(who, -amount)

    @contextmanager
    def taken(self, who: Visitor, amount: int = 1) -> Iterator[None]:
        """Hold places for the length of a block; raises as :meth:`take`."""
        self.take(who, amount)
        try:
            yield
        finally:
            self.give_back(who, amount)

    def _fits(self, who: Visitor, amount: int) -> bool:
        if self._used + amount > self._total:
            return False
        return who.owner or (
            self._used_by_others + amount <= self._for_others
            and self._used_by[who.counted] + amount <= self.most_of(who)
        )

    def _count(self, who: Visitor, amount: int) -> None:
        self._used += amount
        if not who.owner:
            self._used_by_others += amount
            self._used_by[who.counted] += amount
            if not self._used_by[who.counted]:
                del self._used_by[who.counted]
        self._show(self._used)


class Held:
    """What one call holds of some places; grows and shrinks, and is given back at the end."""

    def __init__(self, places: Places, who: Visitor) -> None:
        self._places = places
        self._who = who
        self._amount = 0

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        self.resize(0)

    def resize(self, amount: int) -> None:
        """Hold this much from now on. Raises ``Overloaded`` when that is more than there is."""
        more = amount - self._amount
        if more > 0:
            self._places.take(self._who, more)
        elif more < 0:
            self._places.give_back(self._who, -more)
        self._amount = amount
