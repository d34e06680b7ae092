"""Watching a job: a picture of it, then what changes, in pieces of bounded size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from segue.ingest_jobs import ItemStatus, JobChange, JobProgress
from segue.jobs.news import Watcher
from segue.jobs.presence import HeardWorker

_LOOK_SECONDS = 2.0
"""How often a watch looks whether a worker lives."""

_HOPE_SECONDS = 5.0
"""A watch says that no worker lives when none did for this long: a worker that is started again
is no news."""


@dataclass(frozen=True, slots=True)
class Look:
    """Some tracks of a job, and how the job stood when they were read.

    Attributes
    ----------
    version
        Of the job; every change of a track raises it.
    seen
        Version up to which the changes were told with this look.
    """

    progress: JobProgress
    statuses: Sequence[ItemStatus]
    version: int
    seen: int


class JobReader(Protocol):
    """What a watch asks of the queue."""

    async def look_at(self, job_id: str, *, first: int) -> Look:
        """Some tracks from number ``first`` on, in the order of submission."""
        ...

    async def look_since(self, job_id: str, *, version: int) -> Look:
        """Some of the tracks that changed after ``version``, in the order of the changes."""
        ...

    async def workers(self) -> list[HeardWorker]:
        """The workers that were heard lately."""
        ...


async def changes(reader: JobReader, job_id: str, watcher: Watcher) -> AsyncIterator[JobChange]:
    """The job with all its tracks, then every change, until it is done.

    Only the piece that is being told is held, however many tracks the job has.

    Raises
    ------
    JobNotFound
        When there is no such job.
    QueueUnavailable
        When the queue does not answer.
    """
    presence = _Presence(reader.workers)
    look = await reader.look_at(job_id, first=0)
    # What changes while the picture is told is told once more, after it.
    version, told = look.version, len(look.statuses)
    await presence.turned()
    while told < look.progress.total:
        yield JobChange(look.progress, look.statuses, presence.alive, more=True)
        look = await reader.look_at(job_id, first=told)
        told += len(look.statuses)
    more = look.version > version
    yield JobChange(look.progress, look.statuses, presence.alive, more=more)
    while more or not look.progress.done:
        if not more:
            await watcher.wait()
        look = await reader.look_since(job_id, version=version)
        version, more = look.seen, look.version > look.seen
        if await presence.turned() or look.statuses:
            yield JobChange(look.progress, look.statuses, presence.alive, more=more)


class _Presence:
    """Whether a worker lives, as one watch sees it; asked now and then."""

    def __init__(self, workers: Callable[[], Awaitable[list[HeardWorker]]]) -> None:
        self.alive: bool | None = None
        self._workers = workers
        self._clock = asyncio.get_running_loop().time
        self._last_seen = self._clock()
        self._next_look = self._last_seen

    async def turned(self) -> bool:
        """Look, when it is time to; whether :attr:`alive` is another than before."""
        now = self._clock()
        # A worker's return is told before what it does.
        if now < self._next_look and self.alive is not False:
            return False
        self._next_look = now + _LOOK_SECONDS
        before = self.alive
        if any(worker.alive for worker in await self._workers()):
            self._last_seen, self.alive = now, True
        elif now - self._last_seen >= _HOPE_SECONDS:
            self.alive = False
        return self.alive is not before
