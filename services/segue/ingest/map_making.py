"""Makes the map of a catalogue, in a process of its own beside a worker.

    python -m segue.ingest.map_making TOKEN TASK ANEW ATTEMPT CATALOGUE PARENT

It takes a minute or more of one core, and memory that would stay with whoever loaded the libraries.
So it is no task of a worker's pool, whose processes are there for tracks: this process gives way to
everybody else on the machine, has a bound on its memory, and ends with the worker that started it.
That worker holds the task for it; when both are gone, another worker takes it up.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from segue import telemetry
from segue.catalogues import in_words
from segue.errors import MapNotFound, MapUnusable, SegueError
from segue.ingest.map_reading import read_catalogue
from segue.ingest.process_setup import die_with_parent, limit_memory
from segue.ingest.worker_settings import WorkerSettings
from segue.installed import require_package
from segue.jobs.map_store import MapStore
from segue.map_work import MapProgress, MapTask
from segue.settings import MapSettings, TelemetrySettings, from_environment
from segue.telemetry import configure_logging
from segue.track_map import MapAbout, TrackMap

log = logging.getLogger("segue.ingest.map_making")  # run as a module, its name is another

NICENESS = 15
_TELL_SECONDS = 1.0


class MapFailed(SegueError):
    """The map could not be made for a defect, or for want of memory."""

    reason = "MAP_FAILED"
    next_step = "See the log of the worker; where memory was short, raise SEGUE_MAP_MEMORY_MB."


class MapLost(SegueError):
    """Another worker makes the map by now."""

    reason = "MAP_LOST"


@dataclass(frozen=True, slots=True)
class MakeArguments:
    """What the process is told."""

    token: str
    task: MapTask

    def command(self) -> list[str]:
        """Command line that makes the map as a child of this process."""
        task = self.task
        said = [self.token, task.task_id, str(int(task.anew)), str(task.attempt), task.catalogue]
        return [sys.executable, "-m", "segue.ingest.map_making", *said, str(os.getpid())]

    @classmethod
    def read(cls, arguments: list[str]) -> tuple[MakeArguments, int]:
        """The same again, and the id of the parent."""
        token, task_id, anew, attempt, catalogue, parent = arguments
        return cls(token, MapTask(task_id, anew == "1", int(attempt), catalogue)), int(parent)


class _Telling:
    """Says how far the map is, again and again, while it is made."""

    def __init__(self, store: MapStore, token: str) -> None:
        self._store = store
        self._token = token
        self._lost = False
        self._progress = MapProgress("read", 0.0)

    def at(self, stage: str) -> Callable[[float], None]:
        """What a stage calls with its share that is done."""

        def progress(share: float) -> None:
            self._progress = MapProgress(stage, round(share, 3))
            if self._lost:
                raise MapLost("another worker makes the map by now")

        progress(0.0)
        return progress

    async def keep(self) -> None:
        while True:
            try:
                self._lost = not await self._store.tasks.tell(self._token, self._progress)
            except SegueError as error:
                log.info("how far the map is could not be told: %s", error)
            await asyncio.sleep(_TELL_SECONDS)


async def make_map(settings: WorkerSettings, store: MapStore, asked: MakeArguments) -> MapAbout:
    """Make and publish the map.

    Raises
    ------
    SegueError
        Whatever kept it from being made; it has been noted down.
    """
    telling = _Telling(store, asked.token)
    keeping = asyncio.create_task(telling.keep())
    try:
        about = await _make(settings, store, asked.task, telling)
    except Exception as exc:
        error = exc if isinstance(exc, SegueError) else MapFailed(f"{type(exc).__name__}: {exc}")
        telemetry.MAP_BUILDS_TOTAL.labels("failed", error.reason).inc()
        await store.tasks.end(asked.token, asked.task, error)
        if error is exc:
            raise
        raise error from exc
    finally:
        keeping.cancel()
    await store.tasks.end(asked.token, asked.task)
    return about


async def _make(
    settings: WorkerSettings, store: MapStore, task: MapTask, telling: _Telling
) -> MapAbout:
    began = time.monotonic()
    require_package("openTSNE", "the map needs", "Install it for the workers: segue[map].")
    from segue.layout.mapping import lay_out

    with telemetry.stage(telemetry.MAP_BUILD_SECONDS, "read"):
        read = await read_catalogue(
            settings, task.catalogue, settings.maps.map_tracks, telling.at("read")
        )
    before = None if task.anew else await _before(store, read.space)
    with telemetry.stage(telemetry.MAP_BUILD_SECONDS, "lay out"):
        laid = await asyncio.to_thread(
            lay_out,
            read.track_ids,
            read.vectors,
            before[1] if before else None,
            telling.at("lay out"),
            changed_before=before[0].changed if before else 0,
        )
    telling.at("publish")
    now = time.time()
    about = MapAbout(
        version="",
        space=read.space,
        tracks=len(read.track_ids),
        left_out=read.left_out,
        created_at=now,
        fitted_at=now if laid.anew or before is None else before[0].fitted_at,
        changed=laid.changed,
        seconds=round(time.monotonic() - began, 3),
    )
    with telemetry.stage(telemetry.MAP_BUILD_SECONDS, "publish"):
        made = TrackMap(read.track_ids, laid.places, laid.digests, read.colours)
        about = await store.publish(made, about)
    telemetry.MAP_BUILDS_TOTAL.labels("fitted" if laid.anew else "placed", "").inc()
    log.info(
        "the map of %s, %d tracks, is %s, in %.1f s",
        in_words(task.catalogue),
        about.tracks,
        "laid out anew" if laid.anew else "brought up to date",
        about.seconds,
    )
    return about


async def _before(store: MapStore, space: str) -> tuple[MapAbout, TrackMap] | None:
    version = await store.current_version(space)
    if not version:
        return None
    try:
        return await store.read(space, version)
    except (MapNotFound, MapUnusable) as error:
        log.warning("the map is laid out anew: %s", error)
        return None


async def _run(asked: MakeArguments) -> int:
    settings = WorkerSettings.from_environment()
    store = MapStore(settings.queue, catalogue=asked.task.catalogue)
    try:
        await make_map(settings, store, asked)
    except MapLost as error:
        log.info("%s", error)
        return 0
    except SegueError as error:
        log.warning("the map could not be made: %s [%s]", error, error.reason)
        return 1
    finally:
        await store.close()
    return 0


def main(arguments: list[str]) -> int:
    """Make the map that :meth:`MakeArguments.command` asks for; the exit code."""
    asked, parent = MakeArguments.read(arguments)
    die_with_parent()
    if os.getppid() != parent:
        return 0  # it died before it could be died with
    os.nice(NICENESS)
    configure_logging(from_environment(TelemetrySettings))
    limit_memory(from_environment(MapSettings).map_memory_mb)
    return asyncio.run(_run(asked))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
