"""The worker's side of maps: starts the process that makes one, holds the task, sees its end.

Runs on the worker's main loop, as all that starts processes does.
"""

from __future__ import annotations

import logging
import subprocess
import time
import uuid

from segue import telemetry
from segue.catalogues import ONLY_DEFAULT, Catalogues, in_words
from segue.ingest.map_making import MakeArguments, MapFailed
from segue.jobs.map_tasks import MapTurns
from segue.map_work import MapTask
from segue.settings import MapSettings, QueueSettings

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often a worker looks."""


class MapWatch:
    """At most one process that makes a map.

    Parameters
    ----------
    maps
        How long it may take.
    catalogues
        Those whose maps are made.

    Attributes
    ----------
    child
        The process, while there is one.
    """

    def __init__(
        self, queue: QueueSettings, maps: MapSettings, catalogues: Catalogues = ONLY_DEFAULT
    ) -> None:
        self._turns = MapTurns(queue, catalogues)
        self._maps = maps
        self._token = ""
        self._task: MapTask | None = None
        self._began = 0.0
        self.child: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start what is due, hold what runs, take down what ended.

        Raises
        ------
        QueueUnavailable
            When Redis does not answer; what runs goes on.
        """
        if self.child is None:
            self._begin()
        elif (code := self.child.poll()) is not None:
            self._ended(code)
        elif time.monotonic() - self._began > self._maps.map_seconds:
            log.warning("the map took longer than SEGUE_MAP_SECONDS")
            self.stop()
        elif self._task is not None:
            # A process that lost its task notices that itself.
            self._turns.hold(self._token, self._task)

    def stop(self) -> None:
        """End the process, if there is one; another worker takes the task up."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.child = None

    def _ended(self, code: int) -> None:
        self.child, task = None, self._task
        if code == 0 or task is None:
            return
        why = f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"
        if code < 0:
            telemetry.MAP_BUILDS_TOTAL.labels("killed", "").inc()
            log.warning("the process that made the map %s", why)
        # One that could has said itself what was the matter; this changes nothing then.
        self._turns.fail(self._token, task, MapFailed(f"the process that made the map {why}"))

    def _begin(self) -> None:
        token = uuid.uuid4().hex
        task = self._turns.take(token)
        if task is None:
            return
        log.info("making the map of %s, attempt %d", in_words(task.catalogue), task.attempt)
        self._token, self._task, self._began = token, task, time.monotonic()
        self.child = subprocess.Popen(
            MakeArguments(token, task).command(), stdin=subprocess.DEVNULL
        )
