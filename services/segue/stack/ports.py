"""Ports of the embedded stack: a block of neighbours, or any free block."""

from __future__ import annotations

import errno
import random
import socket
from dataclasses import dataclass, fields, replace

from segue.errors import SegueError

DEFAULT_BASE = 50_051
LOOPBACK = "127.0.0.1"

# Below the range from which systems take the local ports of outgoing connections. A client that
# tries to reach a killed server again and again could otherwise be given that server's port, even
# connect to itself, and the server could not come back.
_FREE_RANGE = range(20_000, 32_000)
_FREE_TRIES = 200


class PortInUse(SegueError):
    """A port that the stack was told to use belongs to something else."""

    reason = "PORT_IN_USE"
    next_step = "Choose other ports with --port-base N (0: any free ones)."


@dataclass(frozen=True, slots=True)
class Ports:
    """One port per listener, each in [1, 65535]."""

    query: int
    query_metrics: int
    worker_metrics: int
    triton_metrics: int
    collaborative: int
    web: int
    web_metrics: int


def choose_ports(
    base: int = DEFAULT_BASE,
    *,
    host: str = LOOPBACK,
    query: int | None = None,
    page_host: str = LOOPBACK,
) -> Ports:
    """Ports ``base``, ``base + 1``, ... that are free now; any free block when ``base`` is 0.

    Parameters
    ----------
    host
        Where the gRPC API listens; everything but it and the page listens on the loopback.
    page_host
        Where the page listens.
    query
        Port of the gRPC API, when it is not to be the first of the block.

    Raises
    ------
    PortInUse
        When one of them is taken, or ``base`` is out of range.
    """
    count = len(fields(Ports))
    if base == 0:
        ports = Ports(*free_ports(count))
    elif 1 <= base <= 65_536 - count:
        ports = Ports(*range(base, base + count))
    else:
        raise PortInUse(f"--port-base {base} must be 0 or lie in [1, {65_536 - count}]")
    if query:
        ports = replace(ports, query=query)
    for field in fields(Ports):
        port = getattr(ports, field.name)
        where = {"query": host, "web": page_host}.get(field.name, LOOPBACK)
        if not is_free(port, where):
            name = field.name.replace("_", " ")
            raise PortInUse(f"port {port} (for {name}) on {where} is in use or not allowed")
    return ports


def is_free(port: int, host: str) -> bool:
    """Whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections linger in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as exc:
            if exc.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise PortInUse(f"cannot listen on {host}:{port}: {exc.strerror}") from exc
    return True


def free_ports(count: int, host: str = LOOPBACK) -> range:
    """Neighbouring ports that are free now, and that the system gives to no outgoing connection.

    Raises
    ------
    PortInUse
        When it finds none in many tries.
    """
    for _ in range(_FREE_TRIES):
        base = random.randrange(_FREE_RANGE.start, _FREE_RANGE.stop - count)
        block = range(base, base + count)
        if all(is_free(port, host) for port in block):
            return block
    raise PortInUse(f"no {count} neighbouring free ports on {host}")
