"""``segue ingest``: send audio to a stack and watch it arrive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from segue.cli.client import RemoteError, SegueClient
from segue.cli.ingest_result import finish
from segue.cli.job_follower import JobFollower, path_or_uri
from segue.cli.options import retry_option, stack_options
from segue.cli.sources import collect
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.errors import SegueError
from segue.ingest_jobs import IngestItem
from segue.library.left_out import Problem
from segue.library.places import path_of
from segue.limits import TEXT_BYTES
from segue.output import say
from segue.permissions import unreadable
from segue.texts import cleaned, cut
from segue.v1 import catalog_service_pb2
from segue.wire.jobs import item_to_message
from segue.wire.tracks import metadata_to_message

BATCH_ITEMS = 1_000


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
@retry_option
@stack_options
def ingest(
    sources: tuple[Path, ...],
    upload: bool | None,
    force: bool,
    watch: bool,
    retry_seconds: float,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Ingest audio files, folders of them, and CSV or JSONL manifests (SOURCES).

    A manifest names one track per line: path or uri, and optionally track_id, title, artist, album,
    genres, moods, year. Relative paths start at the manifest. What is not given is read from tags.
    A folder's own manifest.jsonl or manifest.csv is used; audio that it does not name is taken too.
    Links are followed, each file counts once, and the summary says what was left out of a folder.

    Leaves with 0 when every track is in the catalogue, 1 when some failed or could not be taken, 3
    when contact was lost.
    """
    stack = find_stack(address, data, timeout_seconds)
    found = collect(sources, force=force, keep_all=as_json)
    follower = JobFollower(stack, retry_seconds=retry_seconds, quiet=as_json)
    follower.result.failures += found.problems
    follower.result.left_out = found.left_out
    if not as_json:
        for note in found.notes:
            say(note, err=True)
    sender = Sender(follower, upload=not stack.same_machine if upload is None else upload)
    with stack.client(follower.patience) as client, follower.keeping_what_was_accepted():
        if found.items:
            sender.send(client, found.items)
        elif not found.problems:
            raise NothingToIngest("nothing to ingest")
        if watch:
            follower.follow(client)
        elif follower.result.jobs:
            follower.look_for_workers(client)
    finish(follower.result, watched=watch, as_json=as_json)


class Sender:
    """Has a stack accept items; those that it refuses become failures.

    Parameters
    ----------
    upload
        Send bytes of local files instead of their URIs.
    """

    def __init__(self, follower: JobFollower, *, upload: bool) -> None:
        self._follower = follower
        self._result = follower.result
        self._upload = upload
        self._left: dict[int, str] = {}

    def send(self, client: SegueClient, items: Sequence[IngestItem]) -> None:
        """Send the items.

        Raises
        ------
        SegueError
            When the stack does not answer any more. ``result.not_accepted`` names what is left.
        """
        self._left = {id(item): item.uri for item in items}
        try:
            if self._upload:
                self._upload_all(client, items)
            else:
                for first in range(0, len(items), BATCH_ITEMS):
                    self._accept(client, items[first : first + BATCH_ITEMS])
        finally:
            self._result.not_accepted = list(map(path_or_uri, self._left.values()))

    def _upload_all(self, client: SegueClient, items: Sequence[IngestItem]) -> None:
        job_id = ""
        with self._follower.progress() as progress:
            bar = progress.add_task("upload", total=len(items), failed="")
            for item in items:
                job_id = self._send(client, item, job_id) or job_id
                progress.advance(bar)

    def _accept(self, client: SegueClient, batch: Sequence[IngestItem]) -> None:
        request = catalog_service_pb2.IngestTracksRequest(items=map(item_to_message, batch))
        try:
            answer = client.catalog("IngestTracks", request)
        except RemoteError as exc:
            if exc.retryable:
                raise
            if len(batch) == 1:
                self._refused(batch[0], exc)
                return
            # One item spoils its batch: halve until it stands alone.
            middle = len(batch) // 2
            self._accept(client, batch[:middle])
            self._accept(client, batch[middle:])
            return
        for item, track_id in zip(batch, answer.track_ids, strict=True):
            self._accepted(item, answer.job_id, track_id)

    def _send(self, client: SegueClient, item: IngestItem, job_id: str) -> str:
        name = path_of(item.uri)
        if name is None:
            self._accept(client, [item])
            return ""
        path = Path(name)
        header = catalog_service_pb2.UploadHeader(
            track_id=item.track_id,
            metadata=metadata_to_message(item.metadata),
            file_name=cut(cleaned(path.name), TEXT_BYTES["file_name"]),
            force=item.force,
            job_id=job_id,
        )
        try:
            answer = client.upload(path, header)
        except RemoteError as exc:
            if exc.retryable:
                raise
            self._refused(item, exc)
            return ""
        except OSError as exc:
            self._refused(item, unreadable(path, exc, by_command=True))
            return ""
        self._accepted(item, answer.job_id, answer.track_id)
        return answer.job_id

    def _accepted(self, item: IngestItem, job_id: str, track_id: str) -> None:
        self._left.pop(id(item), None)
        self._result.total += 1
        self._follower.accepted(job_id, track_id, item.uri)

    def _refused(self, item: IngestItem, exc: SegueError) -> None:
        self._left.pop(id(item), None)
        self._result.failures.append(Problem.of(path_or_uri(item.uri), exc))
