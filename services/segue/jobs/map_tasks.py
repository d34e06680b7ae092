"""Who makes which map, and how far it is, in the queue's Redis.

Each catalogue has a map of its own, and all of them together are made one at a time, whatever the
number of workers: one takes a core and the memory that a machine is meant to have for it.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from segue.catalogues import DEFAULT_CATALOGUE, ONLY_DEFAULT, Catalogues
from segue.errors import SegueError
from segue.jobs import scripts
from segue.jobs.address import client_options
from segue.jobs.connection import answers
from segue.jobs.records import key_prefix, redis_answers
from segue.map_work import LEASE_SECONDS, MapProgress, MapTask, MapWork
from segue.settings import QueueSettings
from segue.texts import shown

_HOLDER = f"{key_prefix(DEFAULT_CATALOGUE)}map:holder"
"""Of whichever catalogue's map is being made."""

_PAUSE_MS, _LONGEST_PAUSE_MS = 15_000, 3_600_000
_MOST_SAID = 500


class MapTurns:
    """Takes the maps that are wanted, for a worker's main loop.

    Every method raises ``QueueUnavailable`` when Redis does not answer.

    Parameters
    ----------
    catalogues
        Those whose maps it takes.
    """

    def __init__(
        self,
        settings: QueueSettings,
        catalogues: Catalogues = ONLY_DEFAULT,
        *,
        timeout_seconds: float = 2.5,
    ) -> None:
        self._line = list(catalogues)
        self._redis = redis.Redis.from_url(
            **client_options(settings),
            decode_responses=True,
            retry=Retry(NoBackoff(), 1),
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
        )
        self._take = self._redis.register_script(scripts.TAKE_MAP)
        self._hold = self._redis.register_script(scripts.HOLD_MAP)
        self._end = self._redis.register_script(scripts.END_MAP)

    def take(self, token: str) -> MapTask | None:
        """The map that this token is to make now, held for ``LEASE_SECONDS``; None: none is due.

        The catalogue whose map was taken last goes to the end of the line: one that changes all the
        time keeps no other one waiting for longer than its map takes.
        """
        for catalogue in self._line:
            with redis_answers():
                found = self._take(
                    keys=[_wanted_key(catalogue), _HOLDER],
                    args=[token, LEASE_SECONDS, _PAUSE_MS, _LONGEST_PAUSE_MS],
                )
            if found:
                self._line.remove(catalogue)
                self._line.append(catalogue)
                task_id, anew, attempt = cast("list[Any]", found)
                return MapTask(str(task_id), anew == "1", int(attempt), catalogue)
        return None

    def hold(self, token: str, task: MapTask) -> bool:
        """Hold the map on for ``LEASE_SECONDS``; False when somebody else makes one by now."""
        with redis_answers():
            return bool(
                self._hold(
                    keys=[_HOLDER, _progress_key(task.catalogue)], args=[token, LEASE_SECONDS, ""]
                )
            )

    def fail(self, token: str, task: MapTask, error: SegueError) -> None:
        """Say why it was not made, unless whoever made it has said so or somebody else holds it."""
        with redis_answers():
            self._end(keys=_keys(task.catalogue), args=[token, task.task_id, *_said(error)])

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


class MapTasks:
    """What is said of the making of a map, over a connection of :func:`connect` with bytes.

    Every method raises ``QueueUnavailable`` when Redis does not answer.

    Parameters
    ----------
    catalogue
        Whose map it is.
    """

    def __init__(self, client: Any, *, timeout_seconds: float, catalogue: str) -> None:
        self._redis = client
        self._keys = _keys(catalogue)
        self._wanted, _, self._progress = self._keys
        self._timeout_seconds = timeout_seconds
        self._want = client.register_script(scripts.WANT_MAP)
        self._hold = client.register_script(scripts.HOLD_MAP)
        self._end = client.register_script(scripts.END_MAP)

    async def want(self, *, asked: bool = False, anew: bool = False) -> bool:
        """Have a map made.

        Parameters
        ----------
        asked
            Whether somebody asks for it now: then one is made though another one is under way, and
            without a pause after failures.

        Returns
        -------
        bool
            Whether it was not wanted before.
        """
        async with answers(self._timeout_seconds):
            done = await self._want(
                keys=[self._wanted], args=[uuid.uuid4().hex, str(int(asked)), str(int(anew))]
            )
        return bool(done)

    async def tell(self, token: str, progress: MapProgress) -> bool:
        """Say how far it is; False when somebody else makes it by now."""
        async with answers(self._timeout_seconds):
            held = await self._hold(
                keys=[_HOLDER, self._progress], args=[token, LEASE_SECONDS, progress.to_json()]
            )
        return bool(held)

    async def end(self, token: str, task: MapTask, error: SegueError | None = None) -> None:
        """Say that it is made, or why not."""
        said = ("", "", "") if error is None else _said(error)
        async with answers(self._timeout_seconds):
            await self._end(keys=self._keys, args=[token, task.task_id, *said])

    async def work(self) -> MapWork:
        """What is done about the map. Of who makes that of another catalogue nothing is said."""
        async with answers(self._timeout_seconds), self._redis.pipeline() as pipe:
            pipe.hgetall(self._wanted)
            pipe.get(_HOLDER)
            pipe.get(self._progress)
            found, holder, told = await pipe.execute()
        wanted = {key.decode(): value.decode() for key, value in found.items()}
        running = holder is not None and holder.decode() == wanted.get("token")
        return MapWork(
            wanted=bool(wanted),
            running=running,
            progress=MapProgress.from_json(told) if running and told else None,
            attempts=int(wanted.get("attempts", 0)),
            reason=wanted.get("reason", ""),
            message=wanted.get("message", ""),
            next_step=wanted.get("next_step", ""),
        )


def _wanted_key(catalogue: str) -> str:
    return f"{key_prefix(catalogue)}map:wanted"


def _progress_key(catalogue: str) -> str:
    return f"{key_prefix(catalogue)}map:progress"


def _keys(catalogue: str) -> list[str]:
    return [_wanted_key(catalogue), _HOLDER, _progress_key(catalogue)]


def _said(error: SegueError) -> tuple[str, str, str]:
    return error.reason, shown(str(error))[:_MOST_SAID], error.next_step
