"""A part's log: bounded in size, the newest lines at hand."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

MAXIMUM_BYTES = 5 * 1024 * 1024
_KEPT = 2
_TAIL_BYTES = 65_536
_RULES = ("+-", "| ")
"""How the lines of the tables begin that the inference server prints of its settings."""
_READ_BYTES = 65_536


def log_tail(path: Path, lines: int = 20) -> str:
    """The last lines of a log, without tables of settings, which never hold the fault."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    said = [line for line in text.splitlines() if line and not line.startswith(_RULES)]
    return "\n".join(said[-lines:])


class PartLog:
    """Appends output to ``NAME.log`` and rotates it to ``NAME.log.1``, ``.2`` when it is full."""

    def __init__(
        self, path: Path, *, maximum_bytes: int = MAXIMUM_BYTES, kept: int = _KEPT
    ) -> None:
        self.path = path
        self._maximum = maximum_bytes
        self._kept = kept
        self._file = path.open("ab")

    def write(self, output: bytes) -> None:
        """Append; the last piece before a rotation may reach over the bound."""
        if self._file.tell() >= self._maximum:
            self._rotate()
        self._file.write(output)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()

        def numbered(number: int) -> Path:
            return self.path.with_name(f"{self.path.name}.{number}")

        for number in range(self._kept, 1, -1):
            if numbered(number - 1).exists():
                numbered(number - 1).replace(numbered(number))
        self.path.replace(numbered(1))
        self._file = self.path.open("ab")


class LogPipe:
    """Carries what a process and its children say into a log, until the last of them has ended.

    asyncio's own pipes would not do: with those, the end of a process is told only when its pipes
    are closed, and a child that outlives it would hide that it died.

    Attributes
    ----------
    entrance
        File descriptor to give to the process.
    """

    def __init__(self, log: PartLog) -> None:
        self._log = log
        self._exit, self.entrance = os.pipe()
        os.set_blocking(self._exit, False)
        self._drained = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._exit, self._carry)

    def close_entrance(self) -> None:
        """Let go of this process's copy of the entrance, once the other process has its own."""
        os.close(self.entrance)

    async def drained(self, *, timeout_seconds: float) -> None:
        """Wait until everything is in the log, or time runs out; then close."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), timeout_seconds)
        self._close()

    def _carry(self) -> None:
        try:
            output = os.read(self._exit, _READ_BYTES)
        except BlockingIOError:
            return
        if output:
            with contextlib.suppress(OSError):  # on a full disk the part matters, not its log
                self._log.write(output)
        else:
            self._close()

    def _close(self) -> None:
        if not self._drained.is_set():
            self._loop.remove_reader(self._exit)
            os.close(self._exit)
            self._drained.set()
