"""Which network addresses a worker may connect to when somebody names a URL.

The address is checked where the connection is made, on every hop of a redirect, and the connection
goes to the very address that was checked: a name that answers otherwise next time gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, TypeAlias

import httpcore

from segue.errors import SourceForbidden
from segue.settings import Network

Address: TypeAlias = IPv4Address | IPv6Address
"""Of a host."""

_NEVER = tuple(
    ip_network(text)
    for text in (
        # Addresses that carry another one, which a router on the way may take out: NAT64, 6to4,
        # Teredo, IPv4-compatible, IPv4-translated.
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96",
        # Of the IETF's own protocols, relays of 6to4, for documentation, of routing by segments,
        # and site-local ones of old.
        "192.0.0.0/24", "2001::/23", "192.88.99.0/24", "3fff::/20", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip
"""What ``ipaddress.is_global`` does not exclude, in some version of Python or in all."""


_NEXT_STEP = (
    "Name a host with a public address, or have the owner of this service add its network to "
    "SEGUE_SOURCE_NETWORKS."
)


def is_permitted(address: Address, networks: Iterable[Network] = ()) -> bool:
    """Whether an address is public, or lies in one of the permitted networks."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in networks if network.version == address.version):
        return True
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_link_local
        and not address.is_unspecified
    )


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connections to permitted addresses only.

    Parameters
    ----------
    networks
        Networks that may be connected to beside public addresses.
    """

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # named by httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first permitted address of a host that answers.

        Raises
        ------
        SourceForbidden
            When none of its addresses is permitted.
        httpcore.ConnectError
            When the host is not known, or nobody answers.
        httpcore.ConnectTimeout
            When time runs out.
        """
        deadline = time.monotonic() + (timeout if timeout is not None else 3_600.0)
        addresses = await self._resolved(host, port, deadline)
        permitted = [one for one in addresses if is_permitted(ip_address(one), self._networks)]
        if not permitted:
            raise SourceForbidden(
                f"the host {host!r} has no public address and none that is allowed: "
                f"{', '.join(addresses)}",
                next_step=_NEXT_STEP,
            )
        failure: Exception | None = None
        for address in permitted:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                return await self._inner.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure or httpcore.ConnectTimeout(f"{host} was not reached in time")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # named by httpcore
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no URL names a socket of this machine.

        Raises
        ------
        SourceForbidden
            Always.
        """
        del timeout, socket_options
        raise SourceForbidden(f"{path!r} is a socket of this machine", next_step=_NEXT_STEP)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _resolved(self, host: str, port: int, deadline: float) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout(f"the name {host!r} was not resolved in time") from exc
        except (OSError, UnicodeError) as exc:
            raise httpcore.ConnectError(f"the name {host!r} is not known") from exc
        # A zone (%eth0) says which of this machine's networks is meant: link-local, so forbidden.
        return list(dict.fromkeys(str(place[4][0]).partition("%")[0] for place in found))
