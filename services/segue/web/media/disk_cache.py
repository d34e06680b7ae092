"""Files that can be made again, kept on the disk as long as there is room."""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from segue.errors import Unavailable

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
    most_seconds
        Time after its last use when a file goes.
    """

    def __init__(self, folder: Path, most_bytes: int, most_seconds: float = math.inf) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
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
            try:
                await make(partial)
                await asyncio.to_thread(partial.replace, path)
            finally:
                await asyncio.to_thread(partial.unlink, missing_ok=True)
            await asyncio.to_thread(self.sweep, path.name)
        except OSError as exc:
            raise WebFolderFull(f"{self._folder} cannot be written: {exc.strerror}") from exc

    def sweep(self, newest: str = "") -> None:
        """Remove what is unused for too long, and what there is no room for, but for the newest."""
        now = time.time()
        kept: list[tuple[float, int, str]] = []
        for name, status in self._files():
            longest = self._most_seconds
            if name.startswith(_PARTIAL):
                longest = min(longest, _ABANDONED_AFTER_SECONDS)
            if now - status.st_mtime > longest:
                (self._folder / name).unlink(missing_ok=True)
            elif not name.startswith(_PARTIAL):
                kept.append((status.st_mtime, status.st_size, name))
        excess = sum(size for _, size, _ in kept) - self._most_bytes
        for _, size, name in sorted(kept):
            if excess <= 0:
                return
            if name != newest:
                (self._folder / name).unlink(missing_ok=True)
                excess -= size

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    try:
                        yield entry.name, entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
        except FileNotFoundError:
            return


def _touched(path: Path) -> bool:
    """Whether a file is there, which counts as used now."""
    try:
        os.utime(path)
    except OSError:  # where it cannot be, making it says why
        return False
    return True
