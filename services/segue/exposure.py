"""Addresses that only this machine reaches; what listens on others is heard by others."""

from __future__ import annotations

from ipaddress import ip_address

from segue.settings import InvalidSetting


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host, by its number or as ``localhost``."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_listening(address: str, *, insecure: bool, flag: str = "--insecure or ") -> None:
    """Refuse to listen where other machines could listen in, unless that is wanted.

    Parameters
    ----------
    address
        ``HOST:PORT``, or a socket (``unix:``), which no other machine reaches.
    flag
        The option that permits it beside ``SEGUE_INSECURE=1``, where there is one.

    Raises
    ------
    InvalidSetting
        ``LISTEN_INSECURE``.
    """
    if insecure or address.startswith(("unix:", "unix-abstract:")):
        return
    if not is_loopback(address.rpartition(":")[0]):
        raise InvalidSetting(
            f"{address} is reached by other machines, and calls are not encrypted: who listens in "
            "reads them, the owner's token too",
            reason="LISTEN_INSECURE",
            next_step="Listen on 127.0.0.1 behind a proxy that ends TLS. On a network that you "
            f"trust: {flag}SEGUE_INSECURE=1.",
        )
