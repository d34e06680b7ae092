"""What one run of ``segue sync`` found and did, for a person and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

from segue.cli.ingest_result import (
    IngestResult,
    divided_fields,
    divided_lines,
    left_out_fields,
    left_out_lines,
)
from segue.command import EXIT_FAILED, describe, exit_code, sentence
from segue.ingest_jobs import METADATA_UPDATED
from segue.library.left_out import LeftOut, Problem
from segue.library.plan import Plan, Stored
from segue.output import say, say_json

_SHOWN = 20


@dataclass(slots=True)
class SyncResult:
    """What was found and done.

    Attributes
    ----------
    waiting
        Tracks that are gone, but not for as long as was asked for.
    refused_before
        Files that the service refused for good, and that are as they were then: known, not sent
        again, and no failure of this run.
    ingest
        What became of the files that were sent.
    """

    plan: Plan = field(default_factory=Plan)
    left_out: LeftOut = field(default_factory=LeftOut)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    waiting: list[Stored] = field(default_factory=list)
    refused_before: list[Problem] = field(default_factory=list)
    ingest: IngestResult = field(default_factory=IngestResult)
    dry_run: bool = False
    seconds: float = 0.0

    @property
    def failures(self) -> list[Problem]:
        """All that could not be taken now."""
        return [*self.problems, *self.ingest.failures]


def report(result: SyncResult, *, as_json: bool) -> int:
    """Print a result; the exit code that it asks for."""
    error = result.ingest.error
    if as_json:
        fields = _fields(result)
        say_json(fields if error is None else {**fields, "error": describe(error)})
    else:
        for line in _lines(result):
            say(line)
        if error is not None:
            say(sentence(error), err=True)
    if error is not None:
        return exit_code(error)
    return EXIT_FAILED if result.failures or result.ingest.cancelled else 0


def _fields(result: SyncResult) -> dict[str, object]:
    plan, ingest = result.plan, result.ingest
    return {
        "dry_run": result.dry_run,
        "unchanged": plan.unchanged,
        "new": list(map(asdict, plan.new)),
        "changed": list(map(asdict, [*plan.changed, *plan.said_anew])),
        "moved": list(map(asdict, plan.moved)),
        "gone": list(map(asdict, plan.gone)),
        "replaced": list(map(asdict, plan.replaced)),
        "divided": divided_fields(ingest.divided),
        "waiting": list(map(asdict, result.waiting)),
        "undecided": list(map(asdict, plan.undecided)),
        "several_ids": [{"path": path, "track_ids": ids} for path, ids in plan.several_ids],
        "failures": list(map(asdict, result.failures)),
        "refused_before": list(map(asdict, result.refused_before)),
        "left_out": left_out_fields(result.left_out),
        "notes": result.notes,
        "notices": list(map(asdict, ingest.notices)),
        "jobs": ingest.jobs,
        "indexed": ingest.indexed,
        "skipped": ingest.skipped,
        "dead": ingest.dead,
        "cancelled": ingest.cancelled,
        "not_accepted": ingest.not_accepted,
        "seconds": result.seconds,
    }


def _lines(result: SyncResult) -> Iterator[str]:
    plan = result.plan
    yield from _some("new", (one.path for one in plan.new))
    yield from _some("changed", (one.path for one in [*plan.changed, *plan.said_anew]))
    yield from _some("moved", (f"{one.old_path} -> {one.path}" for one in plan.moved))
    yield from _some("gone", (f"{one.path} ({one.track_id})" for one in plan.gone))
    yield from _some("replaced", (f"{one.path} ({one.track_id})" for one in plan.replaced))
    yield from _some("gone, but kept for now", (one.path for one in result.waiting))
    yield from _some("cannot be told now, stays", (one.path for one in plan.undecided))
    yield from _some(
        "several ids for", (f"{path}: {', '.join(ids)}" for path, ids in plan.several_ids)
    )
    yield from _some("failed", map(_told, result.failures))
    yield from _some("refused before, unchanged since", map(_told, result.refused_before))
    yield from left_out_lines(result.left_out)
    yield from divided_lines(result.ingest.divided)
    changed = len(plan.changed) + len(plan.said_anew)
    described = sum(track.reason == METADATA_UPDATED for track in result.ingest.tracks)
    only = f" ({described} only in what is said of them)" if described else ""
    counts = (
        f"{plan.unchanged} unchanged, {len(plan.new)} new, {changed} changed{only}, "
        f"{len(plan.moved)} moved, {len(plan.gone)} gone, {len(result.failures)} failed"
    )
    if result.refused_before:
        counts += f", {len(result.refused_before)} refused before"
    if result.ingest.cancelled:
        counts += f", {result.ingest.cancelled} cancelled"
    done = "; nothing was done (--dry-run)" if result.dry_run else ""
    yield f"{counts}, in {result.seconds:.1f} s{done}."


def _told(problem: Problem) -> str:
    said = f"{problem.place}: {problem.message} [{problem.reason}] {problem.next_step}"
    return said.rstrip()


def _some(what: str, entries: Iterable[str]) -> Iterator[str]:
    more = 0
    for number, entry in enumerate(entries):
        if number < _SHOWN:
            yield f"{what}: {entry}"
        else:
            more += 1
    if more:
        yield f"{what}: ... and {more} more; see all with --json"
