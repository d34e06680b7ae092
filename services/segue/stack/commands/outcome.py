"""What became of an ingest run, and its summary for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from segue.stack.manifest import Problem

_FAILURES_SHOWN = 20


@dataclass(slots=True)
class TrackOutcome:
    """What became of an accepted track.

    Attributes
    ----------
    uri
        Where its audio lies, for an upload on this machine.
    state
        ``queued``, ``running``, ``retrying``, ``indexed``, ``skipped`` or ``dead``.
    reason, message
        Why it is retried, was skipped or is dead.
    """

    track_id: str
    uri: str
    state: str = "queued"
    reason: str = ""
    message: str = ""


@dataclass(slots=True)
class Outcome:
    """What became of an ingest run; ``failures`` are what was refused here and what died there."""

    jobs: list[str] = field(default_factory=list)
    total: int = 0
    indexed: int = 0
    skipped: int = 0
    dead: int = 0
    seconds: float = 0.0
    failures: list[Problem] = field(default_factory=list)
    tracks: list[TrackOutcome] = field(default_factory=list)


def summary(outcome: Outcome, *, watched: bool) -> Iterator[str]:
    """Lines that say what failed, and how many tracks went which way."""
    for failure in outcome.failures[:_FAILURES_SHOWN]:
        yield f"{failure.place}: {failure.message} [{failure.reason}] {failure.next_step}"
    hidden = len(outcome.failures) - _FAILURES_SHOWN
    if hidden > 0:
        yield f"... and {hidden} more failures; see all with --json or `segue deadletters list`"
    if not watched:
        yield f"{outcome.total} tracks accepted as {_jobs(outcome)}; not waiting for them."
        return
    rate = outcome.total / outcome.seconds if outcome.seconds else 0.0
    yield (
        f"{outcome.indexed} indexed, {outcome.skipped} unchanged and skipped, "
        f"{len(outcome.failures)} failed, in {outcome.seconds:.1f} s ({rate:.1f} tracks/s)."
    )


def _jobs(outcome: Outcome) -> str:
    return ("job " if len(outcome.jobs) == 1 else "jobs ") + ", ".join(outcome.jobs)
