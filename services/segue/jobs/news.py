"""Hears from Redis that jobs are finished, over one connection for all who watch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis.exceptions import RedisError

from segue.errors import QueueUnavailable

log = logging.getLogger(__name__)

CHANNELS = "segue:changes:"
"""Start of the names of the channels; a job's id follows."""

FINISHED = "finished"
"""What is announced at the end of a job; nothing else is."""

_POLL_SECONDS = 1.0

_TELLING_SECONDS = 1.0
"""What changes within this time is told together: with short tracks much of the CPU time of
telling would otherwise be spent on steps that nobody can see. The end is told at once."""


class Watcher:
    """One who watches a job."""

    def __init__(self) -> None:
        self._heard = asyncio.Event()
        self._lost: Exception | None = None

    async def wait(self) -> None:
        """Return when it is time to look at the job: after a while, at once when it is finished.

        Raises
        ------
        QueueUnavailable
            When the connection is lost.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_TELLING_SECONDS):
                await self._heard.wait()
        self._heard.clear()
        if self._lost is not None:
            raise QueueUnavailable("the queue does not announce the end of jobs") from self._lost

    def hear(self) -> None:
        """Note that the job is finished."""
        self._heard.set()

    def lose(self, error: Exception) -> None:
        """Note that there will be no more announcements."""
        self._lost = error
        self._heard.set()


class JobNews:
    """Hears the announcements of all jobs, and passes each on to those who watch its job.

    Parameters
    ----------
    redis
        An asyncio client of redis-py that decodes answers.
    """

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._watchers: dict[str, set[Watcher]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()

    @contextmanager
    def watched(self, job_id: str) -> Iterator[Watcher]:
        """Watch a job for the length of a block: its end is heard once :meth:`listen` returned."""
        watcher = Watcher()
        self._watchers.setdefault(job_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            others = self._watchers[job_id]
            others.discard(watcher)
            if not others:
                del self._watchers[job_id]

    async def listen(self) -> None:
        """Return when the end of every job is heard from now on.

        A queue that is frozen keeps this waiting: the caller bounds the time.

        Raises
        ------
        QueueUnavailable
            When Redis refuses, or is not there.
        """
        if self._reading is None or self._reading.done():
            self._subscribed.clear()
            self._reading = asyncio.create_task(self._read())
        reading = self._reading
        subscribed = asyncio.create_task(self._subscribed.wait())
        try:
            await asyncio.wait({reading, subscribed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            subscribed.cancel()
        if not self._subscribed.is_set():
            raise QueueUnavailable("the queue does not announce the end of jobs")

    async def close(self) -> None:
        """Stop listening."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def _read(self) -> None:
        try:
            async with self._redis.pubsub() as news:
                await news.psubscribe(f"{CHANNELS}*")
                while True:
                    message = await news.get_message(timeout=_POLL_SECONDS)
                    if message is None:
                        continue
                    if message["type"] == "psubscribe":
                        self._subscribed.set()
                    elif message["data"] == FINISHED:
                        job_id = message["channel"].removeprefix(CHANNELS)
                        for watcher in self._watchers.get(job_id, ()):
                            watcher.hear()
        except (RedisError, OSError) as error:
            self._subscribed.clear()
            log.warning("the end of ingest jobs is not announced any more: %s", error)
            for watchers in self._watchers.values():
                for watcher in watchers:
                    watcher.lose(error)
