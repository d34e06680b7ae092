"""Tracks to ingest, jobs and dead letters."""

from __future__ import annotations

import uuid
from dataclasses import replace

from segue.callers import Caller
from segue.errors import InvalidArgument
from segue.ingest_jobs import (
    DeadLetter,
    IngestItem,
    ItemState,
    ItemStatus,
    JobChange,
    JobProgress,
    uri_track_id,
)
from segue.limits import checked_item, checked_size
from segue.texts import shown_uri
from segue.tracks import TrackMetadata
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.times import time_from_message, time_to_message
from segue.wire.tracks import metadata_to_message, plain_metadata

_NO_METADATA = TrackMetadata()

_STATES = {
    ItemState.QUEUED: messages.INGEST_STATE_QUEUED,
    ItemState.RUNNING: messages.INGEST_STATE_RUNNING,
    ItemState.RETRYING: messages.INGEST_STATE_RETRYING,
    ItemState.INDEXED: messages.INGEST_STATE_INDEXED,
    ItemState.SKIPPED: messages.INGEST_STATE_SKIPPED,
    ItemState.DEAD: messages.INGEST_STATE_DEAD,
    ItemState.CANCELLED: messages.INGEST_STATE_CANCELLED,
}
_STATES_BACK = {number: state for state, number in _STATES.items()}

_PRESENCES = {
    None: messages.WORKER_PRESENCE_UNSPECIFIED,
    True: messages.WORKER_PRESENCE_ALIVE,
    False: messages.WORKER_PRESENCE_GONE,
}
_PRESENCES_BACK = {number: alive for alive, number in _PRESENCES.items()}


def item_to_message(item: IngestItem) -> messages.IngestItem:
    """Write a track to ingest."""
    return messages.IngestItem(
        track_id=item.track_id,
        uri=item.uri,
        metadata=metadata_to_message(item.metadata),
        force=item.force,
        replace_given=item.replace_given,
    )


def item_from_message(message: messages.IngestItem, field: str, caller: Caller) -> IngestItem:
    """Read a track to ingest; one without an id gets the id that follows from its URI.

    Raises
    ------
    InvalidArgument
        As :func:`segue.limits.checked_item`.
    """
    metadata = plain_metadata(message.metadata) if message.HasField("metadata") else _NO_METADATA
    item = IngestItem(
        message.track_id,
        message.uri,
        metadata,
        message.force,
        caller,
        replace_given=message.replace_given,
    )
    item = checked_item(item, field)
    if item.track_id:
        return item
    return replace(item, track_id=uri_track_id(item.uri))


def request_id_from_text(text: str, field: str = "request_id") -> str:
    """Read the id of a request in its one spelling; empty when none was given.

    Raises
    ------
    InvalidArgument
        When it is not a UUID: a shorter one might be another caller's too.
    """
    checked_size(text, "request_id", field)
    try:
        return uuid.UUID(text).hex if text else ""
    except ValueError as exc:
        raise InvalidArgument(field, f"{text!r} is not a UUID") from exc


def item_status_to_message(status: ItemStatus) -> messages.IngestItemStatus:
    """Write where one track of a job stands; secrets of its URI are left out."""
    return messages.IngestItemStatus(
        track_id=status.track_id,
        uri=shown_uri(status.uri),
        state=_STATES[status.state],
        reason=status.reason,
        message=status.message,
        attempts=status.attempts,
    )


def item_status_from_message(message: messages.IngestItemStatus) -> ItemStatus:
    """Read where one track of a job stands.

    Raises
    ------
    InvalidArgument
        When this version does not know its state.
    """
    state = _STATES_BACK.get(message.state)
    if state is None:
        raise InvalidArgument("state", f"{message.state} is not a state that this version knows")
    return ItemStatus(
        track_id=message.track_id,
        uri=message.uri,
        state=state,
        reason=message.reason,
        message=message.message,
        attempts=message.attempts,
    )


def job_to_message(progress: JobProgress) -> messages.IngestJob:
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
        cancelled=count(ItemState.CANCELLED, 0),
        done=progress.done,
        created_at=time_to_message(progress.created_at),
        catalogue=progress.catalogue,
    )
    if progress.finished_at is not None:
        message.finished_at.CopyFrom(time_to_message(progress.finished_at))
    return message


def job_from_message(message: messages.IngestJob) -> JobProgress:
    """Read the counts of a job."""
    return JobProgress(
        job_id=message.job_id,
        created_at=time_from_message(message.created_at),
        finished_at=(
            time_from_message(message.finished_at) if message.HasField("finished_at") else None
        ),
        counts={state: getattr(message, state.value) for state in ItemState},
        catalogue=message.catalogue,
    )


def job_change_to_message(change: JobChange) -> messages.WatchIngestResponse:
    """Write one message of a watch."""
    message = messages.WatchIngestResponse(
        job=job_to_message(change.progress),
        changed=map(item_status_to_message, change.changed),
        worker_presence=_PRESENCES[change.worker_alive],
        more=change.more,
    )
    # Who stops listening at the end of the job must not miss what still follows.
    message.job.done = change.last
    return message


def job_change_from_message(message: messages.WatchIngestResponse) -> JobChange:
    """Read one message of a watch. Raises as :func:`item_status_from_message`."""
    return JobChange(
        progress=job_from_message(message.job),
        changed=[item_status_from_message(one) for one in message.changed],
        worker_alive=_PRESENCES_BACK.get(message.worker_presence),
        more=message.more,
    )


def dead_letter_to_message(letter: DeadLetter) -> messages.DeadLetter:
    """Write a dead letter; secrets of its item's URI are left out."""
    item = replace(letter.item, uri=shown_uri(letter.item.uri))
    return messages.DeadLetter(
        dead_letter_id=letter.dead_letter_id,
        job_id=letter.job_id,
        item=item_to_message(item),
        reason=letter.reason,
        message=letter.message,
        next_step=letter.next_step,
        attempts=letter.attempts,
        died_at=time_to_message(letter.died_at),
        occurrences=letter.occurrences,
    )
