"""Versions of one thing that is published in Redis, of which one is served: switched at once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from segue.errors import SegueError
from segue.jobs import scripts
from segue.jobs.connection import answers

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Published(Generic[A]):
    """What is published.

    Attributes
    ----------
    key
        Beginning of its keys, with a colon at the end.
    what
        Its name in messages.
    read
        Reads what is said of a version.
    not_found, in_use
        Errors of a version that is none, and of one that is served.
    """

    key: str
    what: str
    read: Callable[[bytes], A]
    not_found: type[SegueError]
    in_use: type[SegueError]


class PublishedVersions(Generic[A]):
    """The list of versions, over Redis. Every method raises ``QueueUnavailable`` without it."""

    def __init__(self, redis: Any, published: Published[A], *, timeout_seconds: float) -> None:
        self._redis = redis
        self._published = published
        self._timeout_seconds = timeout_seconds
        self.current_key = published.key + "current"
        self.list_key = published.key + "versions"
        self._use = redis.register_script(scripts.USE_VERSION)
        self._remove = redis.register_script(scripts.REMOVE_VERSION)

    async def current(self) -> str:
        """Name of the version that is served; empty when there is none."""
        async with answers(self._timeout_seconds):
            found = await cast("Awaitable[bytes | None]", self._redis.get(self.current_key))
        return (found or b"").decode()

    async def every(self) -> list[A]:
        """What is said of all versions, the newest first."""
        async with answers(self._timeout_seconds):
            found = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(self.list_key))
        return [self._published.read(found[name]) for name in sorted(found, reverse=True)]

    async def about(self, version: str) -> A:
        """What is said of a version. Raises the ``not_found`` error when there is none."""
        async with answers(self._timeout_seconds):
            found = await cast("Awaitable[bytes | None]", self._redis.hget(self.list_key, version))
        if found is None:
            raise self._none(version)
        return self._published.read(found)

    async def use(self, version: str) -> None:
        """Serve a version from now on. Raises the ``not_found`` error when there is none."""
        async with answers(self._timeout_seconds):
            used = await self._use(keys=[self.list_key, self.current_key], args=[version])
        if not used:
            raise self._none(version)

    async def take_off(self, version: str, *, current: bool = False) -> None:
        """Take a version off the list.

        Raises the ``not_found`` error when there is none, and the ``in_use`` error when it is
        served, unless ``current`` says that it may be: then none is.
        """
        async with answers(self._timeout_seconds):
            removed = await self._remove(
                keys=[self.list_key, self.current_key], args=[version, str(int(current))]
            )
        if removed == 0:
            raise self._none(version)
        if removed < 0:
            raise self._published.in_use(f"version {version} is served")

    async def others(self, *kept: str) -> list[str]:
        """Names of all versions but some."""
        async with answers(self._timeout_seconds):
            names = await cast("Awaitable[list[bytes]]", self._redis.hkeys(self.list_key))
        return sorted({name.decode() for name in names} - set(kept))

    def _none(self, version: str) -> SegueError:
        return self._published.not_found(
            f"no version {version!r} of {self._published.what} is published"
        )


def new_version() -> str:
    """A name that sorts by time, to the millisecond, and that two publishers do not share."""
    now = time.time()
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    return f"{moment}{int(now % 1 * 1000):03d}-{uuid.uuid4().hex[:4]}"
