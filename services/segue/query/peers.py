"""Where a call comes from."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import unquote


def machine_of(context: Any) -> str:
    """The machine that a call comes from: its IPv4 address or its IPv6 network of 64 bits.

    One machine has all addresses of such a network. What comes through a socket of this machine, or
    from nowhere that can be told, is ``local``.
    """
    scheme, _, rest = context.peer().partition(":")
    if scheme not in ("ipv4", "ipv6"):
        return "local"
    host = unquote(rest).rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "local"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False).network_address)
        return str(address.ipv4_mapped)
    return str(address)
