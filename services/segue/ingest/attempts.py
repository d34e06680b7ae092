"""Running attempts, as the worker's parent process sees them; it reports those that cannot."""

from __future__ import annotations

import hashlib
import logging
import random
import re
from collections.abc import Iterator
from typing import Any

import psutil
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker import state
from celery.worker.request import Request

from segue.errors import AudioError, QueueUnavailable, SegueError
from segue.ingest.item_runner import count_failure
from segue.ingest.retrying import Backoff
from segue.jobs.ledger import FailureKind, JobLedger
from segue.settings import QueueSettings

log = logging.getLogger(__name__)

HINT_TASK = "segue.ingest_due"
TRACK_TASK = "segue.ingest_track"


_PLAIN_TASK_ID = re.compile(r"[!-9;-~]{1,200}")
"""Printable ASCII without spaces and colons: keys of the ledger are made with colons."""


def implicit_job(task_id: str) -> str:
    """Job of a track that a producer sent as a task.

    A producer chooses the ids of its tasks. One that is too long to ask for, or that could be
    mistaken for something else that is kept beside the jobs, is known by its SHA-256.
    """
    if _PLAIN_TASK_ID.fullmatch(task_id):
        return f"task-{task_id}"
    digest = hashlib.sha256(task_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"task-sha256-{digest}"


def decoder_crashed() -> SegueError:
    """Why an attempt ended without a word."""
    return AudioError(
        "the worker process died while it ingested this track", "AUDIO_DECODER_CRASHED"
    )


class Attempts:
    """What this worker's processes run; reports what a dead process cannot report any more.

    Attributes
    ----------
    node
        Name of this worker, its own at every start.
    """

    def __init__(self, settings: QueueSettings, node: str) -> None:
        self.ledger = JobLedger(settings, timeout_seconds=2.0)
        self._backoff = Backoff.of(settings)
        self._limit_seconds = settings.task_time_limit_seconds
        self.node = node
        self._chance = random.Random(node)

    def owner(self, pid: int) -> str:
        """Name under which a process of this worker claims items."""
        return f"{self.node}:{pid}"

    def owners(self) -> Iterator[str]:
        """Owners of what this worker's processes run now."""
        for request in tuple(state.active_requests):
            if request.worker_pid is not None:
                yield self.owner(request.worker_pid)

    def report_crash(self, request: Request) -> None:
        """Report the item of a task whose process is gone."""
        # Killed by a shutdown that could not wait: that tells nothing of the track.
        stopped = bool(state.should_terminate)
        kind = FailureKind.OUTAGE if stopped else FailureKind.FAILED
        self._report(request, kind, decoder_crashed())

    def report_timeout(self, request: Request) -> None:
        """Report the item of a task that is killed for its time, unless its process died before."""
        if request.worker_pid is None or not psutil.pid_exists(request.worker_pid):
            self.report_crash(request)
            return
        if request.timed_out:
            return
        # A process that lost its item just before it is killed may have taken another one.
        request.timed_out = True
        error = AudioError(
            f"this track took longer than {self._limit_seconds:g} s", "AUDIO_DECODER_TIMEOUT"
        )
        self._report(request, FailureKind.REFUSED, error)

    def _report(self, request: Request, kind: FailureKind, error: SegueError) -> None:
        if request.worker_pid is None:
            return
        owner = self.owner(request.worker_pid)
        delay = self._backoff.delay(1, self._chance)
        try:
            item_id = self.ledger.held(owner)
            if item_id is None:
                return
            became = self.ledger.fail(item_id, owner, kind, error, delay_seconds=delay)
        except QueueUnavailable as exc:
            log.warning("what %s held comes back when its lease ends: %s", owner, exc)
            return
        count_failure(became, error)
        outcome = "taken from this worker" if became is None else became.value
        log.warning("%s: %s (%s)", item_id, outcome, error.reason)


class IngestRequest(Request):  # type: ignore[misc]  # celery has no types
    """A running ingest task, as the worker's parent process sees it.

    Attributes
    ----------
    timed_out
        Whether it has been reported that its track took too long.
    """

    timed_out = False

    def on_failure(
        self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False
    ) -> Any:
        """Report a lost process before Celery puts the message back."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(error, (WorkerLostError, SystemExit)):
            self.task.app.attempts.report_crash(self)
        elif isinstance(error, TimeLimitExceeded):
            self.task.app.attempts.report_timeout(self)
        return super().on_failure(exc_info, send_failed_event, return_ok)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Report the hard limit before the process is killed."""
        if not soft:
            self.task.app.attempts.report_timeout(self)
        super().on_timeout(soft, timeout)
