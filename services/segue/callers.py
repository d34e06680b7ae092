"""Who calls, and what they say beside their request: the owner, or somebody else. No I/O.

The query service finds out once per call (:func:`set_call`); handlers and other interceptors read
it where it matters. It follows the task, as :mod:`segue.deadlines` does.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum

from segue.errors import NotPermitted


class Caller(Enum):
    """Who asked for something.

    ``OWNER`` showed the owner's token. ``ADMITTED`` showed none, on a stack that is open to
    everybody: may do what the owner may, but nothing that it says of itself is proven. ``GUEST``
    showed none, elsewhere.
    """

    OWNER = "owner"
    ADMITTED = "admitted"
    GUEST = "guest"

    @property
    def may_all(self) -> bool:
        """Whether what only the owner may do is permitted."""
        return self is not Caller.GUEST

    def require_owner(self, doing: str) -> None:
        """Permit what only the owner may do.

        Parameters
        ----------
        doing
            What the caller wants, as the subject of a sentence: "deleting a track".

        Raises
        ------
        NotPermitted
            ``OWNER_ONLY``, to a guest.
        """
        if not self.may_all:
            raise NotPermitted(f"{doing} is for the owner of this stack only")


def machine_at(address: str) -> str:
    """The machine at an IP address: its IPv4 address, or its IPv6 network of 64 bits.

    One machine has all addresses of such a network. Empty for what is no address.
    """
    try:
        parsed = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
        return str(parsed.ipv4_mapped)
    return str(parsed)


ACTING_FOR = "segue-acting-for"
"""Metadata by which whoever shows the owner's token says that a call is a guest's, and from which
machine: the call has a guest's rights, and counts among those of that machine."""

COUNTED_FOR = "segue-counted-for"
"""Metadata by which whoever shows the owner's token says for which account of the page a call is
made: it has the owner's rights, and counts among those of that account."""

LISTENING = "segue-listener"
"""Metadata by which whoever shows the owner's token says as which listener a call is made:
a guest too may have a mix for that one then, and for no other."""

HANDED_ON = "x-segue-"
"""How names of metadata begin that are handed on to a recommender."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who makes a call, and what they say beside its request.

    Attributes
    ----------
    caller
        Whose rights it has; a guest's where nobody was named.
    acting_for
        The machine of the guest that the owner's page makes it for; empty: nobody's.
    counted_for
        The account among whose calls it counts; empty: it counts as what it is.
    listener
        As whom the owner's page makes it; empty: nobody in particular.
    handed_on
        What of its metadata is handed on to a recommender, by name.
    """

    caller: Caller = Caller.GUEST
    acting_for: str = ""
    counted_for: str = ""
    listener: str = ""
    handed_on: Mapping[str, str] = field(default_factory=dict)


_NOBODY = Call()
_call: ContextVar[Call] = ContextVar("segue_call", default=_NOBODY)


def set_call(call: Call) -> None:
    """Say who makes the current call."""
    _call.set(call)


def current_call() -> Call:
    """Who makes the current call, and what they say beside its request."""
    return _call.get()


def current_caller() -> Caller:
    """Whose rights the current call has."""
    return _call.get().caller


def handed_on(metadata: Iterable[tuple[str, str | bytes]]) -> Mapping[str, str]:
    """What of a call's metadata is handed on to a recommender, by name.

    Only texts are; one that came several times is joined by commas.
    """
    found: dict[str, str] = {}
    for name, value in metadata:
        if name.startswith(HANDED_ON) and isinstance(value, str):
            found[name] = f"{found[name]},{value}" if name in found else value
    return found
