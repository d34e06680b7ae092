"""The recording side of ingest: the worker takes items, and says what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from segue.errors import SegueError
from segue.ingest_jobs import IngestItem, ItemState
from segue.jobs import scripts
from segue.jobs.address import client_options
from segue.jobs.presence import FORGET_SECONDS, WorkerCard, card_to_json
from segue.jobs.records import (
    HINT_QUEUE,
    item_from_json,
    item_to_json,
    redis_answers,
)
from segue.limits import TEXT_BYTES
from segue.settings import QueueSettings
from segue.texts import cut, shown, without_secrets

LEASE_SECONDS = 15.0
"""A running item whose worker says nothing for this long is given to another."""

ANSWER_SECONDS = 10.0
"""Longest that a call of a ledger with the default timeout lasts: two tries of five seconds."""


class FailureKind(Enum):
    """How a failed attempt counts."""

    REFUSED = "refused"
    """The item can never succeed: straight to the dead letters."""
    FAILED = "failed"
    """One of the attempts allowed is used up."""
    OUTAGE = "outage"
    """A part did not answer, which says nothing of the item: tried until patience ends."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that this worker may run, until its lease ends.

    Attributes
    ----------
    attempt
        Number of this attempt, from 1.
    failures
        Attempts before this one that count against the item.
    """

    item_id: str
    owner: str
    item: IngestItem
    attempt: int
    failures: int


class JobLedger:
    """Records what happens to items.

    A claim gives an item to one owner; whatever an owner reports after it lost the item (its lease
    ended, somebody else runs it) changes nothing. An owner is a process that runs one item at a
    time. Every method raises ``QueueUnavailable`` when Redis does not answer.
    """

    def __init__(
        self, settings: QueueSettings, *, timeout_seconds: float = ANSWER_SECONDS / 2
    ) -> None:
        self._attempts = settings.task_attempts
        self._most_fetches = max(1, settings.worker_concurrency - 1)
        self._patience_ms = round(settings.outage_patience_seconds * 1000)
        self._redis = redis.Redis.from_url(
            **client_options(settings),
            decode_responses=True,
            # What cannot be written down as it is must not be lost for that.
            encoding_errors="replace",
            # One more try on a new connection; the worker itself waits out an outage.
            retry=Retry(NoBackoff(), 1),
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
        )
        register = self._redis.register_script
        self._record = register(scripts.RECORD)
        self._claim = register(scripts.CLAIM)
        self._take = register(scripts.TAKE)
        self._settle = register(scripts.SETTLE)
        self._fail = register(scripts.FAIL)
        self._dispatch = register(scripts.DISPATCH)
        self._extend = register(scripts.EXTEND)
        self._beat = register(scripts.BEAT)

    def record(self, job_id: str, item: IngestItem) -> str:
        """Record a job of one track, unless it is known.

        Returns
        -------
        str
            Id of the track's item.
        """
        with redis_answers():
            self._record(args=[job_id, item_to_json(item)])
        return f"{job_id}/0"

    def claim(self, item_id: str, owner: str) -> Claim | None:
        """Take this item if it waits and is due; None when it does not."""
        with redis_answers():
            return _claim_from(self._claim(args=[item_id, owner, _lease_ms()]), owner)

    def take(self, owner: str) -> Claim | None:
        """Take the next item that is due; None when none is.

        Everybody who asks has their turn, so that no number of tracks, and no URL that takes long,
        keeps those of others waiting: within a turn, what waited longest comes first. URLs that
        guests name never hold all processes of a worker that has several.

        An owner that runs an item already gets that one again: the answer to the call that gave it
        was lost.
        """
        with redis_answers():
            return _claim_from(self._take(args=[owner, _lease_ms(), self._most_fetches]), owner)

    def settle(
        self, item_id: str, owner: str, state: ItemState, reason: str = "", message: str = ""
    ) -> bool:
        """Record that an item is ``INDEXED`` or ``SKIPPED``.

        Returns
        -------
        bool
            Whether the owner still held it; otherwise nothing was recorded.
        """
        with redis_answers():
            arguments = [item_id, owner, state.value, reason, message, "", 0]
            held, _ = cast("list[Any]", self._settle(args=arguments))
        return bool(held)

    def settle_and_take(
        self, item_id: str, owner: str, state: ItemState, reason: str = "", message: str = ""
    ) -> tuple[bool, Claim | None]:
        """Do what :meth:`settle` and then :meth:`take` do, in one call.

        Returns
        -------
        tuple
            Whether the owner still held the item, and the next one (None: none is due).
        """
        with redis_answers():
            held, taken = cast(
                "list[Any]",
                self._settle(
                    args=[
                        item_id,
                        owner,
                        state.value,
                        reason,
                        message,
                        _lease_ms(),
                        self._most_fetches,
                    ]
                ),
            )
        return bool(held), _claim_from(taken, owner)

    def fail(
        self,
        item_id: str,
        owner: str,
        kind: FailureKind,
        error: SegueError,
        *,
        delay_seconds: float = 0.0,
    ) -> ItemState | None:
        """Record a failed attempt.

        Returns
        -------
        ItemState | None
            ``RETRYING`` or ``DEAD``; None when the owner had lost the item: nothing was recorded.
        """
        with redis_answers():
            became = self._fail(
                args=[
                    item_id,
                    owner,
                    kind.value,
                    error.reason,
                    _said(error),
                    error.next_step,
                    round(delay_seconds * 1000),
                    self._attempts,
                    self._patience_ms,
                ]
            )
        return ItemState(became) if became else None

    def dispatch(self, most_hints: int, lost: SegueError, *, worker: str = "") -> int:
        """Take back what lost workers held; ``lost`` says why.

        Parameters
        ----------
        worker
            Name of the worker that asks: its owners are called ``<worker>:<process>``.

        Returns
        -------
        int
            How many hints to send: one for each item that it could take, but so few that Celery's
            queue then holds at most ``most_hints``.
        """
        arguments: list[str | int] = [
            most_hints,
            self._attempts,
            lost.reason,
            _said(lost),
            lost.next_step,
            HINT_QUEUE,
            worker,
            self._most_fetches,
        ]
        with redis_answers():
            return cast("int", self._dispatch(args=arguments))

    def extend(self, owners: Iterable[str]) -> None:
        """Lengthen the leases of what these owners run."""
        names = list(owners)
        if names:
            with redis_answers():
                self._extend(args=[_lease_ms(), *names])

    def held(self, owner: str) -> str | None:
        """Id of the item that this owner runs, or None."""
        with redis_answers():
            return cast("str | None", self._redis.hget("segue:holders", owner))

    def beat(self, worker: str, card: WorkerCard) -> None:
        """Say that a worker lives."""
        with redis_answers():
            self._beat(args=[worker, card_to_json(card), round(FORGET_SECONDS * 1000)])

    def leave(self, worker: str) -> None:
        """Say that a worker ends."""
        with redis_answers(), self._redis.pipeline() as pipeline:
            pipeline.zrem("segue:workers", worker)
            pipeline.hdel("segue:workers:about", worker)
            pipeline.execute()

    def needed(self, spooled: Sequence[str]) -> list[str]:
        """Those of the ``spool://`` URIs that an unfinished track or a dead letter still needs."""
        if not spooled:
            return []
        with redis_answers():
            answers = self._redis.smismember("segue:spooled", list(spooled))
        return [
            uri for uri, needed in zip(spooled, cast("list[int]", answers), strict=True) if needed
        ]

    def hints_waiting(self) -> int:
        """Number of hints that no worker took yet."""
        with redis_answers():
            return int(self._redis.llen(HINT_QUEUE))

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


def _lease_ms() -> int:
    return round(LEASE_SECONDS * 1000)


def _said(error: SegueError) -> str:
    """What an error says as it is stored: our own bugs raise with anything in their words."""
    return cut(shown(without_secrets(str(error))), TEXT_BYTES["message"])


def _claim_from(answer: Any, owner: str) -> Claim | None:
    if not answer:
        return None
    item_id, item, attempt, failures = cast("list[Any]", answer)
    return Claim(item_id, owner, item_from_json(item), int(attempt), int(failures))
