"""What a failure means for the next attempt."""

from __future__ import annotations

import random

import pytest

from segue.errors import (
    AudioError,
    DeadlineExceeded,
    EmbedderUnavailable,
    InvalidVector,
    ModelMisconfigured,
    SegueError,
    SourceError,
    SourceUnavailable,
    SpaceMismatch,
    TrackNotFound,
)
from segue.ingest.retrying import Backoff, as_segue_error, failure_kind
from segue.jobs.ledger import FailureKind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AudioError("x"), FailureKind.REFUSED),
        (SourceError("x"), FailureKind.REFUSED),
        (InvalidVector("x"), FailureKind.REFUSED),
        (TrackNotFound("x", "model-v1"), FailureKind.REFUSED),
        (EmbedderUnavailable("x"), FailureKind.OUTAGE),
        (SourceUnavailable("x"), FailureKind.OUTAGE),
        (DeadlineExceeded("x"), FailureKind.OUTAGE),
        (ModelMisconfigured("x"), FailureKind.OUTAGE),
        (SpaceMismatch("x"), FailureKind.OUTAGE),
        (SegueError("x"), FailureKind.FAILED),
    ],
)
def test_kinds(error: SegueError, kind: FailureKind) -> None:
    assert failure_kind(error) is kind


def test_foreign_errors_get_a_reason() -> None:
    assert as_segue_error(ValueError("odd")).reason == "INTERNAL"
    assert str(as_segue_error(ValueError("odd"))) == "ValueError: odd"
    memory = as_segue_error(MemoryError())
    assert (memory.reason, failure_kind(memory)) == ("AUDIO_DECODER_CRASHED", FailureKind.REFUSED)


def test_backoff_doubles_up_to_its_cap_with_full_jitter() -> None:
    backoff = Backoff(base_seconds=1.0, cap_seconds=10.0)
    # Powers of two are exact.
    assert [backoff.longest(n) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert backoff.longest(100_000) == 10
    chance = random.Random(7)
    delays = [backoff.delay(3, chance) for _ in range(2_000)]
    assert min(delays) < 0.1
    assert 3.9 < max(delays) <= 4.0
    assert sum(delays) / len(delays) == pytest.approx(2.0, abs=0.1)
