"""Who makes the map, and how far it is, in the queue's Redis: one worker at a time."""

from __future__ import annotations

import uuid
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from segue.errors import SegueError
from segue.jobs import scripts
from segue.jobs.address import client_options
from segue.jobs.connection import answers
from segue.jobs.records import redis_answers
from segue.map_work import LEASE_SECONDS, MapProgress, MapTask, MapWork
from segue.settings import QueueSettings
from segue.texts import shown

_WANTED, _HOLDER, _PROGRESS = "segue:map:wanted", "segue:map:holder", "segue:map:progress"
_PAUSE_MS, _LONGEST_PAUSE_MS = 15_000, 3_600_000
_MOST_SAID = 500


class MapTurns:
    """Takes the map that is wanted, for a worker's main loop.

    Every method raises ``QueueUnavailable`` when Redis does not answer.
    """

    def __init__(self, settings: QueueSettings, *, timeout_seconds: float = 2.5) -> None:
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
        """The map that this token is to make now, held for ``LEASE_SECONDS``; None: none is due."""
        with redis_answers():
            found = self._take(
                keys=[_WANTED, _HOLDER],
                args=[token, LEASE_SECONDS, _PAUSE_MS, _LONGEST_PAUSE_MS],
            )
        if not found:
            return None
        task_id, anew, attempt = cast("list[Any]", found)
        return MapTask(str(task_id), anew == "1", int(attempt))

    def hold(self, token: str) -> bool:
        """Hold the map on for ``LEASE_SECONDS``; False when somebody else makes it by now."""
        with redis_answers():
            return bool(self._hold(keys=[_HOLDER, _PROGRESS], args=[token, LEASE_SECONDS, ""]))

    def fail(self, token: str, task: MapTask, error: SegueError) -> None:
        """Say why it was not made, unless whoever made it has said so or somebody else holds it."""
        with redis_answers():
            self._end(keys=[_WANTED, _HOLDER, _PROGRESS], args=[token, task.task_id, *_said(error)])

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


class MapTasks:
    """What is said of the making of the map, over a connection of :func:`connect` with bytes.

    Every method raises ``QueueUnavailable`` when Redis does not answer.
    """

    def __init__(self, client: Any, *, timeout_seconds: float) -> None:
        self._redis = client
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
                keys=[_WANTED], args=[uuid.uuid4().hex, str(int(asked)), str(int(anew))]
            )
        return bool(done)

    async def tell(self, token: str, progress: MapProgress) -> bool:
        """Say how far it is; False when somebody else makes it by now."""
        async with answers(self._timeout_seconds):
            held = await self._hold(
                keys=[_HOLDER, _PROGRESS], args=[token, LEASE_SECONDS, progress.to_json()]
            )
        return bool(held)

    async def end(self, token: str, task: MapTask, error: SegueError | None = None) -> None:
        """Say that it is made, or why not."""
        said = ("", "", "") if error is None else _said(error)
        async with answers(self._timeout_seconds):
            await self._end(keys=[_WANTED, _HOLDER, _PROGRESS], args=[token, task.task_id, *said])

    async def work(self) -> MapWork:
        """What is done about the map."""
        async with answers(self._timeout_seconds), self._redis.pipeline() as pipe:
            pipe.hgetall(_WANTED)
            pipe.exists(_HOLDER)
            pipe.get(_PROGRESS)
            found, running, told = await pipe.execute()
        wanted = {key.decode(): value.decode() for key, value in found.items()}
        return MapWork(
            wanted=bool(wanted),
            running=bool(running),
            progress=MapProgress.from_json(told) if running and told else None,
            attempts=int(wanted.get("attempts", 0)),
            reason=wanted.get("reason", ""),
            message=wanted.get("message", ""),
            next_step=wanted.get("next_step", ""),
        )


def _said(error: SegueError) -> tuple[str, str, str]:
    return error.reason, shown(str(error))[:_MOST_SAID], error.next_step
