"""An embedded stack as a child process: started, ready, and stopped at the end of a block."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any

from segue.secret_file import read_secret
from segue.stack.folder import DataFolder, StackState
from segue.stack.part import PartFailed

READY_SECONDS = 120.0
_STOP_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One line of ``segue up --json``.

    Of the stack: ``starting``, ``ready`` (with all addresses), ``stopped``. Of a part, named by the
    field ``part``: ``part_started``, ``part_ready``, ``part_died``.
    """

    event: str
    fields: Mapping[str, Any]


class RunningStack:
    """``segue up`` on free ports; a context manager that is entered when the stack is ready.

    Parameters
    ----------
    data
        Data folder; it stays.
    arguments
        Further arguments of ``segue up``.
    environment
        Variables beside this process's own.

    Attributes
    ----------
    seconds_to_ready
        From starting the command, Python and its imports included, to its word that all is ready.
    """

    def __init__(
        self,
        data: Path,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = DataFolder(data.resolve())
        self.seconds_to_ready = 0.0
        self._arguments = tuple(arguments)
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._events: SimpleQueue[StackEvent | None] = SimpleQueue()
        self._readers: list[threading.Thread] = []
        self._errors: list[str] = []

    @property
    def pid(self) -> int:
        """Process id of the supervisor."""
        assert self._process is not None  # noqa: S101  # entered
        return self._process.pid

    @property
    def state(self) -> StackState:
        """The stack as its folder says now. Raises ``StackNotFound`` when it has ended."""
        return self.folder.running()

    @property
    def address(self) -> str:
        """``host:port`` of the gRPC API."""
        return self.state.address

    @property
    def page(self) -> str:
        """Address of the page, with the slash at its end."""
        return self.state.parts["web"].address

    @property
    def token(self) -> str:
        """The token of the stack's owner."""
        return read_secret(self.folder.owner_token_file)

    def __enter__(self) -> RunningStack:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the stack and wait until it is ready.

        Raises
        ------
        PartFailed
            When it ends before, or takes longer than ``READY_SECONDS``.
        """
        events = self._events = SimpleQueue()
        errors = self._errors = []
        began = time.monotonic()
        self._process = subprocess.Popen(
            (
                *(sys.executable, "-m", "segue", "up", "--json", "--port-base", "0"),
                *("--data", os.fspath(self.folder.root)),
                *self._arguments,
            ),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C reaches only the caller, who stops the stack at the end of the block.
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101  # asked for
        assert self._process.stderr is not None  # noqa: S101  # asked for
        self._readers = [
            threading.Thread(target=_read_events, args=(self._process.stdout, events), daemon=True),
            threading.Thread(target=_read_errors, args=(self._process.stderr, errors), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            self.wait_for("ready", timeout_seconds=READY_SECONDS)
        except BaseException:  # an interrupted caller has no block to leave
            self.stop()
            raise
        self.seconds_to_ready = time.monotonic() - began

    def wait_for(
        self, event: str, *, part: str | None = None, timeout_seconds: float = 60.0
    ) -> StackEvent:
        """The next event of this kind (of this part); those before it are passed over.

        Raises
        ------
        PartFailed
            When the stack ends first, or time runs out.
        """
        while True:
            try:
                told = self._events.get(timeout=timeout_seconds)
            except Empty:
                raise PartFailed(f"no {event!r} from the stack in {timeout_seconds:g} s") from None
            if told is None:
                self._events.put(None)
                raise PartFailed("the stack ended: " + " ".join(self._errors))
            if told.event == "error":
                self._errors.append(str(told.fields.get("message", "")))
            if told.event == event and part in (None, told.fields.get("part")):
                return told

    def stop(self) -> int:
        """Stop the stack as Ctrl-C would; harmless when it has ended.

        Returns
        -------
        int
            Exit status of ``segue up``.
        """
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        for reader in self._readers:
            reader.join(timeout=5)
        return process.wait()


def _read_events(output: IO[str], events: SimpleQueue[StackEvent | None]) -> None:
    with output as lines:
        for line in lines:
            fields = json.loads(line)
            if "error" in fields:
                fields = {"event": "error", **fields["error"]}
            events.put(StackEvent(fields.pop("event"), fields))
    events.put(None)


def _read_errors(output: IO[str], errors: list[str]) -> None:
    with output as lines:
        errors.extend(line.strip() for line in lines)
