"""The Celery application of the ingest worker."""

from __future__ import annotations

import gc
import logging
import os
import uuid
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from celery import Celery, Task, signals
from celery.apps import worker as celery_worker
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning

from segue.ingest import broker
from segue.ingest.attempts import HINT_TASK, TRACK_TASK, Attempts
from segue.ingest.backends import open_backends
from segue.ingest.dispatching import Dispatching
from segue.ingest.item_runner import TURN_SECONDS, ItemRunner
from segue.ingest.map_turns import MapWatch
from segue.ingest.pipeline import Backends
from segue.ingest.process_setup import (
    die_with_parent,
    keep_freed_memory,
    limit_memory,
    release_connections,
)
from segue.ingest.tasks import run_due, run_track
from segue.ingest.worker_settings import WorkerSettings
from segue.jobs.address import broker_url
from segue.jobs.ledger import ANSWER_SECONDS
from segue.jobs.records import HINT_QUEUE, TASK_QUEUE

log = logging.getLogger(__name__)

_STANDARD_ERROR = 2

VISIBILITY_SECONDS = 120
"""A message of a killed worker comes back after this time. One that comes back too early is
harmless: claims, not messages, decide who runs an item."""


class IngestTask(Task):  # type: ignore[misc]  # celery has no types
    """A task whose lost attempts are reported by the worker's parent process."""

    abstract = True
    Request = "segue.ingest.attempts:IngestRequest"


class IngestApp(Celery):  # type: ignore[misc]  # celery has no types
    """Celery with what Segue's tasks need.

    Parameters
    ----------
    open_backends
        Connects a worker process to inference server and index.

    Attributes
    ----------
    attempts
        The attempts that run, as the parent process sees them.
    map_watch
        Makes maps beside the pool, from the parent process.
    runner
        Runs the items of a worker process; made after the fork.
    """

    task_cls = IngestTask

    def __init__(
        self,
        settings: WorkerSettings,
        open_backends: Callable[[WorkerSettings], Awaitable[Backends]] = open_backends,
    ) -> None:
        broker.use_for_redis()
        super().__init__("segue", broker=broker_url(settings.queue), set_as_current=False)
        self.settings = settings
        self.attempts = Attempts(settings.queue, uuid.uuid4().hex)
        self.map_watch = MapWatch(settings.queue, settings.maps, settings.catalogues.known)
        self.runner: ItemRunner | None = None
        self._open = open_backends
        self.conf.update(_configuration(settings))
        self.steps["consumer"].add(Dispatching)
        limit_seconds = settings.queue.task_time_limit_seconds
        # The last item of a turn has its whole time, even when Redis was slow to give it.
        turn_seconds = TURN_SECONDS + ANSWER_SECONDS
        self.task(name=HINT_TASK, bind=True, time_limit=limit_seconds + turn_seconds)(run_due)
        self.task(name=TRACK_TASK, bind=True, time_limit=limit_seconds)(run_track)
        signals.worker_process_init.connect(self._begin_process, weak=False)
        signals.worker_process_shutdown.connect(self._end_process, weak=False)
        # Logging is set up already; without a receiver Celery would set up its own.
        signals.setup_logging.connect(_keep_logging, weak=False)

    def run_worker(self) -> int:
        """Run until a signal stops it.

        Returns
        -------
        int
            Exit code for the process.
        """
        # It warns root of tasks that may bring code along; here they are JSON.
        warnings.filterwarnings("ignore", category=SecurityWarning)
        celery_worker.safe_say = _say
        # What is there now is never garbage. The collector would write into its pages, and each
        # worker process would get a copy of them.
        gc.collect()
        gc.freeze()
        worker = self.Worker(
            pool="prefork",
            concurrency=self.settings.queue.worker_concurrency,
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        # Making it has turned these on. They tell what the next version of Celery does otherwise.
        warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
        worker.start()
        return int(worker.exitcode or 0)

    def _begin_process(self, **_: Any) -> None:
        die_with_parent()
        release_connections()
        keep_freed_memory()
        settings = self.settings
        self.runner = ItemRunner(settings.queue, lambda: self._open(settings))
        limit_memory(settings.queue.task_memory_limit_mb)

    def _end_process(self, **_: Any) -> None:
        if self.runner is not None:
            self.runner.close()


def _configuration(settings: WorkerSettings) -> dict[str, Any]:
    queue = settings.queue
    return {
        "task_default_queue": TASK_QUEUE,
        "task_queues": {HINT_QUEUE: {}, TASK_QUEUE: {}},
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_max_memory_per_child": queue.task_memory_limit_mb * 1024,
        # Results travel through a pipe: a second suffices to tell a lost process from a slow pipe.
        "worker_lost_wait": 1.0,
        "worker_proc_alive_timeout": 60.0,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "worker_disable_rate_limits": True,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 5,
            # Well over the second for which it waits for a message: a queue that hangs is noticed.
            "socket_timeout": 10,
            "socket_keepalive": True,
        },
    }


def _say(message: str, *_: Any) -> None:
    """Log what Celery says within a signal handler, where what it broke in on may hold a lock."""
    record = log.makeRecord(log.name, logging.INFO, "", 0, message, (), None)
    for handler in logging.getLogger().handlers:
        os.write(_STANDARD_ERROR, f"{handler.format(record)}\n".encode())


def _keep_logging(**_: Any) -> None:
    """Leave logging as it is, less Celery's lines for every message and of its inner life."""
    for chatty in (
        "celery.worker.strategy",
        "celery.app.trace",
        "celery.worker.consumer.consumer",
        "kombu.transport.virtual.base",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("celery.worker.request").addFilter(_matters)


def _matters(record: logging.LogRecord) -> bool:
    """A message that could not be acknowledged comes again, and finds nothing to do."""
    return not str(record.msg).startswith(("Couldn't ack", "Couldn't reject"))
