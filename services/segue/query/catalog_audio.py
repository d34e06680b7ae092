"""Calls that give the audio of tracks, and its pictures, and tell which uploads are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, TypeVar

from segue.audio.covers import Cover, embedded_cover
from segue.audio.media_types import media_type_of
from segue.callers import current_call
from segue.errors import InvalidArgument, NotFound
from segue.limits import DEFAULT_LIST_PAGE, LARGEST_LIST_PAGE
from segue.media.kept_rows import Use
from segue.media.kept_uploads import KeptUploads
from segue.memory_bound import memory_bound
from segue.query.catalog_calls import CatalogCalls
from segue.query.paging import fitting_page, page_size
from segue.query.track_audio import AudioPlace, audio_place, file_etag
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.wire.times import time_to_message

T = TypeVar("T")

PIECE_BYTES = 64 * 1024
"""Whoever reads at :const:`segue.pace.LEAST_BYTES_PER_SECOND` takes in one before it counts as
stuck."""

COVER_SECONDS = 10.0
"""Most time that looking for a picture may take."""

COVER_MEMORY_BYTES = 256 * 1024 * 1024
"""Most memory that looking for a picture may take; one that is given has up to 16 MiB."""


class CoverNotFound(NotFound):
    """The file of the track holds no picture."""

    reason = "COVER_NOT_FOUND"
    next_step = "Show something else in its place."


class AudioCalls(CatalogCalls):
    """Audio and pictures of tracks as streams of bytes."""

    async def ReadAudio(  # noqa: N802
        self, request: messages.ReadAudioRequest, context: Any
    ) -> AsyncIterator[messages.ReadAudioResponse]:
        """Give some bytes of a track's audio."""
        del context
        for name in ("offset", "length"):
            if getattr(request, name) < 0:
                raise InvalidArgument(name, "must not be negative")
        place = await self._audio_place(request)
        file, size = await self._in_reader(place.open)
        with file:
            if request.offset > size:
                raise InvalidArgument("offset", f"lies behind the end of {size} bytes")
            info = messages.MediaInfo(
                size_bytes=size,
                media_type=await self._in_reader(media_type_of, file),
                file_name=place.file_name,
                etag=file_etag(file),
            )
            yield messages.ReadAudioResponse(info=info)
            left = size - request.offset
            if request.length:
                left = min(left, request.length)
            await self._in_reader(file.seek, request.offset)
            while left and (piece := await self._in_reader(file.read, min(left, PIECE_BYTES))):
                left -= len(piece)
                yield messages.ReadAudioResponse(data=piece)

    async def ReadCover(  # noqa: N802
        self, request: messages.ReadCoverRequest, context: Any
    ) -> AsyncIterator[messages.ReadCoverResponse]:
        """Give the picture of a track's file."""
        del context
        place = await self._audio_place(request)
        # Whether it is there at all is said in better words than a parser has.
        file, _ = await self._in_reader(place.open)
        etag = file_etag(file)
        file.close()
        cover = await asyncio.wrap_future(
            self._covers.submit(_cover_at, place, timeout_seconds=COVER_SECONDS)
        )
        if not cover.content:
            raise CoverNotFound(f"the file of the track {request.track_id!r} holds no picture")
        name = PurePosixPath(place.file_name).stem
        info = messages.MediaInfo(
            size_bytes=len(cover.content),
            media_type=cover.media_type,
            file_name=f"{name}.{cover.media_type.rpartition('/')[2]}",
            etag=etag,
        )
        yield messages.ReadCoverResponse(info=info)
        for piece in _pieces(cover.content):
            yield messages.ReadCoverResponse(data=piece)

    async def ListKeptUploads(  # noqa: N802
        self, request: messages.ListKeptUploadsRequest, context: Any
    ) -> messages.ListKeptUploadsResponse:
        """Give one page of the uploads that are kept."""
        del context
        catalogue = self._backends.catalogue_of(request)
        kept = self._backends.kept
        if kept is None:
            return messages.ListKeptUploadsResponse()
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        binding = self._tokens.binding(request)
        cursor = binding.cursor()
        after = None if cursor is None else _use_from(cursor)

        async def read(limit: int) -> tuple[list[messages.KeptUpload], Use | None]:
            return await asyncio.to_thread(_page, kept, catalogue, limit, after)

        uploads, last = await fitting_page(read, lambda message: message, size)
        room = await asyncio.to_thread(kept.room)
        return messages.ListKeptUploadsResponse(
            uploads=uploads,
            next_page_token="" if last is None else binding.token(_cursor_of(last)),
            files=room.files,
            used_bytes=room.used_bytes,
            most_bytes=room.most_bytes,
        )

    async def _in_reader(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do what a share that hangs would keep waiting, in a thread that nothing else needs."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, work, *arguments)

    async def _audio_place(
        self, request: messages.ReadAudioRequest | messages.ReadCoverRequest
    ) -> AudioPlace:
        track = await self._track(self._backends.index_of(request), request.track_id)
        return audio_place(track, self._backends.kept, current_call(), self._backends.media_roots)


def _cover_at(place: AudioPlace) -> Cover:
    file, _ = place.open()
    file.close()
    # Parsers take all pictures of a file into memory, whatever their size.
    with memory_bound(COVER_MEMORY_BYTES):
        return embedded_cover(place.path)


def _pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), PIECE_BYTES):
        yield content[start : start + PIECE_BYTES]


def _page(
    kept: KeptUploads, catalogue: str, limit: int, after: tuple[str, str, str] | None
) -> tuple[list[messages.KeptUpload], Use | None]:
    """Some uploads, and the last one of them where more follow."""
    uses = kept.uses(limit=limit + 1, after=after, catalogue=catalogue)
    told = [_kept_message(use, there=kept.holds(use.sha256)) for use in uses[:limit]]
    return told, uses[limit - 1] if len(uses) > limit else None


def _kept_message(use: Use, *, there: bool) -> messages.KeptUpload:
    return messages.KeptUpload(
        track_id=use.track_id,
        embedding_space=use.space,
        content_sha256=use.sha256,
        file_name=use.file_name,
        audio=track_pb2.TRACK_AUDIO_KEPT if there else track_pb2.TRACK_AUDIO_GONE,
        kept_at=time_to_message(datetime.fromtimestamp(use.used_at, UTC)),
    )


def _cursor_of(use: Use) -> str:
    return f"{use.sha256} {use.space} {use.track_id}"


def _use_from(cursor: str) -> tuple[str, str, str]:
    sha256, space, track_id = cursor.split(" ", 2)
    return track_id, space, sha256
