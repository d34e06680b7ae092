"""A connection to the queue, of the event loop: no answer takes longer than its caller waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from segue import deadlines
from segue.errors import QueueUnavailable
from segue.jobs.address import client_options
from segue.jobs.records import redis_answers
from segue.settings import QueueSettings

_SHARE_OF_THE_REST = 0.75


def connect(
    settings: QueueSettings, *, connections: int, timeout_seconds: float, binary: bool = False
) -> redis.asyncio.Redis:
    """A client that connects when it is first used.

    Parameters
    ----------
    connections
        At most; further commands wait for a free one.
    timeout_seconds
        Longest wait for one answer, connections that are made again included.
    binary
        Answer with bytes, and not with texts.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """
    return redis.asyncio.Redis.from_pool(
        redis.asyncio.BlockingConnectionPool.from_url(
            **client_options(settings),
            max_connections=connections,
            timeout=timeout_seconds,
            decode_responses=not binary,
            encoding_errors="replace",
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 3),
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
        )
    )


@asynccontextmanager
async def answers(timeout_seconds: float) -> AsyncIterator[None]:
    """Bound the time of a call, so that its caller hears what is the matter before giving up.

    Raises
    ------
    QueueUnavailable
        When Redis refuses, or does not answer in time.
    """
    rest = deadlines.remaining_seconds(timeout_seconds / _SHARE_OF_THE_REST)
    seconds = rest * _SHARE_OF_THE_REST
    with redis_answers():
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as exc:
            raise QueueUnavailable(f"the queue did not answer in {seconds:.1f} s") from exc


class StoreOnRedis:
    """What is kept in the queue's Redis, over a connection of its own.

    Parameters
    ----------
    connections, timeout_seconds, binary
        As :func:`connect`.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(
        self,
        queue: QueueSettings,
        *,
        connections: int,
        timeout_seconds: float,
        binary: bool = False,
    ) -> None:
        self._redis = connect(
            queue, connections=connections, timeout_seconds=timeout_seconds, binary=binary
        )
        self._timeout_seconds = timeout_seconds

    async def close(self) -> None:
        """Let go of connections."""
        await self._redis.aclose()

    def _answers(self) -> AbstractAsyncContextManager[None]:
        return answers(self._timeout_seconds)
