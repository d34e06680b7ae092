"""Calls that change the catalogue without ingesting."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from segue.callers import Caller, current_caller
from segue.errors import InvalidArgument, TrackChanged, TrackNotFound
from segue.index.port import TrackIndex
from segue.layers import MetadataLayers, corrections_to, with_tied
from segue.limits import (
    MOST_DELETED_TRACKS,
    MOST_MOVED_TRACKS,
    MOST_UPSERTED_TRACKS,
    checked_size,
    checked_track,
    checked_uri,
    wanted_track_id,
)
from segue.media.kept_uploads import KeptUploadsUnusable
from segue.query.catalog_calls import CatalogCalls, check_distinct, wanted_ids
from segue.texts import shown_uri
from segue.tracks import METADATA_FIELDS, EmbeddedTrack, Provenance
from segue.turns import paced
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.wire.etags import etag_of
from segue.wire.tracks import (
    embedded_track_from_message,
    metadata_from_message,
    track_from_message,
)

EVERY_FIELD = "*"
"""Names all fields in a mask."""

log = logging.getLogger(__name__)


class ChangeCalls(CatalogCalls):
    """Metadata, sources and ready-made vectors; tracks that go."""

    async def UpdateTrack(  # noqa: N802
        self, request: messages.UpdateTrackRequest, context: Any
    ) -> messages.UpdateTrackResponse:
        """Correct the metadata that one mask names, and take back what the other names."""
        del context
        index = self._backends.index_of(request)
        if not request.update_mask.paths and not request.reset_mask.paths:
            raise InvalidArgument("update_mask", "names no field, and neither does reset_mask")
        paths = _fields_of(request.update_mask, "update_mask")
        reset = _fields_of(request.reset_mask, "reset_mask")
        both = sorted(with_tied(paths) & with_tied(reset))
        if both:
            raise InvalidArgument("reset_mask", f"{both[0]!r} is in update_mask too")
        corrections = corrections_to(metadata_from_message(request.metadata), paths)
        # Two corrections of different fields must not undo one another.
        async with self._correcting:
            stored = await self._track(index, request.track_id)
            if request.etag and request.etag != etag_of(stored):
                raise TrackChanged(f"track {stored.track_id!r} has changed since it was read")
            if reset and stored.layers is None:
                raise InvalidArgument(
                    "reset_mask",
                    f"an earlier version stored {stored.track_id!r}, so nothing is known of what "
                    "its tags say: ingest it once more with force, then reset",
                )
            track = await index.correct(stored.track_id, corrections, reset)
        self._note_changed(index, [track.track_id])
        return messages.UpdateTrackResponse(track=self._shown(track, track_pb2.TRACK_VIEW_FULL))

    async def DescribeTrack(  # noqa: N802
        self, request: messages.DescribeTrackRequest, context: Any
    ) -> messages.DescribeTrackResponse:
        """Replace what a track's tags and who gave it say."""
        del context
        index = self._backends.index_of(request)
        track = checked_track(track_from_message(request.track))
        layers = track.layers or MetadataLayers(given=track.metadata)
        async with self._correcting:
            exists = await index.describe(track.track_id, layers)
        self._note_changed(index, [track.track_id])
        return messages.DescribeTrackResponse(exists=exists)

    async def DeleteTrack(  # noqa: N802
        self, request: messages.DeleteTrackRequest, context: Any
    ) -> messages.DeleteTrackResponse:
        """Delete one track with its passages."""
        del context
        index = self._backends.index_of(request)
        track_id = wanted_track_id(request.track_id)
        if not await self._deleted(index, [track_id]):
            raise TrackNotFound(track_id, index.space)
        await self._forget_audio([track_id], index.catalogue)
        return messages.DeleteTrackResponse()

    async def DeleteTracks(  # noqa: N802
        self, request: messages.DeleteTracksRequest, context: Any
    ) -> messages.DeleteTracksResponse:
        """Delete many tracks with their passages."""
        del context
        index = self._backends.index_of(request)
        wanted = wanted_ids(request.track_ids, MOST_DELETED_TRACKS)
        known = await index.existing(wanted)
        deleted = await self._deleted(index, [track_id for track_id in wanted if track_id in known])
        await self._forget_audio(wanted, index.catalogue)
        return messages.DeleteTracksResponse(
            deleted=deleted,
            missing_track_ids=[track_id for track_id in wanted if track_id not in known],
        )

    async def _deleted(self, index: TrackIndex, track_ids: list[str]) -> int:
        """Delete tracks; how many there were."""
        try:
            return await index.delete(track_ids)
        finally:
            # Of what fails half-way some may be gone, which nobody deletes a second time.
            self._note_changed(index, track_ids)

    async def _forget_audio(self, track_ids: list[str], catalogue: str) -> None:
        """Delete what is kept of tracks that were deleted, where no other track uses it."""
        if self._backends.kept is None:
            return
        try:
            await asyncio.to_thread(self._backends.kept.release, track_ids, catalogue)
        except KeptUploadsUnusable as exc:
            # The tracks are gone; what is left of them the sweep finds.
            log.warning("%s", exc)

    async def MoveTracks(  # noqa: N802
        self, request: messages.MoveTracksRequest, context: Any
    ) -> messages.MoveTracksResponse:
        """Replace the sources of tracks."""
        del context
        index = self._backends.index_of(request)
        moves = request.moves
        if not 1 <= len(moves) <= MOST_MOVED_TRACKS:
            raise InvalidArgument(
                "moves", f"holds {len(moves)} tracks, not 1 to {MOST_MOVED_TRACKS}"
            )
        check_distinct([move.track_id for move in moves], "moves")
        sources = {
            wanted_track_id(move.track_id, f"moves[{number}].track_id"): checked_uri(
                move.source_uri, f"moves[{number}].source_uri"
            )
            for number, move in enumerate(moves)
        }
        known = await index.move({track_id: shown_uri(uri) for track_id, uri in sources.items()})
        self._note_changed(index, known)
        return messages.MoveTracksResponse(
            missing_track_ids=[track_id for track_id in sources if track_id not in known]
        )

    async def UpsertTracks(  # noqa: N802
        self, request: messages.UpsertTracksRequest, context: Any
    ) -> messages.UpsertTracksResponse:
        """Store tracks with ready-made vectors."""
        del context
        index = self._backends.index_of(request)
        if not 1 <= len(request.tracks) <= MOST_UPSERTED_TRACKS:
            raise InvalidArgument(
                "tracks", f"holds {len(request.tracks)} tracks, not 1 to {MOST_UPSERTED_TRACKS}"
            )
        if not request.embedding_space:
            raise InvalidArgument("embedding_space", f"must be given (live: {index.space!r})")
        checked_size(request.embedding_space, "embedding_space", "embedding_space")
        now = datetime.now(UTC)

        def embedded(numbered: tuple[int, messages.TrackVectors]) -> EmbeddedTrack:
            number, message = numbered
            return _vouched(
                embedded_track_from_message(
                    message, space=request.embedding_space, now=now, field=f"tracks[{number}]"
                )
            )

        tracks = await paced(embedded, enumerate(request.tracks))
        check_distinct([track.track.track_id for track in tracks], "tracks")
        existing: set[str] = set()
        if request.only_new:
            existing = await index.insert(tracks)
        else:
            await index.upsert(tracks)
        stored = {track.track.track_id for track in tracks} - existing
        self._note_changed(index, stored)
        return messages.UpsertTracksResponse(
            upserted=len(tracks) - len(existing), existing_track_ids=sorted(existing)
        )


def _fields_of(mask: FieldMask, field: str) -> set[str]:
    """Fields of metadata that a mask names."""
    for path in mask.paths:
        if path not in METADATA_FIELDS and path != EVERY_FIELD:
            raise InvalidArgument(
                field, f"{path!r} is neither * nor one of {', '.join(sorted(METADATA_FIELDS))}"
            )
    return set(METADATA_FIELDS) if EVERY_FIELD in mask.paths else set(mask.paths)


def _vouched(embedded: EmbeddedTrack) -> EmbeddedTrack:
    """The track with its true provenance: only the owner's word on that counts."""
    provenance = Provenance.GIVEN
    if current_caller() is Caller.OWNER:
        provenance = embedded.track.provenance or Provenance.OWNER
    return replace(embedded, track=replace(embedded.track, provenance=provenance))
