"""Who calls, and what they say beside their request: the owner, or somebody else. No I/O.

The query service finds out once per call; handlers and other interceptors read it where it matters.
It follows the task, as :mod:`segue.deadlines` does.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
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

_acting_for: ContextVar[str] = ContextVar("segue_acting_for", default="")


def set_acting_for(machine: str) -> None:
    """Say for which machine's guest the current call is made; empty: for whoever makes it."""
    _acting_for.set(machine)


def acting_for() -> str:
    """For which machine's guest the current call is made."""
    return _acting_for.get()


LISTENING = "segue-listener"
"""Metadata by which whoever shows the owner's token says as which listener a call is made:
a guest too may have a mix for that one then, and for no other."""

_listening: ContextVar[str] = ContextVar("segue_listening", default="")


def set_listening(user_id: str) -> None:
    """Say as which listener the current call is made; empty: as nobody in particular."""
    _listening.set(user_id)


def listening() -> str:
    """As which listener the current call is made."""
    return _listening.get()


HANDED_ON = "x-segue-"
"""How names of metadata begin that are handed on to a recommender."""

_caller: ContextVar[Caller] = ContextVar("segue_caller", default=Caller.GUEST)


def set_caller(caller: Caller) -> None:
    """Say who makes the current call."""
    _caller.set(caller)


def current_caller() -> Caller:
    """Who makes the current call; a guest where nobody was named."""
    return _caller.get()


_NOTHING: Mapping[str, str] = {}
_handed_on: ContextVar[Mapping[str, str]] = ContextVar("segue_handed_on", default=_NOTHING)


def set_handed_on(metadata: Iterable[tuple[str, str | bytes]]) -> None:
    """Note what of the current call's metadata is handed on to a recommender.

    Only texts are; one that came several times is joined by commas.
    """
    found: dict[str, str] = {}
    for name, value in metadata:
        if name.startswith(HANDED_ON) and isinstance(value, str):
            found[name] = f"{found[name]},{value}" if name in found else value
    _handed_on.set(found or _NOTHING)


def handed_on() -> Mapping[str, str]:
    """What the current call hands on to a recommender, by name."""
    return _handed_on.get()
