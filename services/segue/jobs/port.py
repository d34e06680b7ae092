"""The job port: what accepts tracks, tells how far they are, and holds what failed for good."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol

from segue.catalogues import DEFAULT_CATALOGUE
from segue.ingest_jobs import (
    DeadLetter,
    IngestItem,
    ItemStatus,
    JobChange,
    JobProgress,
    QueueState,
    Submission,
)
from segue.jobs.presence import HeardWorker


class JobStore(Protocol):
    """The submitting side, used by the query service.

    Every method raises ``QueueUnavailable`` when Redis does not answer.
    """

    async def submit(
        self, items: Sequence[IngestItem], *, job_id: str | None = None, request_id: str = ""
    ) -> Submission:
        """Accept tracks for one catalogue and queue them. When it returns, they survive a crash.

        Parameters
        ----------
        job_id
            Job of that catalogue to add them to; None: a new one.
        request_id
            What was accepted under it within the last hour is not accepted again.

        Raises
        ------
        JobNotFound
            When ``job_id`` names a job that is not known.
        JobCancelled
            When it was cancelled.
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

    def items(self, job_id: str, *, first: int = 0) -> AsyncGenerator[Sequence[ItemStatus], None]:
        """Every track of a job from number ``first`` on, in the order of submission.

        They come in pieces of bounded size, each read when it is asked for.

        Raises
        ------
        JobNotFound
            When there is no such job.
        """
        ...

    async def list_jobs(
        self, *, limit: int, after: str | None = None, catalogue: str = DEFAULT_CATALOGUE
    ) -> tuple[list[JobProgress], str | None]:
        """One page of the jobs of a catalogue that are known, newest first.

        Returns
        -------
        tuple
            The jobs, and the cursor of the next page (None: this is the last).
        """
        ...

    async def cancel(self, job_id: str) -> int:
        """Let no track of a job begin any more; what runs is finished.

        A track that runs, fails and would be tried again is cancelled then.

        Returns
        -------
        int
            How many tracks were cancelled now.

        Raises
        ------
        JobNotFound
            When there is no such job.
        """
        ...

    def watch(self, job_id: str) -> AsyncIterator[JobChange]:
        """The job now (with all its tracks), then every change, until it is done.

        Much is told in several pieces, which say that more follows. That no worker lives, or that
        one does again, is a change too.

        Raises
        ------
        JobNotFound
            When there is no such job.
        """
        ...

    async def dead_letters(
        self,
        *,
        limit: int,
        after: str | None = None,
        reason: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> tuple[list[DeadLetter], str | None, int]:
        """One page of the dead letters of a catalogue, newest first.

        Returns
        -------
        tuple
            The letters, the cursor of the next page (None: this is the last), and how many there
            are on all pages.
        """
        ...

    async def replay(
        self,
        dead_letter_ids: Sequence[str],
        *,
        reason: str = "",
        request_id: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> tuple[str | None, int]:
        """Queue dead letters of a catalogue again as a new job.

        Without ids all, or all with this reason.

        Parameters
        ----------
        request_id
            As in :meth:`submit`.

        Returns
        -------
        tuple
            The job's id (None when there was nothing to replay) and the number of letters.

        Raises
        ------
        NotFound
            When an id is not among those of the catalogue.
        """
        ...

    async def dismiss(
        self,
        dead_letter_ids: Sequence[str],
        *,
        reason: str = "",
        request_id: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> int:
        """Forget dead letters of a catalogue; without ids all, or all with this reason.

        Parameters
        ----------
        request_id
            As in :meth:`submit`.

        Returns
        -------
        int
            Number of letters that are forgotten.

        Raises
        ------
        NotFound
            When an id is not among those of the catalogue; then all stay.
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
