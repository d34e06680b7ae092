"""Who is in front of the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from starlette.requests import HTTPConnection

OWNER_AS_LISTENER = "owner"
"""Id under which what the owner plays is recorded; no account has this name."""


class Role(Enum):
    """What a caller may do."""

    OWNER = "owner"
    """Everything."""

    LISTENER = "listener"
    """Search, hear, and keep playlists."""

    GUEST = "guest"
    """Search."""


@dataclass(frozen=True, slots=True)
class WebCaller:
    """A caller of the page.

    Attributes
    ----------
    name, account_id
        Of a listener's account; empty for others.
    machine
        Where the request comes from, as :func:`segue.callers.machine_at` says.
    proven
        Whether the owner is known by a session or the token, and not because the stack is open to
        everybody.
    in_owners_name
        Whether the query service is asked with the owner's rights, and counts it for the account.
    """

    role: Role
    name: str = ""
    account_id: str = ""
    machine: str = ""
    proven: bool = True
    in_owners_name: bool = False

    @property
    def is_owner(self) -> bool:
        """Whether the stack is theirs."""
        return self.role is Role.OWNER

    @property
    def listener(self) -> str:
        """Id under which what the caller plays is recorded; empty: it is not."""
        return OWNER_AS_LISTENER if self.is_owner else self.account_id

    @property
    def as_reader(self) -> WebCaller:
        """As whom audio, pictures and saved playlists are read for them.

        The query service has them for the owner only, and knows no accounts.
        """
        return replace(self, in_owners_name=True) if self.role is Role.LISTENER else self


OWNERS_LINE = ""
"""Where the owner waits (:func:`segue.turns.set_line`); others wait by their machines."""

OWNER = WebCaller(Role.OWNER)
GUEST = WebCaller(Role.GUEST)


def caller_of(request: HTTPConnection) -> WebCaller:
    """Who sent a request, as the middleware found out."""
    caller: WebCaller = request.state.caller
    return caller
