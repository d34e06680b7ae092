"""A lock on a folder that processes share; the system lets go of it when its holder is killed."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from segue.errors import ListenersFolderUnusable

_FILE = "lock"


class FolderLock:
    """One process at a time holds it. On a network file system it wants NFS 4."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take it, unless another one holds it, in this process too; the folder is made for it.

        Raises
        ------
        ListenersFolderUnusable
            When the folder cannot be made or written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._folder / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise ListenersFolderUnusable(f"{self._folder} cannot be used: {exc.strerror}") from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
