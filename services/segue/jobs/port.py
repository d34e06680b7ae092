"""Ingest jobs: what is accepted, how far it is, what failed for good.

An accepted track is never lost: it ends ``INDEXED``, ``SKIPPED`` or ``DEAD``, whatever dies
meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from segue.jobs.presence import HeardWorker
from segue.tracks import TrackMetadata


class ItemState(Enum):
    """State of one track of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    INDEXED = "indexed"
    SKIPPED = "skipped"
    DEAD = "dead"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen without a replay."""
        return self in (ItemState.INDEXED, ItemState.SKIPPED, ItemState.DEAD)


@dataclass(frozen=True, slots=True)
class IngestItem:
    """A track to ingest.

    Attributes
    ----------
    uri
        ``file://`` path or ``http(s)://``; an upload is a ``spool://`` name in the spool folder.
    metadata
        What is not given is read from the file's tags.
    force
        Embed again even when the content is unchanged.
    """

    track_id: str
    uri: str
    metadata: TrackMetadata = TrackMetadata()
    force: bool = False


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """Where one track of a job stands; ``reason`` and ``message`` say why, when there is a why."""

    track_id: str
    uri: str
    state: ItemState
    reason: str = ""
    message: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Counts of a job's tracks by state."""

    job_id: str
    created_at: datetime
    finished_at: datetime | None
    counts: dict[ItemState, int]

    @property
    def total(self) -> int:
        """Number of accepted tracks."""
        return sum(self.counts.values())

    @property
    def done(self) -> bool:
        """Whether every track is in a final state."""
        return all(state.final or not count for state, count in self.counts.items())


@dataclass(frozen=True, slots=True)
class JobChange:
    """One message of a watch: the counts, and the tracks that changed since the one before.

    Attributes
    ----------
    worker_alive
        Whether a worker lives, or did some seconds ago. Without one nothing goes on. None: the
        watch is too young to say that none does.
    """

    progress: JobProgress
    changed: Sequence[ItemStatus]
    worker_alive: bool | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a request to accept tracks.

    Attributes
    ----------
    repeated
        The request had been accepted before; nothing was accepted now.
    upload_needed
        Of a repeated request for an upload: its file in the spool is not ingested yet.
    """

    job_id: str
    repeated: bool = False
    upload_needed: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A track whose ingest failed for good."""

    dead_letter_id: str
    job_id: str
    item: IngestItem
    reason: str
    message: str
    next_step: str
    attempts: int
    died_at: datetime


@dataclass(frozen=True, slots=True)
class QueueState:
    """Size of the queue: tracks waiting, and the age in seconds of the oldest unfinished one."""

    depth: int
    oldest_age_seconds: float
    dead_letters: int


class JobDesk(Protocol):
    """The submitting side, used by the query service.

    Every method raises ``QueueUnavailable`` when Redis does not answer.
    """

    async def submit(
        self, items: Sequence[IngestItem], *, job_id: str | None = None, request_id: str = ""
    ) -> Submission:
        """Accept tracks and queue them. When it returns, they survive a crash.

        Parameters
        ----------
        job_id
            Job to add them to; None: a new one.
        request_id
            What was accepted under it within the last hour is not accepted again.

        Raises
        ------
        JobNotFound
            When ``job_id`` names a job that is not known.
        """
        ...

    async def progress(self, job_id: str) -> JobProgress:
        """Counts of a job.

        Raises
        ------
        JobNotFound
            When there is no such job.
        """
        ...

    async def items(self, job_id: str) -> list[ItemStatus]:
        """Every track of a job, in the order of submission. Raises ``JobNotFound``."""
        ...

    def watch(self, job_id: str) -> AsyncIterator[JobChange]:
        """The job now (with all its tracks), then every change, until it is done.

        That no worker lives, or that one does again, is a change too.

        Raises ``JobNotFound``.
        """
        ...

    async def dead_letters(
        self, *, limit: int, after: str | None = None, reason: str = ""
    ) -> tuple[list[DeadLetter], str | None, int]:
        """One page, newest first; the next page's cursor (None: the last); the total."""
        ...

    async def replay(
        self, dead_letter_ids: Sequence[str], *, reason: str = "", request_id: str = ""
    ) -> tuple[str | None, int]:
        """Queue dead letters again as a new job (no ids: all); its id and the number replayed.

        Parameters
        ----------
        request_id
            As in :meth:`submit`.

        Raises
        ------
        NotFound
            When an id is not among the dead letters.
        """
        ...

    async def queue_state(self) -> QueueState:
        """Size of the queue."""
        ...

    async def workers(self) -> list[HeardWorker]:
        """The workers that were heard within the last hour, most recently heard first."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
