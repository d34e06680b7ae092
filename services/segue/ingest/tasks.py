"""The Celery tasks: each converts, calls the runner, and is done.

Outcomes, retries and dead letters are recorded in the job ledger, so a task succeeds for Celery
whatever became of its track.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.exceptions import Reject

from segue.errors import InvalidArgument, QueueUnavailable
from segue.ingest.attempts import implicit_job
from segue.ingest.item_runner import count_failure
from segue.ingest.task_arguments import read_task_arguments, salvaged_item
from segue.jobs.ledger import FailureKind

log = logging.getLogger(__name__)


def run_item(task: Any, item_id: str) -> None:
    """Run a recorded item, unless somebody else does or did."""
    app = task.app
    try:
        app.runner.run(item_id, app.attempts.owner(task.request.id))
    except QueueUnavailable as exc:
        # The item waits on: it will be hinted at again.
        log.warning("%s could not be claimed: %s", item_id, exc)


def run_track(task: Any, *args: Any, **kwargs: Any) -> None:
    """Record a track that a producer sent by name, then run it."""
    app, runner = task.app, task.app.runner
    task_id = task.request.id
    owner = app.attempts.owner(task_id)
    job_id = implicit_job(task_id)
    try:
        try:
            item = read_task_arguments(args, kwargs)
        except InvalidArgument as exc:
            item_id = runner.ledger.record(job_id, salvaged_item(kwargs))
            if runner.ledger.claim(item_id, owner) is not None:
                count_failure(runner.ledger.fail(item_id, owner, FailureKind.REFUSED, exc), exc)
            return
        runner.run(runner.ledger.record(job_id, item), owner)
    except QueueUnavailable as exc:
        # Nothing may be recorded yet: the message itself must survive.
        raise Reject(str(exc), requeue=True) from exc
