"""Waking worker processes for what is due in the job ledger, from the worker's main loop.

Everything here runs on the thread that forks the worker processes, so that no process is ever
forked while another thread holds a lock.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

import psutil
from celery import bootsteps
from kombu.exceptions import OperationalError
from prometheus_client.multiprocess import mark_process_dead

import segue
from segue.errors import QueueUnavailable
from segue.ingest.attempts import HINT_TASK, decoder_crashed
from segue.ingest.item_runner import TURN_SECONDS
from segue.ingest.map_turns import LOOK_SECONDS
from segue.jobs.ledger import LEASE_SECONDS
from segue.jobs.presence import BEAT_SECONDS, WorkerCard
from segue.jobs.records import HINT_QUEUE
from segue.permissions import unwritable_spool

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
DEAF_SECONDS = 10.0
"""A worker that idles for this long beside hints that nobody takes has lost its ear for them."""

_EX_TEMPFAIL = 75
_EXTEND_SECONDS = LEASE_SECONDS / 5
_LISTEN_SECONDS = 1.0
_BURY_SECONDS = 0.5
_FORGET_SECONDS = 10.0
_SWEEP_SECONDS = 600.0
_LEFTOVER_SECONDS = 86_400.0

_BUSY_HINT_SECONDS = TURN_SECONDS / 2
"""How often hints are sent while every process is in a turn: those that lie ready outlast it."""


class Dispatcher:
    """What the main loop does now and then.

    Says that this worker lives, extends the leases of what runs, takes back what lost workers held,
    hints at what is due, removes uploads that nothing needs, and has the map made.
    """

    def __init__(self, app: Any, pool: Any) -> None:
        self._app = app
        self._pool = pool
        self._ledger = app.attempts.ledger
        self._processes = app.settings.queue.worker_concurrency
        self._card = WorkerCard(
            host=socket.gethostname(),
            pid=os.getpid(),
            concurrency=app.settings.queue.worker_concurrency,
            version=segue.__version__,
        )
        self._works = (
            (self.beat, BEAT_SECONDS),
            (self.extend, _EXTEND_SECONDS),
            (self.bury_processes, _BURY_SECONDS),
            (self.check_hearing, _LISTEN_SECONDS),
            (self.forget_processes, _FORGET_SECONDS),
            (self.sweep, _SWEEP_SECONDS),
            (app.map_watch.look, LOOK_SECONDS),
        )
        self._due = dict.fromkeys((work for work, _ in self._works), 0.0)
        self._hint_due = 0.0
        self._answers = True
        self._idle_beside_hints_since: float | None = None
        self._measured: set[int] = set()

    def tick(self) -> None:
        """One round; an outage of Redis is logged once and otherwise waited out."""
        now = time.monotonic()
        try:
            for work, seconds in self._works:
                if self._due[work] <= now:
                    # First, so that what fails here does not keep the hints back for ever.
                    self._due[work] = now + seconds
                    work()
            if self._hint_due <= now or self._running() < self._processes:
                self._hint_due = now + _BUSY_HINT_SECONDS
                self.hint()
        except (QueueUnavailable, OperationalError) as exc:
            if self._answers:
                log.warning("the queue does not answer: %s", exc)
            self._answers = False
        else:
            self._answers = True

    def beat(self) -> None:
        """Say that this worker lives: its main loop runs, and hears Redis."""
        self._ledger.beat(self._app.attempts.node, self._card)

    def leave(self) -> None:
        """End what makes the map, and say that this worker ends.

        When Redis does not hear it, its silence says so.
        """
        self._app.map_watch.stop()
        try:
            self._ledger.leave(self._app.attempts.node)
        except QueueUnavailable as exc:
            log.info("this worker is only known to be gone once it was silent: %s", exc)

    def extend(self) -> None:
        """Keep the leases of what runs here."""
        self._ledger.extend(self._app.attempts.owners())

    def bury_processes(self) -> None:
        """Notice dead worker processes; the pool by itself looks every five seconds only."""
        self._pool.maintain_pool()

    def check_hearing(self) -> None:
        """End this process when it takes no hints any more: a new one connects anew.

        Celery may miss that Redis closed the connection on which it waits for messages. Nothing is
        running then, so nothing is lost.
        """
        busy = self._running() > 0
        if busy or self._ledger.hints_waiting() == 0:
            self._idle_beside_hints_since = None
            return
        now = time.monotonic()
        if self._idle_beside_hints_since is None:
            self._idle_beside_hints_since = now
        elif now - self._idle_beside_hints_since > DEAF_SECONDS:
            log.critical("messages wait but none arrive: ending, to be started again")
            os._exit(_EX_TEMPFAIL)

    def hint(self) -> None:
        """Send messages while something is due: at most one ahead for each process."""
        due = self._ledger.dispatch(
            self._processes, decoder_crashed(), worker=self._app.attempts.node
        )
        for _ in range(due):
            self._app.send_task(HINT_TASK, queue=HINT_QUEUE, retry=False)

    def _running(self) -> int:
        """Number of processes that run something."""
        return sum(1 for _ in self._app.attempts.owners())

    def forget_processes(self) -> None:
        """Take the gauges of processes that are gone out of the metrics."""
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            children = {child.pid for child in psutil.Process().children()}
            for pid in self._measured - children:
                mark_process_dead(pid)  # type: ignore[no-untyped-call]
            self._measured = children

    def sweep(self) -> None:
        """Delete what lies in the spool for a day and belongs to no unfinished track."""
        spool: Path = self._app.settings.queue.spool
        try:
            self._sweep(spool)
        except OSError as exc:
            log.warning("left-over uploads stay: %s", unwritable_spool(spool, exc))

    def _sweep(self, spool: Path) -> None:
        oldest = time.time() - _LEFTOVER_SECONDS
        old = {
            f"spool://{path.relative_to(spool)}": path
            for path in spool.rglob("*")
            if path.is_file() and path.stat().st_mtime < oldest
        }
        needed = set(self._ledger.needed(list(old)))
        for uri, path in old.items():
            if uri not in needed:
                log.info("removing the left-over upload %s", path)
                path.unlink(missing_ok=True)


class Dispatching(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Runs a dispatcher while the worker is connected."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._dispatcher: Dispatcher | None = None
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """Begin, with presence and leases first: they may have run down while Redis was away."""
        self._dispatcher = Dispatcher(consumer.app, consumer.pool)
        self._timer = consumer.timer.call_repeatedly(TICK_SECONDS, self._dispatcher.tick)

    def stop(self, consumer: Any) -> None:
        """Pause: the connection was lost, or the worker ends."""
        del consumer
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def shutdown(self, consumer: Any) -> None:
        """End."""
        self.stop(consumer)
        if self._dispatcher is not None:
            self._dispatcher.leave()
