"""The Celery tasks: each converts, calls the runner, and is done.

Outcomes, retries and dead letters are recorded in the job ledger, so a task succeeds for Celery
whatever became of its track.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery.exceptions import Reject

from segue.errors import QueueUnavailable
from segue.ingest.attempts import implicit_job
from segue.ingest.item_runner import count_failure
from segue.ingest.retrying import as_segue_error
from segue.ingest.task_arguments import read_task_arguments, salvaged_item
from segue.jobs.ledger import FailureKind

log = logging.getLogger(__name__)


def run_due(task: Any) -> None:
    """Run recorded items that are due, for a while."""
    app = task.app
    try:
        app.runner.run_due(app.attempts.owner(os.getpid()))
    except QueueUnavailable as exc:
        # The items wait on: while one is due, hints are sent.
        log.warning("no track could be taken: %s", exc)


def run_track(task: Any, *args: Any, **kwargs: Any) -> None:
    """Record a track that a producer sent by name, then run it."""
    app, runner = task.app, task.app.runner
    task_id = task.request.id
    owner = app.attempts.owner(os.getpid())
    job_id = implicit_job(task_id)
    try:
        try:
            item = read_task_arguments(args, kwargs, app.settings.catalogues.known)
        except Exception as exc:  # a producer hears of nothing: what it sent must not be lost
            error = as_segue_error(exc)
            if error is not exc:
                log.exception("the arguments of task %s could not be read", task_id)
            item_id = runner.ledger.record(job_id, salvaged_item(kwargs))
            if runner.ledger.claim(item_id, owner) is not None:
                became = runner.ledger.fail(item_id, owner, FailureKind.REFUSED, error)
                count_failure(became, error)
            return
        runner.run(runner.ledger.record(job_id, item), owner)
    except QueueUnavailable as exc:
        # Nothing may be recorded yet: the message itself must survive.
        raise Reject(str(exc), requeue=True) from exc
