"""Where the page listens: bound before anything else starts, refused with a sentence."""

from __future__ import annotations

import socket

from segue.listening import bound, not_bound, places

_VARIABLE = "SEGUE_WEB_LISTEN"


def bound_socket(listen: str) -> socket.socket:
    """A socket that is bound to ``HOST:PORT`` and not listened on yet.

    Raises
    ------
    InvalidSetting
        When it is not an address of this machine, may not be bound, or is taken.
    """
    # Of several addresses of a name, such as localhost, that of IPv4: everybody tries it.
    place = min(places(listen, _VARIABLE), key=lambda one: one[0] != socket.AF_INET)
    try:
        return bound(place)
    except OSError as exc:
        raise not_bound(listen, _VARIABLE, exc.errno or 0) from exc
