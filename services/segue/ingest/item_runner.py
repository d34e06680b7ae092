"""Runs items in a worker process, which keeps everything open between them."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import uvloop

from segue import telemetry
from segue.errors import (
    EmbedderUnavailable,
    IndexUnavailable,
    ModelMisconfigured,
    QueueUnavailable,
    SegueError,
    SpaceMismatch,
)
from segue.ingest.pipeline import Backends, Outcome, ingest
from segue.ingest.process_setup import give_back_freed_memory
from segue.ingest.retrying import Backoff, as_segue_error, failure_kind
from segue.ingest_jobs import ItemState
from segue.jobs.ledger import LEASE_SECONDS, Claim, FailureKind, JobLedger
from segue.settings import QueueSettings
from segue.texts import shown_uri

log = logging.getLogger(__name__)

TURN_SECONDS = 2.0
"""How long a process goes on taking items for one message. A message costs as much as several Redis
calls, in the worker's parent process as in its child; short turns keep tasks of producers, which
stand in another queue, from waiting."""

OUTAGE_PAUSE_SECONDS = 0.5
"""Rest after an attempt that met an outage, so that a long queue is not rushed through in vain."""

_REPORT_PAUSE_SECONDS = 0.2
_SHARED_OUTAGES = (EmbedderUnavailable, IndexUnavailable, ModelMisconfigured, SpaceMismatch)

T = TypeVar("T")


class ItemRunner:
    """Runs items, one at a time, in a process that has been forked already.

    The event loop and the connections stay open from one item to the next.

    Parameters
    ----------
    open_backends
        Connects to inference server and index; called with the first item, and again after an
        outage when the model changed meanwhile.
    """

    def __init__(
        self, settings: QueueSettings, open_backends: Callable[[], Awaitable[Backends]]
    ) -> None:
        self.ledger = JobLedger(settings)
        self._open_backends = open_backends
        self._backoff = Backoff.of(settings)
        self._chance = random.Random(os.urandom(8))
        # A third less CPU per call than the standard loop.
        self._loop = uvloop.new_event_loop()
        self._backends: Backends | None = None
        self._card_is_fresh = False

    def run(self, item_id: str, owner: str) -> None:
        """Claim an item and try it once; do nothing when it cannot be claimed.

        Raises
        ------
        QueueUnavailable
            When Redis does not answer. Once claimed, nothing is raised: its lease brings back an
            item of which nothing could be reported.
        """
        claim = self.ledger.claim(item_id, owner)
        if claim is not None:
            self._run(claim, until=time.monotonic())

    def run_due(self, owner: str) -> None:
        """Take items that are due and try each once, until none is due or the turn is over.

        Raises
        ------
        QueueUnavailable
            When Redis does not answer while nothing is claimed.
        """
        until = time.monotonic() + TURN_SECONDS
        claim = self.ledger.take(owner)
        if claim is None:
            return
        while claim is not None:
            claim = self._run(claim, until)
        if time.monotonic() < until:  # nothing more is due
            give_back_freed_memory()

    def close(self) -> None:
        """Close everything that is open."""
        self._loop.run_until_complete(self._close_backends())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self.ledger.close()

    def _run(self, claim: Claim, until: float) -> Claim | None:
        """Try an item once; the one taken next, unless none is due or it is ``until``."""
        began = time.perf_counter()
        try:
            outcome = self._loop.run_until_complete(self._attempt(claim))
        except Exception as exc:  # every failure must be recorded, our own bugs included
            self._report_failure(claim, exc)
            following = self.ledger.take(claim.owner) if time.monotonic() < until else None
        else:
            following = self._report_outcome(claim, outcome, until)
        telemetry.INGEST_TRACK_SECONDS.observe(time.perf_counter() - began)
        return following

    async def _attempt(self, claim: Claim) -> Outcome:
        backends = await self._ready_backends()
        item = claim.item
        if item.expected_new and claim.attempt > 1:
            # The attempt before may have stored the track, and died before it could say so.
            item = replace(item, expected_new=False)
        try:
            return await ingest(item, backends)
        except _SHARED_OUTAGES:
            self._card_is_fresh = False
            raise

    async def _ready_backends(self) -> Backends:
        """The open backends; after an outage, only once the model answers again."""
        if self._backends is not None and not self._card_is_fresh:
            card = await self._backends.embedder.card()
            if card != self._backends.card:
                log.warning("the model changed to %s: connecting anew", card.space)
                await self._close_backends()
        if self._backends is None:
            self._backends = await self._open_backends()
        self._card_is_fresh = True
        return self._backends

    async def _close_backends(self) -> None:
        backends, self._backends = self._backends, None
        if backends is not None:
            await backends.close()

    def _report_outcome(self, claim: Claim, outcome: Outcome, until: float) -> Claim | None:
        report = (claim.item_id, claim.owner, outcome.state, outcome.reason, outcome.message)
        held: bool | None
        following = None
        try:
            if time.monotonic() < until:
                held, following = self.ledger.settle_and_take(*report)
            else:
                held = self.ledger.settle(*report)
        except QueueUnavailable:
            held = _persistently(lambda: self.ledger.settle(*report))
        if not held:
            log.warning("%s was taken from this worker before it was finished", claim.item_id)
            return following
        telemetry.INGEST_TOTAL.labels(outcome.state.value, outcome.reason).inc()
        telemetry.INGEST_AUDIO_SECONDS.inc(outcome.audio_seconds)
        if self._backends is not None:
            self._backends.sources.discard(claim.item.uri)
        return following

    def _report_failure(self, claim: Claim, exc: Exception) -> None:
        error = as_segue_error(exc)
        if error is not exc and not isinstance(exc, MemoryError):
            log.error("%s failed", shown_uri(claim.item.uri), exc_info=exc)
        kind = failure_kind(error)
        # What said when to come back is not asked before.
        delay = error.retry_after_seconds + self._backoff.delay(claim.attempt, self._chance)
        state = _persistently(
            lambda: self.ledger.fail(claim.item_id, claim.owner, kind, error, delay_seconds=delay)
        )
        count_failure(state, error)
        became = "taken from this worker" if state is None else state.value
        log.info("%s: %s (%s: %s)", shown_uri(claim.item.uri), became, error.reason, error)
        if kind is FailureKind.OUTAGE and isinstance(error, _SHARED_OUTAGES):
            time.sleep(OUTAGE_PAUSE_SECONDS)


def count_failure(state: ItemState | None, error: SegueError) -> None:
    """Count a failed attempt that was recorded."""
    if state is not None:
        outcome = "retried" if state is ItemState.RETRYING else state.value
        telemetry.INGEST_TOTAL.labels(outcome, error.reason).inc()


def _persistently(report: Callable[[], T]) -> T | None:
    """Report again while Redis does not answer; None when it stays away for a lease's length."""
    deadline = time.monotonic() + LEASE_SECONDS
    while True:
        try:
            return report()
        except QueueUnavailable as exc:
            if time.monotonic() >= deadline:
                log.warning("an outcome could not be recorded, so the track is run again: %s", exc)
                return None
            time.sleep(_REPORT_PAUSE_SECONDS)
