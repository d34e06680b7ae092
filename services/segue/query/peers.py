"""Where a call comes from."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from segue.callers import current_call, machine_at


def machine_of(context: Any) -> str:
    """The machine that a call comes from, as :func:`segue.callers.machine_at` says.

    What comes through a socket of this machine, or from nowhere that can be told, is ``local``.
    """
    other = current_call().acting_for
    if other:
        return other
    scheme, _, rest = context.peer().partition(":")
    if scheme not in ("ipv4", "ipv6"):
        return "local"
    return machine_at(unquote(rest).rpartition(":")[0]) or "local"


def connection_of(context: Any) -> str:
    """The connection that a call comes over; several machines and accounts share the page's."""
    call = current_call()
    return " ".join(filter(None, (context.peer(), call.acting_for, call.counted_for)))
