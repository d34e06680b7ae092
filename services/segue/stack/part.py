"""One supervised process: started, watched until ready, restarted with backoff, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from segue.errors import SegueError
from segue.stack.part_log import LogPipe, PartLog, log_tail

POLL_SECONDS = 0.05
BACKOFF_BASE_SECONDS = 0.25
BACKOFF_CAP_SECONDS = 30.0

# A part that ran for so long had recovered: its next death starts the backoff anew.
STEADY_SECONDS = 30.0

_END_WITH_PARENT = Path(__file__).with_name("end_with_parent.py")
_KILL_SECONDS = 5.0


class PartFailed(SegueError):
    """A part cannot be started."""

    reason = "PART_FAILED"
    next_step = "Read its log, correct the cause and start again."


class PartEvent(Enum):
    """What a part tells its supervisor."""

    STARTED = "started"
    READY = "ready"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class PartPlan:
    """What one part is, and how it is started and asked.

    Attributes
    ----------
    environment
        Complete; the supervisor adds its own mark.
    folder
        Where it is started; None: where the supervisor was.
    ready
        Asks once whether the part can do its work.
    address, metrics
        ``host:port`` where it serves, and ``host:port/path`` of its metrics; or empty.
    needs
        Parts that must be ready before this one is started.
    ready_seconds
        How long it may take from start to ready.
    stop_seconds
        How long it may take from SIGTERM to its end.
    clean_up
        Removes what a killed process leaves outside the data folder; called after every end.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]]
    address: str = ""
    metrics: str = ""
    needs: tuple[str, ...] = ()
    folder: Path | None = None
    ready_seconds: float = 60.0
    stop_seconds: float = 10.0
    clean_up: Callable[[], None] = field(default=lambda: None)


class Part:
    """Keeps the process of one plan alive until told to stop.

    Parameters
    ----------
    tell
        Called on every event with the part, the event and a phrase for a person.
    """

    def __init__(
        self,
        plan: PartPlan,
        log: PartLog,
        tell: Callable[[Part, PartEvent, str], None],
    ) -> None:
        self.plan = plan
        self.log = log
        self.restarts = 0
        self.ready = asyncio.Event()
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._pipe: LogPipe | None = None
        self._watch: asyncio.Task[bool] | None = None
        self._stopping = asyncio.Event()
        self._ever_ready = False

    @property
    def pid(self) -> int | None:
        """Process id, or None while the part is down."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    async def keep_alive(self) -> None:
        """Start the process and start it again whenever it dies, until :meth:`stop`.

        Raises
        ------
        PartFailed
            When it dies, or is not ready in time, before it was ready for the first time.
        """
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            how = await self._run_once()
            if self._stopping.is_set():
                return
            if not self._ever_ready:
                raise PartFailed(
                    f"{self.plan.name} {how} before it was ready; the end of its log:\n"
                    f"{log_tail(self.log.path)}",
                    next_step=f"Read {self.log.path}, correct the cause and start again.",
                )
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures
            delay = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * 2**failures)
            failures += 1
            self.restarts += 1
            self._tell(self, PartEvent.DIED, f"{how}; starting it again in {delay:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def stop(self) -> None:
        """End the process: SIGTERM first, SIGKILL when its time is over."""
        self._stopping.set()
        if self._watch is not None:
            self._watch.cancel()
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.plan.stop_seconds)
        await self._end(process)

    def kill(self) -> None:
        """End the process and its children at once."""
        self._stopping.set()
        if self._process is not None:
            _kill_group(self._process.pid)

    async def _run_once(self) -> str:
        """Run the process to its end; how it ended, for a person."""
        pipe = self._pipe = LogPipe(self.log)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", os.fspath(_END_WITH_PARENT), str(os.getpid())),
            *self.plan.command,
            env=dict(self.plan.environment),
            cwd=self.plan.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe.entrance,
            stderr=asyncio.subprocess.STDOUT,
            # A group of its own: Ctrl-C reaches the supervisor only, and killing the group
            # takes the part's own children along.
            start_new_session=True,
        )
        self._process = process
        pipe.close_entrance()
        if self._stopping.is_set():  # told to stop while the process was being made
            _kill_group(process.pid)
        self._tell(self, PartEvent.STARTED, f"process {process.pid}")
        watch = self._watch = asyncio.create_task(self._await_ready())
        ended = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({watch, ended}, return_when=asyncio.FIRST_COMPLETED)
            too_slow = watch.done() and not watch.cancelled() and not watch.result()
            if too_slow:
                _kill_group(process.pid)
            await ended
        finally:
            watch.cancel()
            ended.cancel()
            self.ready.clear()
            await self._end(process)
        if too_slow:
            return f"was not ready after {self.plan.ready_seconds:g} s"
        return _ending(process.returncode)

    async def _await_ready(self) -> bool:
        deadline = time.monotonic() + self.plan.ready_seconds
        began = time.monotonic()
        while not await self.plan.ready():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        self._ever_ready = True
        self.ready.set()
        self._tell(self, PartEvent.READY, f"after {time.monotonic() - began:.1f} s")
        return True

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        _kill_group(process.pid)
        await process.wait()
        if self._pipe is not None:
            await self._pipe.drained(timeout_seconds=_KILL_SECONDS)
        self.plan.clean_up()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit status {code}"
