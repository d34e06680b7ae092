"""Versions of one thing that is published in Redis, of which one is served: switched at once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
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

    async def clear_all_but(
        self, kept: Collection[str], remove: Callable[[str], Awaitable[None]]
    ) -> None:
        """Remove all versions but some; one that is removed or served meanwhile is left alone."""
        for old in await self.others(*kept):
            with suppress(self._published.not_found, self._published.in_use):
                await remove(old)

    def _none(self, version: str) -> SegueError:
        return self._published.not_found(
            f"no version {version!r} of {self._published.what} is published"
        )


class WholeVersions(PublishedVersions[A]):
    """Versions of what is one value each: with a version, its value comes and goes.

    Parameters
    ----------
    value
        End of the key of a value, after the name of its version.
    """

    def __init__(
        self, redis: Any, published: Published[A], *, timeout_seconds: float, value: str = ""
    ) -> None:
        super().__init__(redis, published, timeout_seconds=timeout_seconds)
        self._value = value

    async def publish(
        self,
        version: str,
        about: str,
        value: bytes,
        beside: Callable[[Any], object] | None = None,
    ) -> None:
        """Publish a version and serve it: all of it at once, or nothing.

        What was served before stays, to go back to and for those who are reading it; all others go.

        Parameters
        ----------
        about
            What is said of it.
        beside
            Puts what else belongs to it on a Redis pipeline.

        Raises
        ------
        QueueFull
            When the queue's memory is full.
        """
        before = await self.current()
        async with answers(self._timeout_seconds), self._redis.pipeline(transaction=True) as pipe:
            pipe.set(self._value_key(version), value)
            pipe.hset(self.list_key, version, about)
            pipe.set(self.current_key, version)
            if beside is not None:
                beside(pipe)
            await pipe.execute()
        await self.clear_all_but((version, before), self.remove)

    async def read(self, version: str) -> tuple[A, bytes]:
        """What is said of a version, and its value.

        Raises the ``not_found`` error when there is none, or it was removed meanwhile.
        """
        about = await self.about(version)
        async with answers(self._timeout_seconds):
            found = await cast("Awaitable[bytes | None]", self._redis.get(self._value_key(version)))
        if found is None:
            raise self._none(version)
        return about, found

    async def remove(self, version: str, *, current: bool = False) -> None:
        """Remove a version with its value. Raises as :meth:`take_off`."""
        await self.take_off(version, current=current)
        async with answers(self._timeout_seconds):
            await self._redis.unlink(self._value_key(version))

    def _value_key(self, version: str) -> str:
        return f"{self._published.key}{version}{self._value}"


def new_version() -> str:
    """A name that sorts by time, to the millisecond, and that two publishers do not share."""
    now = time.time()
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    return f"{moment}{int(now % 1 * 1000):03d}-{uuid.uuid4().hex[:4]}"
