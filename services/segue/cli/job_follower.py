"""Following ingest jobs until they are done, and what is said meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

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

from segue.cli.client import SegueClient
from segue.cli.ingest_result import IngestResult, Notice, TrackResult
from segue.cli.patience import Patience
from segue.cli.stack_address import StackAddress
from segue.command import Interrupted
from segue.errors import NoWorker, SegueError, next_step_for
from segue.ingest_jobs import ItemState
from segue.library.left_out import Problem
from segue.library.places import path_of, place_of
from segue.output import PlainConsole
from segue.stack.folder import StackNotFound
from segue.texts import shown_uri

_COUNTED = (ItemState.INDEXED, ItemState.SKIPPED, ItemState.DEAD, ItemState.CANCELLED)


class ContactLost(SegueError):
    """A stack that had accepted tracks does not answer any more."""

    reason = "CONTACT_LOST"
    retryable = True


class JobFollower:
    """Follows jobs with a progress bar for a person; keeps their result.

    Parameters
    ----------
    retry_seconds
        How long to try again while the stack does not answer.
    quiet
        Show no progress. What matters is said on standard error all the same.

    Attributes
    ----------
    patience
        For the client that asks the stack.
    """

    def __init__(self, stack: StackAddress, *, retry_seconds: float, quiet: bool) -> None:
        self.result = IngestResult()
        self.patience = Patience(retry_seconds, tell=self._contact)
        self._stack = stack
        self._quiet = quiet
        self._console = PlainConsole(err=True)
        self._tracks: dict[tuple[str, str], TrackResult] = {}
        self._began = time.monotonic()
        self._worker_gone = False

    def accepted(self, job_id: str, track_id: str, uri: str) -> None:
        """Note that the stack accepted a track."""
        if job_id not in self.result.jobs:
            self.result.jobs.append(job_id)
        if (job_id, track_id) not in self._tracks:  # one song uploaded under two names is one track
            track = self._tracks[job_id, track_id] = TrackResult(track_id, shown_uri(uri))
            self.result.tracks.append(track)

    def follow(self, client: SegueClient) -> None:
        """Follow the jobs until every track is in a final state."""
        with self.progress() as progress:
            bar = progress.add_task("ingest", total=self.result.total, failed="")
            for job_id in self.result.jobs:
                self._follow(client, job_id, progress, bar)
        self.result.seconds = round(time.monotonic() - self._began, 3)

    def look_for_workers(self, client: SegueClient) -> None:
        """Say so when the stack knows now that no worker lives."""
        try:
            workers = client.status().conditions["workers"]
        except SegueError:
            return  # an older service, or one that is away again: nothing is known
        if workers.reason == NoWorker.reason:
            self.note(workers.reason, f"{workers.message}. {self._waiting()}")

    def note(self, reason: str, message: str) -> None:
        """Say something on standard error, beside the progress bar, and keep it."""
        seconds = round(time.monotonic() - self._began, 3)
        self.result.notices.append(Notice(reason, message, seconds))
        self._console.print(f"segue: {message} [{reason}]", soft_wrap=True)

    @contextmanager
    def keeping_what_was_accepted(self) -> Iterator[None]:
        """Let an error that comes after something was accepted become part of the result."""
        try:
            yield
        except (SegueError, KeyboardInterrupt) as exc:
            if not self.result.jobs:
                raise
            self.result.seconds = round(time.monotonic() - self._began, 3)
            self.result.error = self._ending(exc)

    def progress(self) -> Progress:
        """A progress bar."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}"),
            _RateColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=self._quiet,
        )

    def _follow(self, client: SegueClient, job_id: str, progress: Progress, bar: TaskID) -> None:
        result = self.result
        before = (result.indexed, result.skipped, result.dead, result.cancelled)
        reported: set[str] = set()
        for change in client.watch(job_id):
            self._hear_of_workers(change.worker_alive)
            counts = [change.progress.counts[state] for state in _COUNTED]
            result.indexed, result.skipped, result.dead, result.cancelled = (
                earlier + now for earlier, now in zip(before, counts, strict=True)
            )
            for item in change.changed:
                self.accepted(job_id, item.track_id, item.uri)
                track = self._tracks[job_id, item.track_id]
                track.state = item.state.value
                track.reason, track.message = item.reason, item.message
                if item.state is ItemState.DEAD and item.track_id not in reported:
                    reported.add(item.track_id)
                    result.failures.append(_problem(track))
            done = result.indexed + result.skipped + result.dead + result.cancelled
            failed = f"[red]{result.dead} failed[/red]" if result.dead else ""
            progress.update(bar, completed=done, failed=failed)

    def _hear_of_workers(self, alive: bool | None) -> None:
        if alive is False and not self._worker_gone:
            self._worker_gone = True
            self.note(
                NoWorker.reason,
                "no ingest worker is there, so nothing goes on. This command waits for one; "
                f"Ctrl-C leaves. {self._waiting()}",
            )
        elif alive and self._worker_gone:
            self._worker_gone = False
            self.note("WORKER_BACK", "an ingest worker is there again.")

    def _contact(self, error: SegueError | None) -> None:
        if error is None:
            self.note("CONTACT_BACK", "the stack answers again.")
        else:
            self.note(
                ContactLost.reason,
                f"{error} [{error.reason}]: trying again for up to {self.patience.seconds:g} s.",
            )

    def _ending(self, exc: SegueError | KeyboardInterrupt) -> SegueError:
        if isinstance(exc, KeyboardInterrupt):
            return Interrupted("ended by hand", next_step=self._going_on())
        if isinstance(exc, StackNotFound):
            return ContactLost(
                f"{exc}; tried again for {self.patience.seconds:g} s",
                next_step=f"Once it answers again: {self._going_on()}",
            )
        if exc.retryable:
            return ContactLost(
                f"{exc}; tried again for {self.patience.seconds:g} s",
                reason=exc.reason,
                next_step=f"{exc.next_step} {self._going_on()}",
            )
        return exc

    def _waiting(self) -> str:
        return (
            f"Accepted tracks are safe and go on with the next worker; look later: {self._look()}"
        )

    def _going_on(self) -> str:
        again = ""
        if self.result.not_accepted:
            again = (
                "Run the same command again for what was not accepted; what is in the catalogue is "
                "skipped. "
            )
        return f"{again}What was accepted goes on by itself; follow it with: {self._look()}"

    def _look(self) -> str:
        return self._stack.command("watch", *self.result.jobs)


class _RateColumn(ProgressColumn):
    """Tracks per second."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:.1f} tracks/s" if rate else "")


def path_or_uri(uri: str) -> str:
    """A URI as a person knows it: path and part of a local file; of others no secrets."""
    return place_of(uri) or path_of(uri) or shown_uri(uri)


def _problem(track: TrackResult) -> Problem:
    next_step = next_step_for(track.reason) or "See `segue deadletters list` for what to do."
    return Problem(path_or_uri(track.uri), track.reason, track.message, next_step)
