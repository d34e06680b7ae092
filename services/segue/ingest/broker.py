"""Celery's way to the queue, hardened: what is no message ends neither the worker nor its peace."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis

from segue import telemetry

log = logging.getLogger(__name__)

_REASON = "MESSAGE_UNREADABLE"


class IngestChannel(redis.Channel):
    """A channel that passes over what is not JSON."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except ValueError as exc:
            # It was taken out of its queue already.
            _dropped(exc)
            return True


class IngestTransport(redis.Transport):
    """Delivers messages; one that Celery can make nothing of is dropped, with a line in the log."""

    Channel = IngestChannel

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        except (*self.connection_errors, *self.channel_errors):
            raise
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
