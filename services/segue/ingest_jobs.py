"""Ingest jobs: what is accepted, how far it is, what failed for good. No I/O.

An accepted track is never lost: it ends ``INDEXED``, ``SKIPPED`` or ``DEAD``, whatever dies
meanwhile, or ``CANCELLED`` when that was asked for before it ran.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from segue.callers import Caller
from segue.catalogues import DEFAULT_CATALOGUE
from segue.kept_names import kept_digest
from segue.tracks import TrackMetadata

AUDIO_DAMAGED = "AUDIO_DAMAGED"
"""Reason of a track that was indexed from a damaged file; the message says what is missing."""

METADATA_UPDATED = "METADATA_UPDATED"
"""Reason of a track that was skipped, its content being known, while its metadata were replaced."""


class ItemState(Enum):
    """State of one track of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    INDEXED = "indexed"
    SKIPPED = "skipped"
    DEAD = "dead"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen without a replay."""
        return self in _FINAL


_FINAL = frozenset((ItemState.INDEXED, ItemState.SKIPPED, ItemState.DEAD, ItemState.CANCELLED))


@dataclass(frozen=True, slots=True)
class IngestItem:
    """A track to ingest.

    Attributes
    ----------
    uri
        ``file://`` path, ``http(s)://`` or ``s3://``; an upload is a ``spool://`` name in the spool
        folder, and ``kept://`` later. What lies in a file may be followed by the part of it that is
        the track (:mod:`segue.media_fragments`).
    metadata
        What is not given is read from the file's tags. When it says anything, it replaces what was
        given before; otherwise that stays.
    force
        Embed again even when the content is unchanged.
    caller
        Who asked for it: what the worker may read and replace depends on that.
    asker
        Machine of a guest, empty for all others: each has turns of its own in the queue.
    expected_new
        The index did not hold the track when it was accepted, so a worker need not ask first. Only
        a hint: what the index holds when the track is stored decides.
    file_name
        Name that the file of an upload had.
    replace_given
        ``metadata`` replaces what was given before even when it says nothing.
    catalogue
        Where the track is to stand; empty: in the default one.
    """

    track_id: str
    uri: str
    metadata: TrackMetadata = TrackMetadata()
    force: bool = False
    caller: Caller = Caller.OWNER
    asker: str = ""
    expected_new: bool = False
    file_name: str = ""
    replace_given: bool = False
    catalogue: str = DEFAULT_CATALOGUE

    @property
    def gives_metadata(self) -> bool:
        """Whether ``metadata`` takes the place of what was given before."""
        return self.replace_given or bool(self.metadata.given())


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """Where one track of a job stands; ``reason`` and ``message`` say why, when there is a why.

    Of an indexed one they say what is missing of a damaged file (``AUDIO_DAMAGED``). ``caller``
    asked for it.
    """

    track_id: str
    uri: str
    state: ItemState
    reason: str = ""
    message: str = ""
    attempts: int = 0
    caller: Caller = Caller.OWNER


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Counts of a job's tracks by state; all of them are for one catalogue."""

    job_id: str
    created_at: datetime
    finished_at: datetime | None
    counts: dict[ItemState, int]
    catalogue: str = DEFAULT_CATALOGUE

    @property
    def total(self) -> int:
        """Number of accepted tracks."""
        return sum(self.counts.values())

    @property
    def done(self) -> bool:
        """Whether every track is in a final state."""
        return all(state.final or not count for state, count in self.counts.items())


@dataclass(frozen=True, slots=True)
class JobChange:
    """One message of a watch: the counts, and the tracks that changed since the one before.

    Attributes
    ----------
    worker_alive
        Whether a worker lives, or did some seconds ago. Without one nothing goes on. None: the
        watch is too young to say that none does.
    more
        More tracks that changed follow at once: one message cannot hold them all.
    """

    progress: JobProgress
    changed: Sequence[ItemStatus]
    worker_alive: bool | None = None
    more: bool = False

    @property
    def last(self) -> bool:
        """Whether the watch ends with this message."""
        return self.progress.done and not self.more


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a request to accept tracks.

    Attributes
    ----------
    repeated
        The request had been accepted before; nothing was accepted now.
    upload_needed
        Of a repeated request for an upload: its file in the spool is not ingested yet.
    """

    job_id: str
    repeated: bool = False
    upload_needed: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A track whose ingest failed for good.

    Attributes
    ----------
    occurrences
        How often that happened for this reason and the same caller; all else is of the last time.
    """

    dead_letter_id: str
    job_id: str
    item: IngestItem
    reason: str
    message: str
    next_step: str
    attempts: int
    died_at: datetime
    occurrences: int = 1


@dataclass(frozen=True, slots=True)
class QueueState:
    """Size of the queue: tracks waiting, and the age in seconds of the oldest unfinished one."""

    depth: int
    oldest_age_seconds: float
    dead_letters: int


def derived_track_id(kind: str, text: str) -> str:
    """Track id for what has none: the same for the same URI, or for the same content."""
    return f"{kind}-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:32]}"


def content_track_id(sha256: str) -> str:
    """Track id of an upload that brought none: the same for the same content."""
    return f"sha256-{sha256[:32]}"


def uri_track_id(uri: str) -> str:
    """Track id of what is named by a URI alone; of a kept upload, the one that it had as upload."""
    sha256 = kept_digest(uri)
    return derived_track_id("uri", uri) if sha256 is None else content_track_id(sha256)
