"""What became of an ingest run, and its summary for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import click

from segue.errors import SegueError
from segue.stack.commands.failing import EXIT_FAILED, describe, exit_code, sentence
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


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was said on the way, and when, in seconds from the start."""

    reason: str
    message: str
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What became of an ingest run.

    Attributes
    ----------
    failures
        What was refused here, and what died there.
    not_accepted
        Places of what the stack is not known to have accepted when the run ended early.
    notices
        What was said on the way: no worker, no contact.
    error
        Why the run ended early.
    """

    jobs: list[str] = field(default_factory=list)
    total: int = 0
    indexed: int = 0
    skipped: int = 0
    dead: int = 0
    seconds: float = 0.0
    failures: list[Problem] = field(default_factory=list)
    tracks: list[TrackOutcome] = field(default_factory=list)
    not_accepted: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    error: SegueError | None = None


def finish(outcome: Outcome, *, watched: bool, as_json: bool) -> None:
    """Print an outcome, and leave with the exit code of what went wrong, if anything did."""
    error = outcome.error
    if as_json:
        outcome.error = None  # asdict would copy it
        fields = asdict(outcome)
        del fields["error"]
        click.echo(json.dumps(fields if error is None else {**fields, "error": describe(error)}))
    else:
        for line in _summary(outcome, watched=watched):
            click.echo(line)
        if error is not None:
            click.echo(sentence(error), err=True)
    if error is not None:
        raise SystemExit(exit_code(error))
    if outcome.failures:
        raise SystemExit(EXIT_FAILED)


def _summary(outcome: Outcome, *, watched: bool) -> Iterator[str]:
    """Lines that say what failed, and how many tracks went which way."""
    for failure in outcome.failures[:_FAILURES_SHOWN]:
        yield f"{failure.place}: {failure.message} [{failure.reason}] {failure.next_step}"
    hidden = len(outcome.failures) - _FAILURES_SHOWN
    if hidden > 0:
        yield f"... and {hidden} more failures; see all with --json or `segue deadletters list`"
    counts = f"{outcome.indexed} indexed, {outcome.skipped} unchanged and skipped"
    if outcome.error is not None:
        yield (
            f"{outcome.total} tracks accepted as {_jobs(outcome)}: {counts}, {outcome.dead} failed "
            f"as far as is known. Not accepted: {len(outcome.not_accepted)}."
        )
        return
    if not watched:
        yield f"{outcome.total} tracks accepted as {_jobs(outcome)}; not waiting for them."
        return
    rate = outcome.total / outcome.seconds if outcome.seconds else 0.0
    yield (
        f"{counts}, {len(outcome.failures)} failed, in {outcome.seconds:.1f} s "
        f"({rate:.1f} tracks/s)."
    )


def _jobs(outcome: Outcome) -> str:
    return ("job " if len(outcome.jobs) == 1 else "jobs ") + ", ".join(outcome.jobs)
