"""Where the page listens: bound before anything else starts, refused with a sentence."""

from __future__ import annotations

import os
import socket

from segue.settings import InvalidSetting


def bound_socket(listen: str) -> socket.socket:
    """A socket that is bound to ``HOST:PORT`` and not listened on yet.

    Raises
    ------
    InvalidSetting
        When it is not an address of this machine, may not be bound, or is taken.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise _refused(listen, "is not HOST:PORT, with a port from 0 to 65535")
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None,
            int(port),
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except OSError as exc:
        raise _refused(listen, f"names no host: {exc.strerror}") from exc
    # Of several addresses of a name, such as localhost, that of IPv4: everybody tries it.
    family, kind, protocol, _, place = min(found, key=lambda one: one[0] != socket.AF_INET)
    one = socket.socket(family, kind, protocol)
    try:
        # What is left of the connections of a process that was here before does not count.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(place)
    except OSError as exc:
        one.close()
        complaint = f"cannot be listened on: {os.strerror(exc.errno or 0)}"
        raise _refused(listen, complaint) from exc
    return one


def _refused(listen: str, complaint: str) -> InvalidSetting:
    return InvalidSetting(f"SEGUE_WEB_LISTEN = {listen!r} {complaint}")
