"""Addresses to listen on: read, looked up and bound, or refused with a sentence."""

from __future__ import annotations

import os
import socket
from typing import TypeAlias

from segue.settings import InvalidSetting

Place: TypeAlias = tuple[int, int, int, tuple[object, ...]]
"""Family, kind, protocol and address, as sockets take them."""


def host_and_port(listen: str, variable: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``.

    Parameters
    ----------
    variable
        Of the environment, where the address was given.

    Raises
    ------
    InvalidSetting
        When it is something else.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise refused(listen, variable, "is not HOST:PORT, with a port from 0 to 65535")
    return host, int(port)


def places(listen: str, variable: str) -> list[Place]:
    """Where ``HOST:PORT`` may be bound; looking a host up may take its time.

    Raises
    ------
    InvalidSetting
        When it is something else, or names no host.
    """
    host, port = host_and_port(listen, variable)
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as exc:
        raise refused(listen, variable, f"names no host: {exc.strerror}") from exc
    return [(family, kind, protocol, place) for family, kind, protocol, _, place in found]


def bound(place: Place) -> socket.socket:
    """A socket that is bound and not listened on. Raises ``OSError`` when it cannot be."""
    *kind, address = place
    one = socket.socket(*kind)
    try:
        # What is left of the connections of a service that was here before does not count.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(address)
    except OSError:
        one.close()
        raise
    return one


def refused(listen: str, variable: str, complaint: str) -> InvalidSetting:
    """The error of an address that cannot be listened on."""
    return InvalidSetting(f"{variable} = {listen!r} {complaint}")


def not_bound(listen: str, variable: str, number: int) -> InvalidSetting:
    """The error of an address that the system, by its error number, does not let be bound."""
    return refused(listen, variable, f"cannot be listened on: {os.strerror(number)}")
