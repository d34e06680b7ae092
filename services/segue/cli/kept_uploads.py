"""Kept uploads as sources: what a new model, or a changed setting, is to embed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segue.cli.client import SegueClient
from segue.cli.pages import pages
from segue.errors import AudioGone
from segue.ingest_jobs import IngestItem
from segue.kept_names import kept_uri
from segue.library.left_out import Problem
from segue.v1 import catalog_service_pb2, track_pb2


def kept_to_ingest(
    client: SegueClient, digests: Sequence[str], problems: list[Problem], *, force: bool
) -> Iterator[IngestItem]:
    """Tracks that came from uploads, each under its id, from its last upload.

    Parameters
    ----------
    digests
        SHA-256 of the uploads that are meant; an empty one means all.
    problems
        Takes those whose audio is gone, and those that no track came from.
    force
        Mark every track to be embedded again even when unchanged.
    """
    wanted = set(digests)
    last: dict[str, catalog_service_pb2.KeptUpload] = {}
    request = catalog_service_pb2.ListKeptUploadsRequest()
    for answer in pages(client, "ListKeptUploads", request):
        for upload in answer.uploads:
            if "" not in wanted and upload.content_sha256 not in wanted:
                continue
            before = last.get(upload.track_id)
            if before is None or before.kept_at.ToDatetime() <= upload.kept_at.ToDatetime():
                last[upload.track_id] = upload
    for track_id, upload in last.items():
        if upload.audio == track_pb2.TRACK_AUDIO_KEPT:
            yield IngestItem(track_id, kept_uri(upload.content_sha256), force=force)
        else:
            name = upload.file_name or track_id
            gone = AudioGone(f"the audio of the track {track_id!r} is not kept any more")
            problems.append(Problem.of(name, gone))
    for digest in sorted(wanted - {""} - {one.content_sha256 for one in last.values()}):
        unknown = AudioGone("no track came from an upload that is kept under this name")
        problems.append(Problem.of(kept_uri(digest), unknown))
