"""The submitting side of ingest: accepts tracks, tells how far they are, replays dead letters."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import (
    InvalidArgument,
    InvalidPageToken,
    JobCancelled,
    JobNotFound,
    NotFound,
    QueueFull,
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
from segue.jobs.connection import answers, connect
from segue.jobs.news import JobNews
from segue.jobs.presence import FORGET_SECONDS, HeardWorker, workers_from
from segue.jobs.records import (
    ask_queue_state,
    dead_letter_from_json,
    item_to_json,
    new_job_id,
    progress_from_hash,
    queue_state_from,
    statuses_from_json,
)
from segue.jobs.watching import Look, changes
from segue.settings import QueueSettings
from segue.turns import paced

_FULL_PAUSE_SECONDS = 5.0

_LETTER_BATCH = 1_000
_CANCEL_BATCH = 200
"""Tracks that are cancelled at once: Redis does nothing else for some 20 ms."""

CONNECTIONS = 32
"""To Redis, at most, besides the one for announcements; further commands wait for a free one."""

_READ_TOGETHER = 200
"""Tracks of a job in one piece of an answer: read at once, in a few milliseconds."""

_READ_TRACKS = 1_000
"""Tracks of a job in one answer, at most: Redis does nothing else while it gathers them."""

_READ_BYTES = 1_000_000
"""Size of an answer with tracks of a job, at most, unless one track alone is larger."""

_PLACE = re.compile(r"[0-9]{1,18}")
"""A place in the order of jobs, or of deaths."""


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
        self._redis = connect(
            settings, connections=CONNECTIONS + 1, timeout_seconds=timeout_seconds
        )
        self._timeout_seconds = timeout_seconds
        self._news = JobNews(self._redis)
        register = self._redis.register_script
        self._submit = register(scripts.SUBMIT)
        self._items = register(scripts.ITEMS)
        self._changes = register(scripts.CHANGES)
        self._jobs = register(scripts.JOBS)
        self._cancel = register(scripts.CANCEL)
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
        if answer == "stopped":
            raise JobCancelled(f"the ingest job {job!r} was cancelled")
        if not answer:
            raise _not_known(job)
        job, accepted, *needed = answer
        return Submission(job, repeated=not accepted, upload_needed=needed == [1])

    async def progress(self, job_id: str) -> JobProgress:
        # Typed as for the blocking client too.
        key = f"segue:job:{_known_form(job_id)}"
        async with self._answers():
            record = await cast("Awaitable[dict[str, str]]", self._redis.hgetall(key))
        if not record:
            raise _not_known(job_id)
        return progress_from_hash(job_id, record)

    async def items(
        self, job_id: str, *, first: int = 0
    ) -> AsyncGenerator[Sequence[ItemStatus], None]:
        while True:
            look = await self.look_at(job_id, first=first)
            if not look.statuses:
                return
            yield look.statuses
            first += len(look.statuses)
            if first >= look.progress.total:
                return

    async def list_jobs(
        self, *, limit: int, after: str | None = None, catalogue: str = DEFAULT_CATALOGUE
    ) -> tuple[list[JobProgress], str | None]:
        if after is not None and not _PLACE.fullmatch(after):
            raise InvalidPageToken(f"{after!r} is not a place in the list of jobs")
        async with self._answers():
            found = await self._jobs(args=[catalogue, after or "", limit + 1])
        rows = list(zip(found[0::3], found[1::3], found[2::3], strict=True))
        page = [
            progress_from_hash(job, _record(fields)) for job, _, fields in rows[:limit] if fields
        ]
        return page, (rows[limit - 1][1] if len(rows) > limit > 0 else None)

    async def cancel(self, job_id: str) -> int:
        known = _known_form(job_id)
        number, total, cancelled = 0, 1, 0
        while number < total:
            async with self._answers():
                answer = await self._cancel(args=[known, number, _CANCEL_BATCH])
            if not answer:
                raise _not_known(job_id)
            number, total, now = answer
            cancelled += now
        return cancelled

    async def watch(self, job_id: str) -> AsyncIterator[JobChange]:
        with self._news.watched(job_id) as watcher:
            # Listening starts before the first look: the end does not fall between the two.
            async with self._answers():
                await self._news.listen()
            async for change in changes(self, job_id, watcher):
                yield change

    async def look_at(self, job_id: str, *, first: int) -> Look:
        """As :meth:`segue.jobs.watching.JobReader.look_at`."""
        fields, *pieces = await self._told(self._items, job_id, first)
        return await _look(job_id, fields, pieces, seen=0)

    async def look_since(self, job_id: str, *, version: int) -> Look:
        """As :meth:`segue.jobs.watching.JobReader.look_since`."""
        fields, seen, *pieces = await self._told(self._changes, job_id, version)
        return await _look(job_id, fields, pieces, seen=int(seen))

    async def dead_letters(
        self,
        *,
        limit: int,
        after: str | None = None,
        reason: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> tuple[list[DeadLetter], str | None, int]:
        if after is not None and not _PLACE.fullmatch(after):
            raise InvalidPageToken(f"{after!r} is not a place in the list of dead letters")
        async with self._answers():
            total, *found = await self._dead_letters(
                args=[catalogue, reason, after or "", limit + 1]
            )
        rows = list(zip(found[0::3], found[1::3], found[2::3], strict=True))
        page = [dead_letter_from_json(name, text) for name, _, text in rows[:limit]]
        more = len(rows) > limit and limit > 0
        return page, (rows[limit - 1][1] if more else None), total

    async def replay(
        self,
        dead_letter_ids: Sequence[str],
        *,
        reason: str = "",
        request_id: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> tuple[str | None, int]:
        job, request = new_job_id(), request_id or new_job_id()
        if dead_letter_ids:
            chosen = list(dict.fromkeys(dead_letter_ids))
            async with self._answers():
                answer = await self._replay(args=[catalogue, job, request, *chosen])
            if not answer:
                raise _no_room()
            if isinstance(answer, str):
                raise _no_letter(answer)
            job, count = answer
            return job, count
        found, count = 1, 0
        async with self._answers():
            while found:
                answer = await self._replay_all(
                    args=[catalogue, job, request, reason, _LETTER_BATCH]
                )
                if not answer:
                    raise _no_room()
                found, job, count = answer
        return (job if count else None), count

    async def dismiss(
        self,
        dead_letter_ids: Sequence[str],
        *,
        reason: str = "",
        request_id: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> int:
        request = request_id or new_job_id()
        if dead_letter_ids:
            async with self._answers():
                answer = await self._dismiss(
                    args=[catalogue, request, *dict.fromkeys(dead_letter_ids)]
                )
            if isinstance(answer, str):
                raise _no_letter(answer)
            return int(answer)
        found, count = 1, 0
        async with self._answers():
            while found:
                found, count = await self._dismiss_all(
                    args=[catalogue, request, reason, _LETTER_BATCH]
                )
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

    def _answers(self) -> AbstractAsyncContextManager[None]:
        return answers(self._timeout_seconds)

    async def _told(self, script: Any, job_id: str, start: int) -> list[Any]:
        """What a script says of a job from ``start`` on: no more than one answer may hold."""
        limits = (_READ_TRACKS, _READ_TOGETHER, _READ_BYTES)
        async with self._answers():
            answer = await script(args=[_known_form(job_id), start, *limits])
        if not answer:
            raise _not_known(job_id)
        return cast("list[Any]", answer)


async def _look(job_id: str, fields: list[str], pieces: list[str], *, seen: int) -> Look:
    record = _record(fields)
    statuses = [status for piece in await paced(statuses_from_json, pieces) for status in piece]
    return Look(progress_from_hash(job_id, record), statuses, int(record["version"]), seen)


def _record(fields: list[str]) -> dict[str, str]:
    return dict(zip(fields[0::2], fields[1::2], strict=True))


def _no_room() -> QueueFull:
    return QueueFull("the queue's memory is full", retry_after_seconds=_FULL_PAUSE_SECONDS)


def _no_letter(dead_letter_id: str) -> NotFound:
    return NotFound(
        f"no dead letter {dead_letter_id!r}",
        next_step="List those there are: segue deadletters list. One goes when its track is "
        "indexed, and has a new id when it fails again.",
    )


def _known_form(job_id: str) -> str:
    """The id, when it can be that of a job: others might name what is kept beside the jobs."""
    if job_id.endswith(scripts.BESIDE_JOBS):
        raise _not_known(job_id)
    return job_id


def _not_known(job_id: str) -> JobNotFound:
    return JobNotFound(f"no ingest job {job_id!r}")
