"""The address of the service, kept free until there is something to serve."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence

from segue.listening import bound, host_and_port, not_bound, places

_VARIABLE = "SEGUE_LISTEN"
_FILES = ("unix:", "unix-abstract:")


class ReservedAddress:
    """An address that is bound and not listened on: callers are refused, nobody else gets it.

    Attributes
    ----------
    address
        What to listen on, with the port that was chosen where 0 was asked for.
    """

    def __init__(self, address: str, sockets: Sequence[socket.socket] = ()) -> None:
        self.address = address
        self._sockets = tuple(sockets)

    def release(self) -> None:
        """Let go of it, for the server to listen on at once, or for others."""
        for one in self._sockets:
            one.close()


async def reserve(listen: str) -> ReservedAddress:
    """Bind ``HOST:PORT``; an address that is a file (``unix:``) is left to the server.

    Raises
    ------
    InvalidSetting
        When it is not an address of this machine, may not be bound, or is taken.
    """
    if listen.startswith(_FILES):
        return ReservedAddress(listen)
    found = await asyncio.to_thread(places, listen, _VARIABLE)
    host, port = host_and_port(listen, _VARIABLE)
    taken: list[socket.socket] = []
    failure: OSError | None = None
    for family, kind, protocol, place in found:
        chosen = taken[0].getsockname()[1] if taken else port
        try:
            taken.append(bound((family, kind, protocol, (place[0], chosen, *place[2:]))))
        except OSError as exc:
            failure = failure or exc
            if exc.errno == errno.EADDRINUSE:
                break
    if not taken or (failure is not None and failure.errno == errno.EADDRINUSE):
        for one in taken:
            one.close()
        number = failure.errno if failure is not None else None
        raise not_bound(listen, _VARIABLE, number or errno.EINVAL)
    return ReservedAddress(f"{host}:{taken[0].getsockname()[1]}", taken)
