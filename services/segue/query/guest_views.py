"""What guests are shown of the owner's stack: no folders, no machines, and nothing corrected."""

from __future__ import annotations

from dataclasses import replace

from segue.callers import Caller, current_caller
from segue.errors import (
    CollaborativeUnavailable,
    EmbedderUnavailable,
    IndexUnavailable,
    Overloaded,
    QueueUnavailable,
    SegueError,
)
from segue.ingest_jobs import DeadLetter, ItemStatus
from segue.media.kept_uploads import KeptUploads
from segue.query.track_audio import audio_state
from segue.service_status import ServiceStatus
from segue.texts import without_folders
from segue.tracks import Track, TrackSource
from segue.v1 import catalog_service_pb2, track_pb2
from segue.wire.etags import etag_of
from segue.wire.jobs import dead_letter_to_message, item_status_to_message
from segue.wire.tracks import source_to_message, track_to_message

_UNTOLD = "what happened to a track of the owner's is told to the owner only"
_PARTS = (IndexUnavailable, EmbedderUnavailable, QueueUnavailable, CollaborativeUnavailable)
_UNTOLD_PART, _ASK = "what is the matter is told to the owner only", "Tell the owner of this stack."


def shown_track(
    track: Track, view: track_pb2.TrackView, kept: KeptUploads | None
) -> track_pb2.Track:
    """A track as the current caller is shown it; the owner sees where its audio lies.

    Parameters
    ----------
    kept
        Where uploads are kept; None: nowhere.
    """
    message = track_to_message(track, view)
    if view == track_pb2.TRACK_VIEW_FULL:
        message.audio = audio_state(track.source_uri, kept)
        message.etag = etag_of(track)
    return _for_caller(message)


def shown_source(source: TrackSource) -> track_pb2.Track:
    """A track in the view SOURCE as the current caller is shown it."""
    return _for_caller(source_to_message(source))


def _for_caller(message: track_pb2.Track) -> track_pb2.Track:
    if not current_caller().may_all:
        if message.source_uri:
            message.source_uri = without_folders(message.source_uri)
        # What the owner let nobody read any more.
        message.ClearField("hidden_tags")
        message.ClearField("hidden_given")
    return message


def shown_dead_letter(letter: DeadLetter) -> catalog_service_pb2.DeadLetter:
    """A dead letter as the current caller is shown it.

    Messages name files, folders and users: those about the owner's tracks are the owner's.
    """
    message = dead_letter_to_message(letter)
    if _may_hear_of(letter.item.caller):
        return message
    message.item.uri = without_folders(message.item.uri)
    message.message, message.next_step = _UNTOLD, ""
    return message


def shown_item_status(status: ItemStatus) -> catalog_service_pb2.IngestItemStatus:
    """Where one track of a job stands, as the current caller is shown it."""
    message = item_status_to_message(status)
    if _may_hear_of(status.caller):
        return message
    message.uri = without_folders(message.uri)
    if message.message:
        message.message = _UNTOLD
    return message


def shown_status(status: ServiceStatus) -> ServiceStatus:
    """How the stack is, as the current caller is shown it.

    Messages name machines and their addresses, as workers do: those are the owner's.
    """
    if current_caller().may_all:
        return status
    return replace(
        status,
        conditions={
            name: replace(one, message=_UNTOLD_PART, next_step=_ASK) if one.reason else one
            for name, one in status.conditions.items()
        },
        workers=[replace(worker, host="", pid=0) for worker in status.workers],
    )


def shown_message(error: SegueError) -> str:
    """What the current caller is told of an error: of a part that is away no address.

    Its reason says which part it is.
    """
    hidden = isinstance(error, _PARTS) and not isinstance(error, Overloaded)
    if hidden and not current_caller().may_all:
        return f"a part of this stack does not answer; {_UNTOLD_PART}"
    return str(error)


def _may_hear_of(asked_by: Caller) -> bool:
    return current_caller().may_all or asked_by is Caller.GUEST
