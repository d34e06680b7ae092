"""What became of an ingest run, and its summary for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from segue.command import EXIT_FAILED, describe, exit_code, sentence
from segue.errors import SegueError
from segue.ingest_jobs import AUDIO_DAMAGED, METADATA_UPDATED
from segue.library.divisions import Division
from segue.library.left_out import LeftOut, Problem, Reason
from segue.library.places import path_of, place_of
from segue.output import say, say_json
from segue.texts import shown_uri

_FAILURES_SHOWN = 20
_DAMAGED_SHOWN = 20
_LEFT_OUT_SHOWN = 10
_DIVIDED_SHOWN = 10


@dataclass(slots=True)
class TrackResult:
    """What became of an accepted track.

    Attributes
    ----------
    uri
        Where its audio lies, for an upload on this machine.
    state
        ``queued``, ``running``, ``retrying``, ``indexed``, ``skipped``, ``dead`` or ``cancelled``.
    reason, message
        Why it is retried, was skipped or is dead; of an indexed one, what its file lacks.
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
class IngestResult:
    """What became of an ingest run.

    Attributes
    ----------
    failures
        What was refused here, and what died there.
    left_out
        What of the folders was left out though nothing is wrong with it.
    divided
        Files that are several tracks by their cue sheets.
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
    cancelled: int = 0
    seconds: float = 0.0
    failures: list[Problem] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    divided: list[Division] = field(default_factory=list)
    tracks: list[TrackResult] = field(default_factory=list)
    not_accepted: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    error: SegueError | None = None


def finish(result: IngestResult, *, watched: bool, as_json: bool) -> None:
    """Print a result, and leave with the exit code of what went wrong, if anything did."""
    error = result.error
    if as_json:
        left_out = left_out_fields(result.left_out)
        result.error = None  # asdict would copy it
        answer = {
            **asdict(result),
            "left_out": left_out,
            "divided": divided_fields(result.divided),
        }
        del answer["error"]
        say_json(answer if error is None else {**answer, "error": describe(error)})
    else:
        for line in _summary(result, watched=watched):
            say(line)
        if error is not None:
            say(sentence(error), err=True)
    if error is not None:
        raise SystemExit(exit_code(error))
    if result.failures or result.cancelled:
        raise SystemExit(EXIT_FAILED)


def left_out_fields(left_out: LeftOut) -> dict[str, object]:
    """What was left out, for ``--json``: counts by reason, and every path."""
    return {
        "counts": {reason.name: count for reason, count in left_out.counts.items()},
        "entries": [{"path": path, "reason": reason.name} for reason, path in left_out.paths()],
    }


def left_out_lines(left_out: LeftOut) -> Iterator[str]:
    """What was left out, for a person: the counts, and the first paths.

    Covers, texts and licences lie in every folder of music, so what is not audio is only counted.
    """
    if not left_out.counts:
        return
    paths = [one for one in left_out.paths() if one[0] is not Reason.NOT_AUDIO]
    for reason, path in paths[:_LEFT_OUT_SHOWN]:
        yield f"left out: {path} ({reason.value})"
    counts = ", ".join(
        f"{left_out.counts[reason]} {reason.value}" for reason in Reason if left_out.counts[reason]
    )
    total = left_out.counts.total()
    more = "; see all with --json" if total > len(paths[:_LEFT_OUT_SHOWN]) else ""
    yield f"{total} left out: {counts}{more}."


def divided_fields(divided: Sequence[Division]) -> list[dict[str, object]]:
    """Files that are several tracks, for ``--json``."""
    return [{"path": one.path, "sheet": one.sheet, "tracks": len(one.tracks)} for one in divided]


def divided_lines(divided: Sequence[Division]) -> Iterator[str]:
    """Files that are several tracks, for a person."""
    for one in divided[:_DIVIDED_SHOWN]:
        by = "the cue sheet in it" if one.sheet == one.path else one.sheet
        yield f"divided: {one.path} into {len(one.tracks)} tracks by {by}"
    if len(divided) > _DIVIDED_SHOWN:
        yield f"divided: ... and {len(divided) - _DIVIDED_SHOWN} more files; see all with --json"


def _summary(result: IngestResult, *, watched: bool) -> Iterator[str]:
    """Lines that say what failed, and how many tracks went which way."""
    for failure in result.failures[:_FAILURES_SHOWN]:
        yield f"{failure.place}: {failure.message} [{failure.reason}] {failure.next_step}"
    hidden = len(result.failures) - _FAILURES_SHOWN
    if hidden > 0:
        yield f"... and {hidden} more failures; see all with --json or `segue deadletters list`"
    damaged = [track for track in result.tracks if track.reason == AUDIO_DAMAGED]
    for track in damaged[:_DAMAGED_SHOWN]:
        place = place_of(track.uri) or path_of(track.uri) or shown_uri(track.uri)
        yield f"{place}: damaged, indexed from what is left: {track.message}"
    if len(damaged) > _DAMAGED_SHOWN:
        yield f"... and {len(damaged) - _DAMAGED_SHOWN} more damaged files; see all with --json"
    yield from left_out_lines(result.left_out)
    yield from divided_lines(result.divided)
    lacking = f" ({len(damaged)} from damaged files)" if damaged else ""
    updated = sum(track.reason == METADATA_UPDATED for track in result.tracks)
    anew = f" ({updated} with other metadata)" if updated else ""
    counts = f"{result.indexed} indexed{lacking}, {result.skipped} unchanged and skipped{anew}"
    if result.cancelled:
        counts += f", {result.cancelled} cancelled"
    if result.error is not None:
        yield (
            f"{result.total} tracks accepted as {_jobs(result)}: {counts}, {result.dead} failed "
            f"as far as is known. Not accepted: {len(result.not_accepted)}."
        )
        return
    if not watched:
        yield f"{result.total} tracks accepted as {_jobs(result)}; not waiting for them."
        return
    rate = result.total / result.seconds if result.seconds else 0.0
    yield (
        f"{counts}, {len(result.failures)} failed, in {result.seconds:.1f} s ({rate:.1f} tracks/s)."
    )


def _jobs(result: IngestResult) -> str:
    return ("job " if len(result.jobs) == 1 else "jobs ") + ", ".join(result.jobs)
