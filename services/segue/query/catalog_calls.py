"""What the calls of the catalogue share."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from pathlib import Path

from segue.audio.decoder_pool import DecoderPool
from segue.errors import InvalidArgument, TrackNotFound
from segue.index.port import TrackIndex
from segue.jobs.port import JobStore
from segue.limits import wanted_track_id
from segue.query.backends import Backends
from segue.query.change_notes import ChangeNotes
from segue.query.guest_views import shown_track
from segue.query.labels import KnownLabels
from segue.query.paging import PageTokens
from segue.tracks import Track
from segue.v1 import track_pb2
from segue.v1.catalog_service_pb2_grpc import CatalogServiceServicer


class CatalogCalls(CatalogServiceServicer):
    """Live index, job store and page tokens, for the calls of one subject each."""

    def __init__(
        self,
        backends: Backends,
        job_store: JobStore,
        labels: KnownLabels,
        tokens: PageTokens,
        *,
        spool: Path,
        largest_upload_bytes: int,
        covers: DecoderPool,
        readers: Executor,
        changes: ChangeNotes,
    ) -> None:
        self._backends = backends
        self._job_store = job_store
        self._labels = labels
        self._tokens = tokens
        self._spool = spool
        self._largest_upload_bytes = largest_upload_bytes
        self._covers = covers
        self._readers = readers
        self._changes = changes
        self._correcting = asyncio.Lock()

    def _shown(self, track: Track, view: track_pb2.TrackView) -> track_pb2.Track:
        """A track as the current caller is shown it."""
        return shown_track(track, view, self._backends.kept)

    def _note_changed(self, index: TrackIndex, track_ids: Collection[str]) -> None:
        """Let those who keep something of the catalogue know that tracks are not what they were."""
        self._labels.forget()
        self._changes.note(index.catalogue, track_ids)

    async def _track(self, index: TrackIndex, track_id: str) -> Track:
        found = await index.get((wanted_track_id(track_id),))
        if track_id not in found:
            raise TrackNotFound(track_id, index.space)
        return found[track_id]


def wanted_ids(track_ids: Sequence[str], most: int) -> list[str]:
    """The ids of a request, each once, in its order.

    Raises
    ------
    InvalidArgument
        There are none, more than ``most``, or one that is no track id.
    """
    if not 1 <= len(track_ids) <= most:
        raise InvalidArgument("track_ids", f"holds {len(track_ids)} ids, not 1 to {most}")
    return list(
        dict.fromkeys(
            wanted_track_id(track_id, f"track_ids[{number}]")
            for number, track_id in enumerate(track_ids)
        )
    )


def check_distinct(track_ids: list[str], field: str) -> None:
    """See that no id is there twice.

    Raises
    ------
    InvalidArgument
        Names the second one, as ``<field>[<number>].track_id``.
    """
    seen: set[str] = set()
    for number, track_id in enumerate(track_ids):
        if track_id in seen:
            raise InvalidArgument(f"{field}[{number}].track_id", f"{track_id!r} is there twice")
        seen.add(track_id)
