"""Celery's way to the queue, hardened against messages that are none and against a full memory."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import redis
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis
from redis.client import Pipeline

from segue import telemetry

log = logging.getLogger(__name__)

_REASON = "MESSAGE_UNREADABLE"

_PAST_THE_BOUND = "#!lua flags=allow-oom\nreturn redis.call(unpack(ARGV))"
_GROWING = frozenset({"HSET", "LPUSH", "RPUSH", "SADD", "SET", "ZADD"})


class _PastTheBound:
    """Writes also when the queue's memory is full.

    Producers may fill it with messages. Each must be noted down elsewhere as it is taken out: were
    that refused, the message would be lost, and the memory stay full for ever.
    """

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        if arguments[0] in _GROWING:
            arguments = ("EVAL", _PAST_THE_BOUND, 0, *arguments)
        return super().execute_command(*arguments, **options)  # type: ignore[misc]


class _IngestPipeline(_PastTheBound, Pipeline):
    """Commands one after another; a full Redis refuses all that stand in a transaction."""


class _IngestRedis(_PastTheBound, redis.Redis):
    """The client of a worker's channel."""

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:
        # Celery's are pairs of a message and its time, which may stand alone for a moment.
        del transaction
        return _IngestPipeline(
            self.connection_pool, self.response_callbacks, transaction=False, shard_hint=shard_hint
        )


class IngestChannel(kombu_redis.Channel):
    """A channel that passes over what is not JSON, and works on when memory is full."""

    def _get_client(self) -> type[redis.Redis]:
        return _IngestRedis

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except ValueError as exc:
            # It was taken out of its queue already.
            _dropped(exc)
            return True


class IngestTransport(kombu_redis.Transport):
    """Delivers messages; one that Celery can make nothing of is dropped, with a line in the log."""

    Channel = IngestChannel

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        except (*self.connection_errors, *self.channel_errors, OperationalError, MemoryError):
            raise  # nothing is wrong with the message
        except Exception as exc:  # of whatever kind Celery stumbles with
            _dropped(exc)
            self._acknowledge(message)

    def _acknowledge(self, message: Any) -> None:
        """Take it out of what would come again."""
        properties = message.get("properties") if isinstance(message, dict) else None
        tag = properties.get("delivery_tag") if isinstance(properties, dict) else None
        for channel in self.channels:
            with suppress(KeyError, TypeError):  # another channel's, or none's
                channel.qos.get(tag)
                channel.basic_reject(tag, requeue=False)


def use_for_redis() -> None:
    """Have kombu open ``redis://`` addresses, of this process, with this transport."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{IngestTransport.__name__}"


def _dropped(error: Exception) -> None:
    telemetry.INGEST_TOTAL.labels("dropped", _REASON).inc()
    log.error(
        "dropped a message of the queue that is no task of Celery's (%s): %s: %s",
        _REASON,
        type(error).__name__,
        error,
    )
