"""Rebuilds graphs in the background: copy, build in a child process, catch up, swap.

The live shard stays complete and open for reading and writing until the swap, which replaces one
small file atomically. Whatever is killed at whatever moment, the live shard named by that file
holds every acknowledged write; half-built copies are removed when the index is opened.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from segue.errors import IndexUnavailable
from segue.index.edge import graph_build
from segue.index.edge.engine import ShardLayout
from segue.index.edge.shard import Shard
from segue.telemetry import INDEX_BUILD_SECONDS, INDEX_BUILDS_TOTAL

logger = logging.getLogger(__name__)

REPLAY_SLICE = 64
"""Points replayed between two turns of the event loop: about 10 ms."""

CAUGHT_UP = 256
"""When fewer changes than this are left, writers wait for the last of them and the swap."""

MOST_ROUNDS = 20
"""Rounds of catching up before writers have to wait, however many changes are left."""

LONGEST_PAUSE_SECONDS = 600.0


class BuildStep(Enum):
    """What has just been reached in a build."""

    STARTED = "started"
    COPIED = "copied"
    BUILDING = "building"
    BUILT = "built"
    CAUGHT_UP = "caught up"
    SWITCHED = "switched"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class BuildPolicy:
    """When a graph is rebuilt: vectors outside it are scanned, so that searches slow down.

    Attributes
    ----------
    least
        Fewest new vectors that are worth a build.
    share
        New vectors as a share of all. A growing catalogue is then rebuilt at sizes that grow
        geometrically, at a total cost of a few final builds.
    pause_seconds
        Pause after a failed build; it doubles with each further failure.
    """

    least: int = 5_000
    share: float = 0.2
    pause_seconds: float = 5.0

    def asks_for(self, unindexed: int, points: int) -> bool:
        """Say whether a shard with so many vectors, so many of them new, wants a build."""
        return unindexed >= max(self.least, self.share * points)


DEFAULT_POLICY = BuildPolicy()


def _pass(step: BuildStep) -> None:
    del step


class GraphBuilds:
    """Builds of the shards of one index, one at a time.

    Parameters
    ----------
    writing
        Held by whoever writes; a build takes it to copy the files and to swap them.
    on_step
        Told of every step, in the event loop.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        writing: asyncio.Lock,
        policy: BuildPolicy = DEFAULT_POLICY,
        on_step: Callable[[BuildStep], None] | None = None,
    ) -> None:
        self._shards = shards
        self._writing = writing
        self._policy = policy
        self._on_step = on_step or _pass
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether a build runs, or waits to be tried again."""
        return self._task is not None and not self._task.done()

    def consider(self) -> None:
        """Start a build in the background when one is due; cheap enough after every write."""
        if self._closed or self.running or self._due() is None:
            return
        self._task = asyncio.get_running_loop().create_task(self._run(), name="index graph builds")

    async def settled(self) -> None:
        """Wait until no build runs and none is due."""
        self.consider()
        while self.running:
            await asyncio.wait([self._task] if self._task else [])
            self.consider()

    async def close(self) -> None:
        """Abandon a running build; the live shards are not touched by that."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _due(self) -> Shard | None:
        for shard in self._shards:
            # Counting points asks the engine, for which most writes are too early.
            early = shard.written_since_build < self._policy.least
            if not early and self._policy.asks_for(shard.unindexed, shard.points):
                return shard
        return None

    async def _run(self) -> None:
        pause = self._policy.pause_seconds
        while (shard := self._due()) is not None:
            started = time.perf_counter()
            try:
                await self._build(shard)
            except Exception:
                INDEX_BUILDS_TOTAL.labels("failed").inc()
                logger.exception("the graph was not built; trying again in %.0f s", pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                continue
            seconds = time.perf_counter() - started
            INDEX_BUILDS_TOTAL.labels("built").inc()
            INDEX_BUILD_SECONDS.observe(seconds)
            logger.info("%s: %d vectors in a new graph after %.1f s",
                        shard.layout.kind, shard.points, seconds)  # fmt: skip
            pause = self._policy.pause_seconds

    async def _build(self, shard: Shard) -> None:
        self._on_step(BuildStep.STARTED)
        copy = shard.begin_build()
        try:
            async with self._writing:
                shard.note_changes()
                await _in_thread(shutil.copytree, shard.live, copy)
            self._on_step(BuildStep.COPIED)
            await self._run_child(copy, shard.layout)
            self._on_step(BuildStep.BUILT)
            shard.open_built(copy)
            for _ in range(MOST_ROUNDS):
                if shard.changes <= CAUGHT_UP:
                    break
                await self._replay(shard)
            async with self._writing:
                await self._replay(shard)
                await _in_thread(shard.prepare_switch, copy)
                self._on_step(BuildStep.CAUGHT_UP)
                old = shard.switch(copy)
        except BaseException:
            shard.abandon_build()
            await _in_thread(shutil.rmtree, copy, True)
            raise
        self._on_step(BuildStep.SWITCHED)
        try:
            await _in_thread(old.sync)
        finally:
            old.close()
        await _in_thread(shutil.rmtree, old.folder, True)
        self._on_step(BuildStep.REMOVED)

    async def _run_child(self, copy: Path, layout: ShardLayout) -> None:
        child = await asyncio.create_subprocess_exec(
            *graph_build.command(copy, layout),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._on_step(BuildStep.BUILDING)
        try:
            _, complaint = await child.communicate()
        except BaseException:
            child.kill()
            await child.wait()
            raise
        if child.returncode != 0:
            text = complaint.decode(errors="replace").strip()[-2_000:]
            raise IndexUnavailable(f"the graph build ended with status {child.returncode}: {text}")

    @staticmethod
    async def _replay(shard: Shard) -> None:
        for piece in shard.take_changes(REPLAY_SLICE):
            shard.replay(piece)
            await asyncio.sleep(0)


async def _in_thread(function: Callable[..., Any], *arguments: object) -> None:
    """Run file work in a thread and see it through, even when the build is cancelled meanwhile."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
