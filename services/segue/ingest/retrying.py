"""What a failure means for the next attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass

from segue.errors import (
    AudioError,
    CatalogueUnknown,
    InvalidRequest,
    ModelMisconfigured,
    NotFound,
    NotPermitted,
    SegueError,
    SourceTooSlow,
    SpaceMismatch,
    Unavailable,
)
from segue.jobs.ledger import FailureKind
from segue.settings import QueueSettings


def as_segue_error(error: BaseException) -> SegueError:
    """The error as one of ours, so that a dead letter has a reason and a next step."""
    if isinstance(error, SegueError):
        return error
    if isinstance(error, MemoryError):
        return AudioError("decoding needs more memory than allowed", "AUDIO_DECODER_CRASHED")
    return SegueError(f"{type(error).__name__}: {error}")


def failure_kind(error: SegueError) -> FailureKind:
    """How a failed attempt counts.

    What is wrong with the track is refused. What is wrong with Segue's surroundings (a server that
    does not answer, a model that an operator must correct) says nothing of the track and uses up no
    attempt. Everything else, our own bugs included, is tried a few times.
    """
    if isinstance(error, CatalogueUnknown):
        return FailureKind.OUTAGE  # the query service knows it: this worker has other settings
    if isinstance(error, (InvalidRequest, NotFound, NotPermitted)):
        return FailureKind.REFUSED
    if isinstance(error, SourceTooSlow):
        return FailureKind.FAILED  # waiting for it costs others their turn
    if isinstance(error, (Unavailable, ModelMisconfigured, SpaceMismatch)):
        return FailureKind.OUTAGE
    return FailureKind.FAILED


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    The wait before another attempt is uniform in ``[0, min(cap, base · 2^(attempt - 1))]``, so that
    tracks which failed together do not come back together.
    Source: Brooker, "Exponential Backoff and Jitter" (2015).
    """

    base_seconds: float
    cap_seconds: float

    @classmethod
    def of(cls, settings: QueueSettings) -> Backoff:
        """Backoff of the settings."""
        return cls(settings.retry_base_seconds, settings.retry_cap_seconds)

    def longest(self, attempt: int) -> float:
        """Upper bound of the wait after the ``attempt``-th attempt, counted from 1, in seconds."""
        return min(self.cap_seconds, self.base_seconds * 2.0 ** min(attempt - 1, 62))

    def delay(self, attempt: int, chance: random.Random) -> float:
        """Wait after the ``attempt``-th attempt in seconds."""
        return chance.uniform(0.0, self.longest(attempt))
