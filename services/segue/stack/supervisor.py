"""Runs the parts of an embedded stack: together up, together down, none left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from segue.stack.folder import DataFolder, PartState, StackState, write_whole
from segue.stack.orphans import MARK, end_orphans
from segue.stack.part import Part, PartEvent, PartPlan
from segue.stack.part_log import PartLog
from segue.stack.sockets import remove_socket_folder

Report = Callable[[str, PartEvent, str], None]
"""Told of every event: the part's name, the event, a phrase for a person."""

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where inference servers put their regions


class Supervisor:
    """Keeps the planned parts running in a data folder that its caller holds.

    Parameters
    ----------
    plans
        In the order of starting; they are stopped in the opposite order, one after another, so
        that each finishes while what it needs still answers.
    state
        What ``stack.json`` says beside the parts.
    report
        Told of every event.
    """

    def __init__(
        self,
        folder: DataFolder,
        plans: Sequence[PartPlan],
        state: StackState,
        report: Report,
    ) -> None:
        self._folder = folder
        self._state = state
        self._report = report
        self._stop = asyncio.Event()
        self._parts = {
            plan.name: Part(
                replace(plan, environment={**plan.environment, MARK: str(folder.root)}),
                PartLog(folder.logs / f"{plan.name}.log"),
                self._hear,
            )
            for plan in plans
        }

    @property
    def state(self) -> StackState:
        """The stack as it is now."""
        return replace(
            self._state,
            parts={
                name: PartState(
                    address=part.plan.address,
                    metrics=part.plan.metrics,
                    pid=part.pid,
                    ready=part.ready.is_set(),
                    restarts=part.restarts,
                )
                for name, part in self._parts.items()
            },
        )

    async def run(self, when_ready: Callable[[StackState], Awaitable[None]]) -> None:
        """Start all parts, await ``when_ready`` once they are, then keep them until :meth:`stop`.

        Raises
        ------
        PartFailed
            When a part cannot be started. All others are stopped by then.
        """
        keepers = {
            asyncio.create_task(self._keep(part), name=name) for name, part in self._parts.items()
        }
        ready = asyncio.create_task(self._all_ready(when_ready))
        stopped = asyncio.create_task(self._stop.wait())
        try:
            pending = {*keepers, ready, stopped}
            while not stopped.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            ready.cancel()
            stopped.cancel()
            await self._stop_parts()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, ready, stopped, return_exceptions=True)
            for part in self._parts.values():
                part.log.close()
            self._folder.state_file.unlink(missing_ok=True)
            self._folder.targets_file.unlink(missing_ok=True)
            shutil.rmtree(self._folder.run, ignore_errors=True)

    def stop(self) -> None:
        """Stop in order; called again, kill what still runs."""
        if self._stop.is_set():
            for part in self._parts.values():
                part.kill()
        self._stop.set()

    async def _keep(self, part: Part) -> None:
        for name in part.plan.needs:
            await self._parts[name].ready.wait()
        await part.keep_alive()

    async def _all_ready(self, when_ready: Callable[[StackState], Awaitable[None]]) -> None:
        for part in self._parts.values():
            await part.ready.wait()
        self._state = replace(self._state, state="ready")
        self._write()
        await when_ready(self.state)

    async def _stop_parts(self) -> None:
        self._state = replace(self._state, state="stopping")
        self._write()
        for part in reversed(self._parts.values()):
            await part.stop()

    def _hear(self, part: Part, event: PartEvent, phrase: str) -> None:
        self._write()
        self._report(part.plan.name, event, phrase)

    def _write(self) -> None:
        state = self.state
        # A full disk or a removed folder must not bring down, or leave behind, what runs.
        with contextlib.suppress(OSError):
            self._folder.write_state(state)
            write_whole(self._folder.targets_file, _targets(state))


def recover(folder: DataFolder) -> list[int]:
    """Clear what a killed supervisor left in a folder that is now held, and bring it up to date.

    Returns
    -------
    list[int]
        Ids of the processes that were left over, and are ended.

    Raises
    ------
    FolderUnusable
        When the queue of an earlier version cannot be taken over.
    """
    ended = end_orphans(folder.root)
    state = folder.read_state()
    if state is not None and state.shared_memory_prefix:
        for region in _SHARED_MEMORY.glob(f"{state.shared_memory_prefix}*"):
            region.unlink(missing_ok=True)
    if state is not None:
        remove_socket_folder(Path(state.socket_folder))
    folder.state_file.unlink(missing_ok=True)
    folder.targets_file.unlink(missing_ok=True)
    shutil.rmtree(folder.run, ignore_errors=True)
    folder.take_over_queue()
    folder.prepare()
    return ended


def _targets(state: StackState) -> str:
    """Prometheus ``file_sd_config`` text: one group per part that has metrics."""
    groups = []
    for name, part in state.parts.items():
        if part.metrics:
            target, _, path = part.metrics.partition("/")
            labels = {"job": f"segue-{name}", "__metrics_path__": f"/{path}"}
            groups.append({"targets": [target], "labels": labels})
    return json.dumps(groups, indent=2) + "\n"
