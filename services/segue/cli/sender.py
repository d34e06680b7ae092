"""Sending tracks to a stack: in batches by their places, or one by one by their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segue.cli.client import RemoteError, SegueClient
from segue.cli.job_follower import JobFollower, path_or_uri
from segue.errors import JobCancelled, SegueError
from segue.ingest_jobs import IngestItem
from segue.library.left_out import Problem
from segue.library.places import path_of
from segue.limits import TEXT_BYTES
from segue.permissions import unreadable
from segue.texts import cleaned, cut
from segue.v1 import catalog_service_pb2
from segue.wire.jobs import item_to_message
from segue.wire.tracks import metadata_to_message

BATCH_ITEMS = 1_000


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
            replace_given=item.replace_given,
        )
        try:
            answer = client.upload(path, header)
        except RemoteError as exc:
            # Of a job that was cancelled the rest is not wanted either.
            if exc.retryable or exc.reason == JobCancelled.reason:
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
