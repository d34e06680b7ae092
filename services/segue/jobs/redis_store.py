"""The submitting side of ingest: accepts tracks, tells how far they are, replays dead letters."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from operator import itemgetter
from typing import Any, cast

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from segue import deadlines
from segue.errors import (
    InvalidArgument,
    InvalidPageToken,
    JobNotFound,
    NotFound,
    QueueFull,
    QueueUnavailable,
)
from segue.ingest_jobs import (
    DeadLetter,
    IngestItem,
    ItemStatus,
    JobChange,
    JobProgress,
    QueueState,
    Submission,
)
from segue.jobs import scripts
from segue.jobs.address import client_options
from segue.jobs.news import JobNews
from segue.jobs.presence import FORGET_SECONDS, HeardWorker, workers_from
from segue.jobs.records import (
    ask_queue_state,
    dead_letter_from_json,
    item_to_json,
    new_job_id,
    progress_from_hash,
    queue_state_from,
    redis_answers,
    statuses_from_json,
)
from segue.settings import QueueSettings
from segue.turns import paced

_SHARE_OF_THE_REST = 0.75
_FULL_PAUSE_SECONDS = 5.0

_LETTER_BATCH = 1_000

CONNECTIONS = 32
"""To Redis, at most, besides the one for announcements; further commands wait for a free one."""

_READ_TOGETHER = 200
"""Tracks of a job in one piece of an answer: read at once, in a few milliseconds."""

_PLACE = re.compile(r"[0-9]{1,18}")
"""A place in the order of deaths."""

_LOOK_SECONDS = 2.0
"""How often a watch looks whether a worker lives."""

_HOPE_SECONDS = 5.0
"""A watch says that no worker lives when none did for this long: a worker that is started again
is no news."""


class RedisJobStore:
    """A :class:`~segue.jobs.port.JobStore` over Redis.

    Parameters
    ----------
    settings
        Say where the queue is.
    timeout_seconds
        Longest wait for one answer, connections that are made again included.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(self, settings: QueueSettings, *, timeout_seconds: float = 5.0) -> None:
        self._redis = redis.asyncio.Redis.from_pool(
            redis.asyncio.BlockingConnectionPool.from_url(
                **client_options(settings),
                max_connections=CONNECTIONS + 1,
                timeout=timeout_seconds,
                decode_responses=True,
                encoding_errors="replace",
                retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 3),
                socket_timeout=timeout_seconds,
                socket_connect_timeout=timeout_seconds,
            )
        )
        self._timeout_seconds = timeout_seconds
        self._news = JobNews(self._redis)
        register = self._redis.register_script
        self._submit = register(scripts.SUBMIT)
        self._changes = register(scripts.CHANGES)
        self._dead_letters = register(scripts.DEAD_LETTERS)
        self._replay = register(scripts.REPLAY)
        self._replay_all = register(scripts.REPLAY_ALL)
        self._dismiss = register(scripts.DISMISS)
        self._dismiss_all = register(scripts.DISMISS_ALL)
        self._workers = register(scripts.WORKERS)

    async def submit(
        self, items: Sequence[IngestItem], *, job_id: str | None = None, request_id: str = ""
    ) -> Submission:
        if not items:
            raise InvalidArgument("items", "name at least one track")
        job = new_job_id() if job_id is None else _known_form(job_id)
        mode = "new" if job_id is None else "add"
        # Also without a request of the caller's, what is sent again on a new connection must count
        # once.
        request = request_id or new_job_id()
        written = await paced(item_to_json, items)
        async with self._answers():
            answer = await self._submit(args=[job, mode, request, *written])
        if answer == "full":
            raise _no_room()
        if not answer:
            raise JobNotFound(f"no ingest job {job!r}")
        job, accepted, *needed = answer
        return Submission(job, repeated=not accepted, upload_needed=needed == [1])

    async def progress(self, job_id: str) -> JobProgress:
        return (await self._read(job_id, since=0, with_items=False))[0]

    async def items(self, job_id: str) -> list[ItemStatus]:
        return (await self._read(job_id, since=0))[1]

    async def watch(self, job_id: str) -> AsyncIterator[JobChange]:
        with self._news.watched(job_id) as watcher:
            # Listening starts before the first look: the end does not fall between the two.
            async with self._answers():
                await self._news.listen()
            version = 0
            presence = _Presence(self)
            while True:
                progress, changed, latest = await self._read(job_id, since=version)
                turned = await presence.turned()
                if version == 0 or latest != version or turned:
                    yield JobChange(progress, changed, worker_alive=presence.alive)
                version = latest
                if progress.done:
                    return
                await watcher.wait()

    async def dead_letters(
        self, *, limit: int, after: str | None = None, reason: str = ""
    ) -> tuple[list[DeadLetter], str | None, int]:
        if after is not None and not _PLACE.fullmatch(after):
            raise InvalidPageToken(f"{after!r} is not a place in the list of dead letters")
        async with self._answers():
            total, *found = await self._dead_letters(args=[reason, after or "", limit + 1])
        rows = list(zip(found[0::3], found[1::3], found[2::3], strict=True))
        page = [dead_letter_from_json(name, text) for name, _, text in rows[:limit]]
        more = len(rows) > limit and limit > 0
        return page, (rows[limit - 1][1] if more else None), total

    async def replay(
        self, dead_letter_ids: Sequence[str], *, reason: str = "", request_id: str = ""
    ) -> tuple[str | None, int]:
        job, request = new_job_id(), request_id or new_job_id()
        if dead_letter_ids:
            chosen = list(dict.fromkeys(dead_letter_ids))
            async with self._answers():
                answer = await self._replay(args=[job, request, *chosen])
            if not answer:
                raise _no_room()
            if isinstance(answer, str):
                raise _no_letter(answer)
            job, count = answer
            return job, count
        found, count = 1, 0
        async with self._answers():
            while found:
                answer = await self._replay_all(args=[job, request, reason, _LETTER_BATCH])
                if not answer:
                    raise _no_room()
                found, job, count = answer
        return (job if count else None), count

    async def dismiss(
        self, dead_letter_ids: Sequence[str], *, reason: str = "", request_id: str = ""
    ) -> int:
        request = request_id or new_job_id()
        if dead_letter_ids:
            async with self._answers():
                answer = await self._dismiss(args=[request, *dict.fromkeys(dead_letter_ids)])
            if isinstance(answer, str):
                raise _no_letter(answer)
            return int(answer)
        found, count = 1, 0
        async with self._answers():
            while found:
                found, count = await self._dismiss_all(args=[request, reason, _LETTER_BATCH])
        return count

    async def queue_state(self) -> QueueState:
        async with self._answers(), self._redis.pipeline(transaction=False) as pipeline:
            ask_queue_state(pipeline)
            return queue_state_from(await pipeline.execute())

    async def workers(self) -> list[HeardWorker]:
        async with self._answers():
            return workers_from(await self._workers(args=[round(FORGET_SECONDS * 1000)]))

    async def close(self) -> None:
        await self._news.close()
        await self._redis.aclose()

    @asynccontextmanager
    async def _answers(self) -> AsyncIterator[None]:
        """Bound the time of a call, so that its caller hears what is the matter before giving up.

        Raises
        ------
        QueueUnavailable
            When Redis refuses, or does not answer in time.
        """
        rest = deadlines.remaining_seconds(self._timeout_seconds / _SHARE_OF_THE_REST)
        seconds = rest * _SHARE_OF_THE_REST
        with redis_answers():
            try:
                async with asyncio.timeout(seconds):
                    yield
            except TimeoutError as exc:
                raise QueueUnavailable(f"the queue did not answer in {seconds:.1f} s") from exc

    async def _read(
        self, job_id: str, *, since: int, with_items: bool = True
    ) -> tuple[JobProgress, list[ItemStatus], int]:
        """Counts, the items that changed after version ``since`` in order, and the version."""
        together = _READ_TOGETHER if with_items else 0
        async with self._answers():
            answer = await self._changes(args=[_known_form(job_id), since, together])
        if not answer:
            raise JobNotFound(f"no ingest job {job_id!r}")
        fields, *pieces = cast("list[Any]", answer)
        record = dict(zip(fields[0::2], fields[1::2], strict=True))
        numbered = [one for piece in await paced(statuses_from_json, pieces) for one in piece]
        numbered.sort(key=itemgetter(0))
        statuses = [status for _, status in numbered]
        return progress_from_hash(job_id, record), statuses, int(record["version"])


def _no_room() -> QueueFull:
    return QueueFull("the queue's memory is full", retry_after_seconds=_FULL_PAUSE_SECONDS)


def _no_letter(dead_letter_id: str) -> NotFound:
    return NotFound(
        f"no dead letter {dead_letter_id!r}",
        next_step="List those there are: segue deadletters list. One goes when its track is "
        "indexed, and has a new id when it fails again.",
    )


class _Presence:
    """Whether a worker lives, as one watch sees it; asked now and then."""

    def __init__(self, job_store: RedisJobStore) -> None:
        self.alive: bool | None = None
        self._job_store = job_store
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
        if any(worker.alive for worker in await self._job_store.workers()):
            self._last_seen, self.alive = now, True
        elif now - self._last_seen >= _HOPE_SECONDS:
            self.alive = False
        return self.alive is not before


def _known_form(job_id: str) -> str:
    """The id, when it can be that of a job: others might name what is kept beside the jobs."""
    if job_id.endswith(scripts.BESIDE_JOBS):
        raise JobNotFound(f"no ingest job {job_id!r}")
    return job_id
