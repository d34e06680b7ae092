"""``segue ingest``: send audio to a stack and watch it arrive."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from segue.errors import SegueError
from segue.jobs.messages import item_message
from segue.jobs.port import IngestItem
from segue.messages import metadata_message
from segue.stack.client import RemoteError, SegueClient
from segue.stack.commands.failing import EXIT_FAILED, SegueCommand
from segue.stack.commands.outcome import Outcome, TrackOutcome, summary
from segue.stack.commands.places import find_place, place_options
from segue.stack.manifest import Problem, collect, local_path
from segue.stack.next_steps import next_step_for
from segue.v1 import catalog_service_pb2

BATCH_ITEMS = 1_000
_DEAD = catalog_service_pb2.INGEST_STATE_DEAD


class NothingToIngest(SegueError):
    """Nothing of what was named can be ingested."""

    reason = "NOTHING_TO_INGEST"
    next_step = "Name audio files, folders that hold some, or CSV or JSONL manifests."


@click.command(cls=SegueCommand)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--upload/--no-upload", default=None,
              help="Send the files' bytes instead of their paths.  [default: when the stack is not "
              "on this machine]")  # fmt: skip
@click.option("--force", is_flag=True, help="Embed again what is unchanged since the last time.")
@click.option("--watch/--no-watch", default=True, help="Wait until every track has arrived.")
@place_options
def ingest(
    sources: tuple[Path, ...],
    upload: bool | None,
    force: bool,
    watch: bool,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Ingest audio files, folders of them, and CSV or JSONL manifests (SOURCES).

    A manifest names one track per line: path or uri, and optionally track_id, title, artist, album,
    genres, moods, year. Relative paths start at the manifest. What is not given is read from tags.
    A folder's own manifest.jsonl or manifest.csv is used; audio that it does not name is taken too.

    Leaves with 0 when every track is in the catalogue, 1 when some failed.
    """
    place = find_place(address, data, timeout_seconds)
    found = collect(sources, force=force)
    run = IngestRun(upload=not place.same_machine if upload is None else upload, quiet=as_json)
    run.outcome.failures += found.problems
    if not as_json:
        for note in found.notes:
            click.echo(note, err=True)
    with place.client() as client:
        if found.items:
            run.submit(client, found.items)
        elif not found.problems:
            raise NothingToIngest("nothing to ingest")
        if watch:
            run.watch(client)
    _finish(run.outcome, watched=watch, as_json=as_json)


class IngestRun:
    """Sends items to a stack and follows their jobs, with a progress bar for a person.

    Parameters
    ----------
    upload
        Send bytes of local files instead of their URIs.
    quiet
        Show no progress.
    """

    def __init__(self, *, upload: bool, quiet: bool) -> None:
        self.outcome = Outcome()
        self._upload = upload
        self._quiet = quiet
        self._tracks: dict[tuple[str, str], TrackOutcome] = {}
        self._began = time.monotonic()

    def submit(self, client: SegueClient, items: Sequence[IngestItem]) -> None:
        """Have the stack accept the items. Those that it refuses become failures."""
        if not self._upload:
            for first in range(0, len(items), BATCH_ITEMS):
                self._accept(client, items[first : first + BATCH_ITEMS])
            return
        with self._progress() as progress:
            bar = progress.add_task("upload", total=len(items), failed="")
            job_id = ""
            for item in items:
                job_id = self._send(client, item, job_id) or job_id
                progress.advance(bar)
        if job_id:
            self.outcome.jobs.append(job_id)

    def watch(self, client: SegueClient) -> None:
        """Follow the jobs until every track is indexed, skipped or dead."""
        with self._progress() as progress:
            bar = progress.add_task("ingest", total=self.outcome.total, failed="")
            for job_id in self.outcome.jobs:
                self._follow(client, job_id, progress, bar)
        self.outcome.seconds = round(time.monotonic() - self._began, 3)

    def _accept(self, client: SegueClient, batch: Sequence[IngestItem]) -> None:
        request = catalog_service_pb2.IngestTracksRequest(items=map(item_message, batch))
        try:
            answer = client.catalog("IngestTracks", request)
        except RemoteError as exc:
            if exc.retryable:
                raise
            if len(batch) == 1:
                self._refused(batch[0].uri, exc)
                return
            # One item spoils its batch: halve until it stands alone.
            middle = len(batch) // 2
            self._accept(client, batch[:middle])
            self._accept(client, batch[middle:])
            return
        self.outcome.jobs.append(answer.job_id)
        self.outcome.total += len(batch)
        for item, track_id in zip(batch, answer.track_ids, strict=True):
            self._accepted(answer.job_id, track_id, item.uri)

    def _send(self, client: SegueClient, item: IngestItem, job_id: str) -> str:
        path = local_path(item.uri)
        if path is None:
            self._accept(client, [item])
            return ""
        header = catalog_service_pb2.UploadHeader(
            track_id=item.track_id,
            metadata=metadata_message(item.metadata),
            file_name=path.name,
            force=item.force,
            job_id=job_id,
        )
        try:
            answer = client.upload(path, header)
        except RemoteError as exc:
            if exc.retryable:
                raise
            self._refused(str(path), exc)
            return ""
        except OSError as exc:
            self.outcome.failures.append(
                Problem(
                    str(path),
                    "SOURCE_NOT_FOUND",
                    f"cannot be read: {exc.strerror}",
                    "Check the path and its permissions.",
                )
            )
            return ""
        self.outcome.total += 1
        self._accepted(answer.job_id, answer.track_id, item.uri)
        return answer.job_id

    def _accepted(self, job_id: str, track_id: str, uri: str) -> None:
        if (job_id, track_id) not in self._tracks:  # one song uploaded under two names is one track
            track = self._tracks[job_id, track_id] = TrackOutcome(track_id, uri)
            self.outcome.tracks.append(track)

    def _refused(self, place: str, exc: RemoteError) -> None:
        self.outcome.failures.append(Problem(place, exc.reason, str(exc), exc.next_step))

    def _follow(self, client: SegueClient, job_id: str, progress: Progress, bar: TaskID) -> None:
        outcome = self.outcome
        before = (outcome.indexed, outcome.skipped, outcome.dead)
        reported: set[str] = set()
        for message in client.watch(job_id):
            job = message.job
            counts = (job.indexed, job.skipped, job.dead)
            outcome.indexed, outcome.skipped, outcome.dead = (
                earlier + now for earlier, now in zip(before, counts, strict=True)
            )
            for item in message.changed:
                track = self._tracks[job_id, item.track_id]
                track.state = _state(item)
                track.reason, track.message = item.reason, item.message
                if item.state == _DEAD and item.track_id not in reported:
                    reported.add(item.track_id)
                    outcome.failures.append(_problem(track))
            done = outcome.indexed + outcome.skipped + outcome.dead
            failed = f"[red]{outcome.dead} failed[/red]" if outcome.dead else ""
            progress.update(bar, completed=done, failed=failed)

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}"),
            _RateColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=self._quiet,
        )


class _RateColumn(ProgressColumn):
    """Tracks per second."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:.1f} tracks/s" if rate else "")


def _finish(outcome: Outcome, *, watched: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(outcome)))
    else:
        for line in summary(outcome, watched=watched):
            click.echo(line)
    if outcome.failures:
        raise SystemExit(EXIT_FAILED)


def _problem(track: TrackOutcome) -> Problem:
    path = local_path(track.uri)
    place = track.uri if path is None else str(path)
    return Problem(place, track.reason, track.message, next_step_for(track.reason))


def _state(item: catalog_service_pb2.IngestItemStatus) -> str:
    name = catalog_service_pb2.IngestState.Name(item.state)
    return name.removeprefix("INGEST_STATE_").lower()
