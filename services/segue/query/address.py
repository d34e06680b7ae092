"""The address of the service, kept free until there is something to serve."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence

from segue.settings import InvalidSetting

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
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise _refused(listen, "is not HOST:PORT, with a port from 0 to 65535")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host.strip("[]") or None,
            int(port),
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except OSError as exc:
        raise _refused(listen, f"names no host: {exc.strerror}") from exc
    bound: list[socket.socket] = []
    failure: OSError | None = None
    for family, kind, protocol, _, place in found:
        chosen = bound[0].getsockname()[1] if bound else int(port)
        try:
            bound.append(_bind(family, kind, protocol, (place[0], chosen, *place[2:])))
        except OSError as exc:
            failure = failure or exc
            if exc.errno == errno.EADDRINUSE:
                break
    if not bound or (failure is not None and failure.errno == errno.EADDRINUSE):
        for one in bound:
            one.close()
        number = failure.errno if failure is not None else None
        raise _refused(listen, f"cannot be listened on: {os.strerror(number or errno.EINVAL)}")
    return ReservedAddress(f"{host}:{bound[0].getsockname()[1]}", bound)


def _bind(family: int, kind: int, protocol: int, place: tuple[object, ...]) -> socket.socket:
    one = socket.socket(family, kind, protocol)
    try:
        # What is left of the connections of a service that was here before does not count.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(place)
    except OSError:
        one.close()
        raise
    return one


def _refused(listen: str, complaint: str) -> InvalidSetting:
    return InvalidSetting(f"SEGUE_LISTEN = {listen!r} {complaint}")
