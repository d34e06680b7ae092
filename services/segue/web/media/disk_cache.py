"""Files that can be made again, kept on the disk as long as there is room."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from segue.errors import Unavailable

log = logging.getLogger(__name__)

_PARTIAL = ".partial-"
_ABANDONED_AFTER_SECONDS = 3_600.0


class WebFolderFull(Unavailable):
    """What the page needs cannot be written to its folder."""

    reason = "WEB_FOLDER_UNUSABLE"
    next_step = "Make room on the disk of SEGUE_WEB_FOLDER, or let its user write there."


class DiskCache:
    """Files by their keys; the longest unused go when there are too many bytes.

    Several processes may share a folder. Within one, what several callers want at the same time is
    made once.

    Parameters
    ----------
    most_bytes
        What may stay after a file was made; while it is made, there may be more.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._making: dict[str, asyncio.Task[None]] = {}

    async def file(
        self, key: tuple[object, ...], ending: str, make: Callable[[Path], Awaitable[None]]
    ) -> Path:
        """The file of a key.

        Parameters
        ----------
        key
            All that the content depends on.
        ending
            Of its name, with the dot.
        make
            Writes the file to the path that it is given, when there is none.

        Raises
        ------
        WebFolderFull
            When the folder cannot be written.
        SegueError
            As ``make``.
        """
        name = hashlib.sha256(repr(key).encode()).hexdigest() + ending
        path = self._folder / name
        if await asyncio.to_thread(_touched, path):
            return path
        making = self._making.get(name)
        if making is None:
            making = asyncio.create_task(self._make(path, make))
            self._making[name] = making
            making.add_done_callback(lambda made: self._made(name, made))
        # Who no longer waits does not end it for the others.
        await asyncio.shield(making)
        return path

    def _made(self, name: str, making: asyncio.Task[None]) -> None:
        del self._making[name]
        if not making.cancelled():
            making.exception()  # somebody has looked at it, also when nobody waits any more

    async def _make(self, path: Path, make: Callable[[Path], Awaitable[None]]) -> None:
        partial = path.with_name(f"{_PARTIAL}{secrets.token_hex(8)}{path.suffix}")
        try:
            await asyncio.to_thread(self._folder.mkdir, 0o700, parents=True, exist_ok=True)
            await make(partial)
            await asyncio.to_thread(partial.replace, path)
            await asyncio.to_thread(self._make_room, path.name)
        except OSError as exc:
            raise WebFolderFull(f"{self._folder} cannot be written: {exc.strerror}") from exc
        finally:
            await asyncio.to_thread(partial.unlink, missing_ok=True)

    def _make_room(self, newest: str) -> None:
        oldest_partial = time.time() - _ABANDONED_AFTER_SECONDS
        found: list[tuple[float, int, str]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if not entry.name.startswith(_PARTIAL):
                    found.append((status.st_mtime, status.st_size, entry.name))
                elif status.st_mtime < oldest_partial:
                    Path(entry.path).unlink(missing_ok=True)
        excess = sum(size for _, size, _ in found) - self._most_bytes
        for _, size, name in sorted(found):
            if excess <= 0:
                return
            if name != newest:
                (self._folder / name).unlink(missing_ok=True)
                excess -= size


def _touched(path: Path) -> bool:
    """Whether a file is there, which counts as used now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
