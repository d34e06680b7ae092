"""The Celery tasks: each converts, calls the session, and is done.

Outcomes, retries and dead letters are recorded in the job ledger, so a task succeeds for Celery
whatever became of its track.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.exceptions import Reject

from segue.errors import InvalidArgument, QueueUnavailable
from segue.ingest.requests import implicit_job
from segue.ingest.session import count_failure
from segue.ingest.signature import read_signature, salvage
from segue.jobs.ledger import FailureKind

log = logging.getLogger(__name__)


def run_item(task: Any, item_id: str) -> None:
    """Run a recorded item, unless somebody else does or did."""
    app = task.app
    try:
        app.session.run(item_id, app.undertaker.owner(task.request.id))
    except QueueUnavailable as exc:
        # The item waits on: it will be hinted at again.
        log.warning("%s could not be claimed: %s", item_id, exc)


def run_track(task: Any, *args: Any, **kwargs: Any) -> None:
    """Record a track that a producer sent by name, then run it."""
    app, session = task.app, task.app.session
    task_id = task.request.id
    owner = app.undertaker.owner(task_id)
    job_id = implicit_job(task_id)
    try:
        try:
            item = read_signature(args, kwargs)
        except InvalidArgument as exc:
            item_id = session.ledger.record(job_id, salvage(kwargs))
            if session.ledger.claim(item_id, owner) is not None:
                count_failure(session.ledger.fail(item_id, owner, FailureKind.REFUSED, exc), exc)
            return
        session.run(session.ledger.record(job_id, item), owner)
    except QueueUnavailable as exc:
        # Nothing may be recorded yet: the message itself must survive.
        raise Reject(str(exc), requeue=True) from exc
