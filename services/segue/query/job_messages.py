"""Ingest items, jobs and dead letters as messages of the API and back."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from segue.errors import InvalidArgument
from segue.jobs.messages import item_message
from segue.jobs.port import DeadLetter, IngestItem, ItemState, ItemStatus, JobProgress
from segue.jobs.records import derived_track_id
from segue.messages import timestamp
from segue.query.conversion import checked_track_id, metadata_of
from segue.v1 import catalog_service_pb2 as messages

SCHEMES = ("file", "http", "https")

_STATES = {
    ItemState.QUEUED: messages.INGEST_STATE_QUEUED,
    ItemState.RUNNING: messages.INGEST_STATE_RUNNING,
    ItemState.RETRYING: messages.INGEST_STATE_RETRYING,
    ItemState.INDEXED: messages.INGEST_STATE_INDEXED,
    ItemState.SKIPPED: messages.INGEST_STATE_SKIPPED,
    ItemState.DEAD: messages.INGEST_STATE_DEAD,
}


def item_of(message: messages.IngestItem, field: str) -> IngestItem:
    """Read a track to ingest.

    Raises
    ------
    InvalidArgument
        When its id or metadata are out of range, or its URI cannot name audio.
    """
    _check_uri(message.uri, f"{field}.uri")
    if message.track_id:
        track_id = checked_track_id(message.track_id, f"{field}.track_id")
    else:
        track_id = derived_track_id("uri", message.uri)
    metadata = metadata_of(message.metadata, f"{field}.metadata")
    return IngestItem(track_id, message.uri, metadata, message.force)


def request_id_of(text: str, field: str = "request_id") -> str:
    """Read the id of a request in its one spelling; empty when there is none.

    Raises
    ------
    InvalidArgument
        When it is no UUID: a shorter one might be another caller's too.
    """
    try:
        return uuid.UUID(text).hex if text else ""
    except ValueError as exc:
        raise InvalidArgument(field, f"{text!r} is no UUID") from exc


def status_message(status: ItemStatus) -> messages.IngestItemStatus:
    """Write where one track of a job stands."""
    return messages.IngestItemStatus(
        track_id=status.track_id,
        uri=status.uri,
        state=_STATES[status.state],
        reason=status.reason,
        message=status.message,
        attempts=status.attempts,
    )


def job_message(progress: JobProgress) -> messages.IngestJob:
    """Write the counts of a job."""
    count = progress.counts.get
    message = messages.IngestJob(
        job_id=progress.job_id,
        total=progress.total,
        queued=count(ItemState.QUEUED, 0),
        running=count(ItemState.RUNNING, 0),
        retrying=count(ItemState.RETRYING, 0),
        indexed=count(ItemState.INDEXED, 0),
        skipped=count(ItemState.SKIPPED, 0),
        dead=count(ItemState.DEAD, 0),
        done=progress.done,
        created_at=timestamp(progress.created_at),
    )
    if progress.finished_at is not None:
        message.finished_at.CopyFrom(timestamp(progress.finished_at))
    return message


def dead_letter_message(letter: DeadLetter) -> messages.DeadLetter:
    """Write a dead letter."""
    return messages.DeadLetter(
        dead_letter_id=letter.dead_letter_id,
        job_id=letter.job_id,
        item=item_message(letter.item),
        reason=letter.reason,
        message=letter.message,
        next_step=letter.next_step,
        attempts=letter.attempts,
        died_at=timestamp(letter.died_at),
    )


def _check_uri(uri: str, field: str) -> None:
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError as exc:
        raise InvalidArgument(field, f"{uri!r} is no URI") from exc
    if parts.scheme not in SCHEMES:
        raise InvalidArgument(field, f"{uri!r} is neither file:///path nor http(s)://host/path")
    if parts.scheme == "file":
        if host not in (None, "localhost") or not PurePosixPath(unquote(parts.path)).is_absolute():
            raise InvalidArgument(field, f"{uri!r} is no absolute path on the worker's machine")
    elif not host:
        raise InvalidArgument(field, f"{uri!r} names no host")
