"""Calls that have tracks ingested, and follow their jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Protocol

from segue.callers import Caller, current_caller
from segue.errors import (
    DeadlineExceeded,
    IndexUnavailable,
    InvalidArgument,
    JobCancelled,
    JobNotFound,
    NoRoomForUploads,
    NotFound,
    QueueFull,
)
from segue.ingest_jobs import IngestItem, JobProgress, content_track_id
from segue.limits import (
    DEFAULT_LIST_PAGE,
    LARGEST_ENTRIES_PAGE,
    LARGEST_LIST_PAGE,
    MOST_INGEST_ITEMS,
    checked_size,
    checked_track_id,
)
from segue.query.backends import NamesCatalogue
from segue.query.catalog_calls import CatalogCalls, check_distinct
from segue.query.guest_views import shown_item_status
from segue.query.paging import Room, page_size, parts
from segue.query.peers import machine_of
from segue.query.uploads import SpooledFile, Upload, waiting_bytes
from segue.texts import cleaned
from segue.turns import paced
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.jobs import (
    item_from_message,
    job_change_to_message,
    job_to_message,
    request_id_from_text,
)
from segue.wire.tracks import metadata_from_message

LOOK_UP_SECONDS = 1.0
"""Longest that accepting tracks waits to hear which of them the index holds."""


class _OfAJob(NamesCatalogue, Protocol):
    @property
    def job_id(self) -> str: ...


class IngestCalls(CatalogCalls):
    """Tracks by URI or by their bytes, and the jobs that they are in."""

    async def IngestTracks(  # noqa: N802
        self, request: messages.IngestTracksRequest, context: Any
    ) -> messages.IngestTracksResponse:
        """Accept tracks by URI."""
        catalogue = self._backends.catalogue_of(request)
        if not 1 <= len(request.items) <= MOST_INGEST_ITEMS:
            raise InvalidArgument(
                "items", f"holds {len(request.items)} tracks, not 1 to {MOST_INGEST_ITEMS}"
            )
        caller = current_caller()
        asker = _asker(context)

        def item(numbered: tuple[int, messages.IngestItem]) -> IngestItem:
            number, message = numbered
            read = item_from_message(message, f"items[{number}]", caller)
            return replace(read, asker=asker, catalogue=catalogue)

        items = await paced(item, enumerate(request.items))
        track_ids = [item.track_id for item in items]
        check_distinct(track_ids, "items")
        request_id = request_id_from_text(request.request_id)
        submitted = await self._job_store.submit(
            await self._looked_up(request, items), request_id=request_id
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
        catalogue = self._backends.catalogue_of(header)
        if header.track_id:
            checked_track_id(header.track_id, "header.track_id")
        checked_size(header.file_name, "file_name", "header.file_name")
        checked_size(header.job_id, "job_id", "header.job_id")
        metadata = metadata_from_message(header.metadata, "header.metadata")
        request_id = request_id_from_text(header.request_id, "header.request_id")
        if header.job_id:
            await self._job(header)
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
        track_id = header.track_id or content_track_id(file.content_sha256)
        try:
            await self._check_room(file)
        except NoRoomForUploads:
            file.discard()
            raise
        item = IngestItem(
            track_id,
            file.uri,
            metadata,
            header.force,
            current_caller(),
            _asker(context),
            file_name=cleaned(PurePosixPath(header.file_name).name),
            replace_given=header.replace_given,
            catalogue=catalogue,
        )
        try:
            submitted = await self._job_store.submit(
                await self._looked_up(header, [item]),
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

    async def _check_room(self, file: SpooledFile) -> None:
        """See that what was uploaded can be kept, where nothing is to go for it."""
        kept = self._backends.kept
        if kept is not None and kept.refuses:
            guests = current_caller() is Caller.GUEST
            await asyncio.to_thread(
                lambda: kept.check_room(
                    file.size_bytes, guests=guests, waiting_bytes=waiting_bytes(self._spool)
                )
            )

    async def WatchIngest(  # noqa: N802
        self, request: messages.WatchIngestRequest, context: Any
    ) -> AsyncIterator[messages.WatchIngestResponse]:
        """Follow a job until it is done."""
        del context
        job_id = (await self._job(request)).job_id
        async for change in self._job_store.watch(job_id):
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
        progress = await self._job(request)
        size = page_size(
            request.page_size, default=LARGEST_ENTRIES_PAGE, largest=LARGEST_ENTRIES_PAGE
        )
        binding = self._tokens.binding(request)
        first = binding.offset()
        response = messages.GetIngestJobResponse(job=job_to_message(progress))
        if not request.include_items:
            return response
        room = Room()
        async with aclosing(self._job_store.items(progress.job_id, first=first)) as pieces:
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
        catalogue = self._backends.catalogue_of(request)
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        binding = self._tokens.binding(request)
        jobs, cursor = await self._job_store.list_jobs(
            limit=size, after=binding.cursor(), catalogue=catalogue
        )
        return messages.ListIngestJobsResponse(
            jobs=await paced(job_to_message, jobs),
            next_page_token="" if cursor is None else binding.token(cursor),
        )

    async def CancelIngestJob(  # noqa: N802
        self, request: messages.CancelIngestJobRequest, context: Any
    ) -> messages.CancelIngestJobResponse:
        """Let no track of a job begin any more."""
        del context
        job_id = (await self._job(request)).job_id
        cancelled = await self._job_store.cancel(job_id)
        progress = await self._job_store.progress(job_id)
        return messages.CancelIngestJobResponse(job=job_to_message(progress), cancelled=cancelled)

    async def _job(self, request: _OfAJob) -> JobProgress:
        """The job that a request names, of the catalogue that it names.

        Raises
        ------
        JobNotFound
            When that catalogue has no such job.
        """
        catalogue = self._backends.catalogue_of(request)
        progress = await self._job_store.progress(_job_id(request.job_id))
        if progress.catalogue != catalogue:
            raise JobNotFound(f"no ingest job {request.job_id!r} in this catalogue")
        return progress

    async def _looked_up(
        self, request: NamesCatalogue, items: list[IngestItem]
    ) -> list[IngestItem]:
        """The items, with a mark on those that are new to the index, as far as it answers."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                index = self._backends.index_of(request)
                known = await index.existing([item.track_id for item in items])
        except (IndexUnavailable, DeadlineExceeded, TimeoutError):
            return items  # accepting tracks does not wait for an index that is away
        return await paced(
            lambda item: replace(item, expected_new=item.track_id not in known), items
        )


def _asker(context: Any) -> str:
    return machine_of(context) if current_caller() is Caller.GUEST else ""


def _job_id(job_id: str) -> str:
    if not job_id:
        raise InvalidArgument("job_id", "must not be empty")
    return checked_size(job_id, "job_id", "job_id")
