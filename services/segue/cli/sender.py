"""Sending tracks to a stack: in batches by their places, or one by one by their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segue.cli.client import RemoteError, SegueClient
from segue.cli.ingest_journal import Accepted, IngestJournal, parted
from segue.cli.job_follower import JobFollower, path_or_uri
from segue.errors import JobCancelled, JobNotFound, SegueError
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
    journal
        Keeps what was submitted, and knows what a run before this one has; None: nothing is kept.
    """

    def __init__(
        self, follower: JobFollower, *, upload: bool, journal: IngestJournal | None = None
    ) -> None:
        self._follower = follower
        self._result = follower.result
        self._upload = upload
        self._journal = journal
        self._upload_job = ""
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
            waiting = self._not_sent_before(client, items)
            first = [] if self._journal is None else self._journal.on_its_way(waiting)
            for part in parted(waiting, first):
                if self._upload:
                    self._upload_all(client, part)
                else:
                    for start in range(0, len(part), BATCH_ITEMS):
                        self._accept(client, part[start : start + BATCH_ITEMS])
        finally:
            self._result.not_accepted = list(map(path_or_uri, self._left.values()))

    def _not_sent_before(
        self, client: SegueClient, items: Sequence[IngestItem]
    ) -> Sequence[IngestItem]:
        """The items but for those that a run which was cut off had accepted."""
        if self._journal is None:
            return items
        jobs = {one.job_id for one in self._journal.accepted(items).values()}
        self._journal.forget([job_id for job_id in jobs if not _goes_on(client, job_id)])
        known = self._journal.accepted(items)
        for place, one in known.items():
            self._upload_job = one.job_id
            self._accepted(items[place], one.job_id, one.track_id)
        if known:
            self._follower.note(
                "RESUMED",
                f"going on with a run of this command that was cut off: {len(known)} of "
                f"{len(items)} tracks were accepted, and are not sent again.",
            )
        return [item for place, item in enumerate(items) if place not in known]

    def _submitting(self, items: Sequence[IngestItem]) -> str:
        return "" if self._journal is None else self._journal.submitting(items)

    def _upload_all(self, client: SegueClient, items: Sequence[IngestItem]) -> None:
        with self._follower.progress() as progress:
            bar = progress.add_task("upload", total=len(items), failed="")
            for item in items:
                self._send(client, item)
                progress.advance(bar)

    def _accept(self, client: SegueClient, batch: Sequence[IngestItem]) -> None:
        request = catalog_service_pb2.IngestTracksRequest(
            items=map(item_to_message, batch), request_id=self._submitting(batch)
        )
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
        accepted = [Accepted(answer.job_id, track_id) for track_id in answer.track_ids]
        if self._journal is not None:
            self._journal.submitted(batch, accepted)
        for item, one in zip(batch, accepted, strict=True):
            self._accepted(item, one.job_id, one.track_id)

    def _send(self, client: SegueClient, item: IngestItem) -> None:
        name = path_of(item.uri)
        if name is None:
            self._accept(client, [item])
            return
        path = Path(name)
        header = catalog_service_pb2.UploadHeader(
            track_id=item.track_id,
            metadata=metadata_to_message(item.metadata),
            file_name=cut(cleaned(path.name), TEXT_BYTES["file_name"]),
            force=item.force,
            job_id=self._upload_job,
            request_id=self._submitting([item]),
            replace_given=item.replace_given,
        )
        try:
            answer = client.upload(path, header)
        except RemoteError as exc:
            # Of a job that was cancelled the rest is not wanted either.
            if exc.retryable or exc.reason == JobCancelled.reason:
                raise
            self._refused(item, exc)
            return
        except OSError as exc:
            self._refused(item, unreadable(path, exc, by_command=True))
            return
        if self._journal is not None:
            self._journal.submitted([item], [Accepted(answer.job_id, answer.track_id)])
        self._upload_job = answer.job_id
        self._accepted(item, answer.job_id, answer.track_id)

    def _accepted(self, item: IngestItem, job_id: str, track_id: str) -> None:
        self._left.pop(id(item), None)
        self._result.total += 1
        self._follower.accepted(job_id, track_id, item.uri)

    def _refused(self, item: IngestItem, exc: SegueError) -> None:
        self._left.pop(id(item), None)
        self._result.failures.append(Problem.of(path_or_uri(item.uri), exc))


def _goes_on(client: SegueClient, job_id: str) -> bool:
    """Whether a job is known, and nobody has cancelled any of it."""
    try:
        job = client.catalog(
            "GetIngestJob", catalog_service_pb2.GetIngestJobRequest(job_id=job_id)
        ).job
    except RemoteError as exc:
        if exc.reason == JobNotFound.reason:
            return False
        raise
    return not job.cancelled
