"""``segue.v1.CatalogService``: converts, calls the index or the job store, converts back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile, zip_longest
from pathlib import Path, PurePosixPath
from typing import Any

import grpc

from segue.callers import Caller, current_caller
from segue.errors import (
    DeadlineExceeded,
    IndexUnavailable,
    InvalidArgument,
    JobCancelled,
    NotFound,
    QueueFull,
    TrackNotFound,
)
from segue.ingest_jobs import DeadLetter, IngestItem
from segue.jobs.port import JobStore
from segue.limits import (
    DEFAULT_LIST_PAGE,
    LARGEST_ENTRIES_PAGE,
    LARGEST_LIST_PAGE,
    MOST_DELETED_TRACKS,
    MOST_INGEST_ITEMS,
    MOST_MOVED_TRACKS,
    MOST_READ_TRACKS,
    MOST_UPSERTED_TRACKS,
    checked_count,
    checked_size,
    checked_track_id,
    checked_uri,
    wanted_track_id,
)
from segue.query.backends import Backends
from segue.query.guest_views import shown_dead_letter, shown_item_status, shown_source, shown_track
from segue.query.labels import KnownLabels
from segue.query.paging import PageTokens, Room, fitting_page, page_size, parts
from segue.query.peers import machine_of
from segue.query.uploads import Upload
from segue.texts import cleaned, shown_uri
from segue.tracks import METADATA_FIELDS, EmbeddedTrack, FacetCount, Provenance, Track
from segue.turns import paced
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.v1.catalog_service_pb2_grpc import (
    CatalogServiceServicer,
    add_CatalogServiceServicer_to_server,
)
from segue.wire.filters import filter_from_message, probability_from_message
from segue.wire.jobs import (
    item_from_message,
    job_change_to_message,
    job_to_message,
    request_id_from_text,
)
from segue.wire.tracks import (
    embedded_track_from_message,
    metadata_from_message,
)

SERVICE = "segue.v1.CatalogService"

_FACETS = ("genres", "moods", "predicted_genres", "predicted_moods")

LOOK_UP_SECONDS = 1.0
"""Longest that accepting tracks waits to hear which of them the index holds."""


class CatalogServicer(CatalogServiceServicer):
    """Serves the catalogue from the live index, and the jobs from the job store."""

    def __init__(
        self,
        backends: Backends,
        job_store: JobStore,
        labels: KnownLabels,
        tokens: PageTokens,
        *,
        spool: Path,
        largest_upload_bytes: int,
    ) -> None:
        self._backends = backends
        self._job_store = job_store
        self._labels = labels
        self._tokens = tokens
        self._spool = spool
        self._largest_upload_bytes = largest_upload_bytes
        self._correcting = asyncio.Lock()

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_CatalogServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]

    async def IngestTracks(  # noqa: N802
        self, request: messages.IngestTracksRequest, context: Any
    ) -> messages.IngestTracksResponse:
        """Accept tracks by URI."""
        if not 1 <= len(request.items) <= MOST_INGEST_ITEMS:
            raise InvalidArgument(
                "items", f"holds {len(request.items)} tracks, not 1 to {MOST_INGEST_ITEMS}"
            )
        caller = current_caller()
        asker = _asker(context)

        def item(numbered: tuple[int, messages.IngestItem]) -> IngestItem:
            number, message = numbered
            return replace(item_from_message(message, f"items[{number}]", caller), asker=asker)

        items = await paced(item, enumerate(request.items))
        track_ids = [item.track_id for item in items]
        _check_distinct(track_ids, "items")
        request_id = request_id_from_text(request.request_id)
        submitted = await self._job_store.submit(
            await self._looked_up(items), request_id=request_id
        )
        return messages.IngestTracksResponse(job_id=submitted.job_id, track_ids=track_ids)

    async def UploadTrack(  # noqa: N802
        self, request_iterator: AsyncIterator[messages.UploadTrackRequest], context: Any
    ) -> messages.UploadTrackResponse:
        """Accept one track by its bytes."""
        first = await anext(request_iterator, None)
        if first is None or first.WhichOneof("part") != "header":
            raise InvalidArgument("header", "must be the first message of the stream")
        header = first.header
        if header.track_id:
            checked_track_id(header.track_id, "header.track_id")
        checked_size(header.file_name, "file_name", "header.file_name")
        checked_size(header.job_id, "job_id", "header.job_id")
        metadata = metadata_from_message(header.metadata, "header.metadata")
        request_id = request_id_from_text(header.request_id, "header.request_id")
        # Bytes that cannot be queued are not taken in.
        await self._job_store.queue_state()
        async with Upload(
            self._spool,
            header.file_name,
            largest_bytes=self._largest_upload_bytes,
            request_id=request_id,
        ) as upload:
            async for part in request_iterator:
                if part.WhichOneof("part") != "data":
                    raise InvalidArgument("data", "every message after the first must carry data")
                await upload.write(part.data)
            file = await upload.finish()
        track_id = header.track_id or f"sha256-{file.content_sha256[:32]}"
        item = IngestItem(
            track_id,
            file.uri,
            metadata,
            header.force,
            current_caller(),
            _asker(context),
            file_name=cleaned(PurePosixPath(header.file_name).name),
        )
        try:
            submitted = await self._job_store.submit(
                await self._looked_up([item]),
                job_id=header.job_id or None,
                request_id=request_id,
            )
        except (NotFound, JobCancelled, QueueFull):
            file.discard()
            raise
        # Whatever else is raised, the queue may have accepted the track: the file stays. What
        # nothing needs is removed by the worker after a day.
        if submitted.repeated and not submitted.upload_needed:
            file.discard()
        return messages.UploadTrackResponse(
            job_id=submitted.job_id,
            track_id=track_id,
            size_bytes=file.size_bytes,
            content_sha256=file.content_sha256,
        )

    async def WatchIngest(  # noqa: N802
        self, request: messages.WatchIngestRequest, context: Any
    ) -> AsyncIterator[messages.WatchIngestResponse]:
        """Follow a job until it is done."""
        del context
        async for change in self._job_store.watch(_job_id(request.job_id)):
            written = await paced(shown_item_status, change.changed)
            for part, follows in parts(written):
                told = replace(change, changed=(), more=follows or change.more)
                message = job_change_to_message(told)
                message.changed.extend(part)
                yield message

    async def GetIngestJob(  # noqa: N802
        self, request: messages.GetIngestJobRequest, context: Any
    ) -> messages.GetIngestJobResponse:
        """Say how far a job is."""
        del context
        job_id = _job_id(request.job_id)
        size = page_size(
            request.page_size, default=LARGEST_ENTRIES_PAGE, largest=LARGEST_ENTRIES_PAGE
        )
        binding = self._tokens.binding(request)
        first = binding.offset()
        progress = await self._job_store.progress(job_id)
        response = messages.GetIngestJobResponse(job=job_to_message(progress))
        if not request.include_items:
            return response
        room = Room()
        async with aclosing(self._job_store.items(job_id, first=first)) as pieces:
            async for piece in pieces:
                written = await paced(shown_item_status, piece[: size - len(response.items)])
                held = room.held(written)
                response.items.extend(written[:held])
                if held < len(written) or len(response.items) == size:
                    break
        following = first + len(response.items)
        if following < progress.total:
            response.next_page_token = binding.token(str(following))
        return response

    async def ListIngestJobs(  # noqa: N802
        self, request: messages.ListIngestJobsRequest, context: Any
    ) -> messages.ListIngestJobsResponse:
        """Give one page of the jobs."""
        del context
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        binding = self._tokens.binding(request)
        jobs, cursor = await self._job_store.list_jobs(limit=size, after=binding.cursor())
        return messages.ListIngestJobsResponse(
            jobs=await paced(job_to_message, jobs),
            next_page_token="" if cursor is None else binding.token(cursor),
        )

    async def CancelIngestJob(  # noqa: N802
        self, request: messages.CancelIngestJobRequest, context: Any
    ) -> messages.CancelIngestJobResponse:
        """Let no track of a job begin any more."""
        del context
        job_id = _job_id(request.job_id)
        cancelled = await self._job_store.cancel(job_id)
        progress = await self._job_store.progress(job_id)
        return messages.CancelIngestJobResponse(job=job_to_message(progress), cancelled=cancelled)

    async def GetTrack(  # noqa: N802
        self, request: messages.GetTrackRequest, context: Any
    ) -> messages.GetTrackResponse:
        """Give one track."""
        del context
        index = self._backends.index
        try:
            track = await self._track(request.track_id)
        except TrackNotFound:
            if request.allow_missing:
                return messages.GetTrackResponse(embedding_space=index.space)
            raise
        response = messages.GetTrackResponse(
            track=shown_track(track, request.view or track_pb2.TRACK_VIEW_FULL),
            embedding_space=index.space,
        )
        if request.include_vector:
            found = await index.vectors((track.track_id,))
            response.vector.extend(found.get(track.track_id, ()))
        return response

    async def GetTracks(  # noqa: N802
        self, request: messages.GetTracksRequest, context: Any
    ) -> messages.GetTracksResponse:
        """Give many tracks."""
        del context
        wanted = _wanted_ids(request.track_ids, MOST_READ_TRACKS)
        index = self._backends.index
        found = await index.get(wanted)
        view = request.view or track_pb2.TRACK_VIEW_FULL
        return messages.GetTracksResponse(
            tracks=await paced(
                lambda track: shown_track(track, view),
                [found[track_id] for track_id in wanted if track_id in found],
            ),
            missing_track_ids=[track_id for track_id in wanted if track_id not in found],
            embedding_space=index.space,
        )

    async def ListTracks(  # noqa: N802
        self, request: messages.ListTracksRequest, context: Any
    ) -> messages.ListTracksResponse:
        """Give one page of the catalogue."""
        del context
        index = self._backends.index
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        where = filter_from_message(request.filter)
        binding = self._tokens.binding(request, index.space)
        after = binding.cursor()
        if request.view == track_pb2.TRACK_VIEW_SOURCE:
            listed, cursor = await fitting_page(
                lambda limit: index.list_sources(limit=limit, after=after, where=where),
                shown_source,
                size,
            )
        else:
            listed, cursor = await fitting_page(
                lambda limit: index.list_tracks(limit=limit, after=after, where=where),
                lambda track: shown_track(track, request.view),
                size,
            )
        return messages.ListTracksResponse(
            tracks=listed, next_page_token="" if cursor is None else binding.token(cursor)
        )

    async def UpdateTrack(  # noqa: N802
        self, request: messages.UpdateTrackRequest, context: Any
    ) -> messages.UpdateTrackResponse:
        """Correct the metadata that the mask names."""
        del context
        index = self._backends.index
        paths = request.update_mask.paths
        if not paths:
            raise InvalidArgument("update_mask", "names no field")
        for path in paths:
            if path not in METADATA_FIELDS:
                raise InvalidArgument(
                    "update_mask", f"{path!r} is not one of {', '.join(sorted(METADATA_FIELDS))}"
                )
        given = metadata_from_message(request.metadata)
        # Two corrections of different fields must not undo one another.
        async with self._correcting:
            stored = await self._track(request.track_id)
            metadata = stored.metadata.replaced({path: getattr(given, path) for path in paths})
            track = await index.update_metadata(stored.track_id, metadata)
        self._labels.forget()
        return messages.UpdateTrackResponse(track=shown_track(track, track_pb2.TRACK_VIEW_FULL))

    async def DeleteTrack(  # noqa: N802
        self, request: messages.DeleteTrackRequest, context: Any
    ) -> messages.DeleteTrackResponse:
        """Delete one track with its passages."""
        del context
        track_id = wanted_track_id(request.track_id)
        index = self._backends.index
        if not await index.delete([track_id]):
            raise TrackNotFound(track_id, index.space)
        self._labels.forget()
        return messages.DeleteTrackResponse()

    async def DeleteTracks(  # noqa: N802
        self, request: messages.DeleteTracksRequest, context: Any
    ) -> messages.DeleteTracksResponse:
        """Delete many tracks with their passages."""
        del context
        wanted = _wanted_ids(request.track_ids, MOST_DELETED_TRACKS)
        index = self._backends.index
        known = await index.existing(wanted)
        deleted = await index.delete([track_id for track_id in wanted if track_id in known])
        self._labels.forget()
        return messages.DeleteTracksResponse(
            deleted=deleted,
            missing_track_ids=[track_id for track_id in wanted if track_id not in known],
        )

    async def MoveTracks(  # noqa: N802
        self, request: messages.MoveTracksRequest, context: Any
    ) -> messages.MoveTracksResponse:
        """Replace the sources of tracks."""
        del context
        moves = request.moves
        if not 1 <= len(moves) <= MOST_MOVED_TRACKS:
            raise InvalidArgument(
                "moves", f"holds {len(moves)} tracks, not 1 to {MOST_MOVED_TRACKS}"
            )
        _check_distinct([move.track_id for move in moves], "moves")
        sources = {
            wanted_track_id(move.track_id, f"moves[{number}].track_id"): checked_uri(
                move.source_uri, f"moves[{number}].source_uri"
            )
            for number, move in enumerate(moves)
        }
        known = await self._backends.index.move(
            {track_id: shown_uri(uri) for track_id, uri in sources.items()}
        )
        return messages.MoveTracksResponse(
            missing_track_ids=[track_id for track_id in sources if track_id not in known]
        )

    async def UpsertTracks(  # noqa: N802
        self, request: messages.UpsertTracksRequest, context: Any
    ) -> messages.UpsertTracksResponse:
        """Store tracks with ready-made vectors."""
        del context
        index = self._backends.index
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
        _check_distinct([track.track.track_id for track in tracks], "tracks")
        existing: set[str] = set()
        if request.only_new:
            existing = await index.insert(tracks)
        else:
            await index.upsert(tracks)
        self._labels.forget()
        return messages.UpsertTracksResponse(
            upserted=len(tracks) - len(existing), existing_track_ids=sorted(existing)
        )

    async def ListFacets(  # noqa: N802
        self, request: messages.ListFacetsRequest, context: Any
    ) -> messages.ListFacetsResponse:
        """Count genres and moods, given and heard."""
        del context
        index = self._backends.index
        size = page_size(
            request.page_size, default=LARGEST_ENTRIES_PAGE, largest=LARGEST_ENTRIES_PAGE
        )
        binding = self._tokens.binding(request, index.space)
        start = binding.offset()
        facets = await index.facets(
            filter_from_message(request.filter),
            minimum_probability=probability_from_message(request, "minimum_probability"),
        )
        info = await index.info()
        response = messages.ListFacetsResponse(
            total_tracks=info.tracks, embedding_space=index.space
        )
        # The lists go on side by side: a page holds as many of each.
        written = [
            await paced(_facet_message, facets[name][start : start + size]) for name in _FACETS
        ]
        room = Room()
        rows = zip_longest(*written, fillvalue=messages.Facet())
        held = sum(1 for _ in takewhile(lambda row: room.takes(*row), rows))
        for name, facet_messages in zip(_FACETS, written, strict=True):
            getattr(response, name).extend(facet_messages[:held])
        if any(len(facets[name]) > start + held for name in _FACETS):
            response.next_page_token = binding.token(str(start + held))
        return response

    async def ListDeadLetters(  # noqa: N802
        self, request: messages.ListDeadLettersRequest, context: Any
    ) -> messages.ListDeadLettersResponse:
        """Give one page of the dead letters."""
        del context
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        checked_size(request.reason, "reason", "reason")
        binding = self._tokens.binding(request)
        after = binding.cursor()

        async def read(limit: int) -> tuple[Sequence[DeadLetter], tuple[str | None, int]]:
            letters, cursor, total = await self._job_store.dead_letters(
                limit=limit, after=after, reason=request.reason
            )
            return letters, (cursor, total)

        letters, (cursor, total) = await fitting_page(read, shown_dead_letter, size)
        return messages.ListDeadLettersResponse(
            dead_letters=letters,
            next_page_token="" if cursor is None else binding.token(cursor),
            total=total,
        )

    async def ReplayDeadLetters(  # noqa: N802
        self, request: messages.ReplayDeadLettersRequest, context: Any
    ) -> messages.ReplayDeadLettersResponse:
        """Queue dead letters again."""
        del context
        _check_choice(request, "replay")
        job_id, replayed = await self._job_store.replay(
            list(request.dead_letter_ids),
            reason=request.reason,
            request_id=request_id_from_text(request.request_id),
        )
        return messages.ReplayDeadLettersResponse(job_id=job_id or "", replayed=replayed)

    async def DismissDeadLetters(  # noqa: N802
        self, request: messages.DismissDeadLettersRequest, context: Any
    ) -> messages.DismissDeadLettersResponse:
        """Forget dead letters."""
        del context
        _check_choice(request, "dismiss")
        dismissed = await self._job_store.dismiss(
            list(request.dead_letter_ids),
            reason=request.reason,
            request_id=request_id_from_text(request.request_id),
        )
        return messages.DismissDeadLettersResponse(dismissed=dismissed)

    async def _looked_up(self, items: list[IngestItem]) -> list[IngestItem]:
        """The items, with a mark on those that are new to the index, as far as it answers."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                known = await self._backends.index.existing([item.track_id for item in items])
        except (IndexUnavailable, DeadlineExceeded, TimeoutError):
            return items  # accepting tracks does not wait for an index that is away
        return await paced(
            lambda item: replace(item, expected_new=item.track_id not in known), items
        )

    async def _track(self, track_id: str) -> Track:
        index = self._backends.index
        found = await index.get((wanted_track_id(track_id),))
        if track_id not in found:
            raise TrackNotFound(track_id, index.space)
        return found[track_id]


def _vouched(embedded: EmbeddedTrack) -> EmbeddedTrack:
    """The track with its true provenance: only the owner's word on that counts."""
    provenance = Provenance.GIVEN
    if current_caller() is Caller.OWNER:
        provenance = embedded.track.provenance or Provenance.OWNER
    return replace(embedded, track=replace(embedded.track, provenance=provenance))


def _asker(context: Any) -> str:
    return machine_of(context) if current_caller() is Caller.GUEST else ""


def _facet_message(facet: FacetCount) -> messages.Facet:
    return messages.Facet(label=facet.label, tracks=facet.tracks)


def _check_choice(
    request: messages.ReplayDeadLettersRequest | messages.DismissDeadLettersRequest, verb: str
) -> None:
    """See that a request says which dead letters are meant."""
    checked_count(request.dead_letter_ids, "dead_letter_ids", "dead_letter_ids")
    for number, letter_id in enumerate(request.dead_letter_ids):
        checked_size(letter_id, "dead_letter_id", f"dead_letter_ids[{number}]")
    checked_size(request.reason, "reason", "reason")
    chosen = bool(request.dead_letter_ids or request.reason)
    if request.all and chosen:
        raise InvalidArgument("all", "must not be set beside dead_letter_ids or reason")
    if not request.all and not chosen:
        raise InvalidArgument("dead_letter_ids", f"is empty; to {verb} every dead letter, set all")


def _job_id(job_id: str) -> str:
    if not job_id:
        raise InvalidArgument("job_id", "must not be empty")
    return checked_size(job_id, "job_id", "job_id")


def _wanted_ids(track_ids: Sequence[str], most: int) -> list[str]:
    """The ids of a request, each once, in its order."""
    if not 1 <= len(track_ids) <= most:
        raise InvalidArgument("track_ids", f"holds {len(track_ids)} ids, not 1 to {most}")
    return list(
        dict.fromkeys(
            wanted_track_id(track_id, f"track_ids[{number}]")
            for number, track_id in enumerate(track_ids)
        )
    )


def _check_distinct(track_ids: list[str], field: str) -> None:
    seen: set[str] = set()
    for number, track_id in enumerate(track_ids):
        if track_id in seen:
            raise InvalidArgument(f"{field}[{number}].track_id", f"{track_id!r} is there twice")
        seen.add(track_id)
