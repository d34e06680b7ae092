"""Audio and pictures of tracks, from the query service."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from segue.errors import SourceUnavailable
from segue.v1 import catalog_service_pb2 as messages
from segue.web.backend import Backend
from segue.web.callers import OWNER
from segue.web.media.answers import Content
from segue.web.media.ranges import ByteRange

_CATALOG = "CatalogService"


async def audio_as_it_is(backend: Backend, track_id: str) -> Content:
    """The audio of a track as it was uploaded or lies on the disk.

    It is read in the owner's name, for callers of whom it is known that they may hear.

    Raises
    ------
    CallRefused, QueryUnavailable
        As :meth:`Backend.call`.
    """
    request = messages.ReadAudioRequest(track_id=track_id, length=1)
    info = await _first(backend, "ReadAudio", request)

    async def pieces(part: ByteRange) -> AsyncGenerator[bytes, None]:
        request = messages.ReadAudioRequest(
            track_id=track_id, offset=part.start, length=part.length
        )
        async with aclosing(backend.stream(_CATALOG, "ReadAudio", request, OWNER)) as told:
            async for response in told:
                if response.WhichOneof("part") == "data":
                    yield response.data
                elif response.info.etag != info.etag:
                    raise SourceUnavailable("the file changed while it was read")

    return Content(info.size_bytes, info.media_type, info.etag, pieces, info.file_name)


async def cover(backend: Backend, track_id: str) -> Content:
    """The picture of a track. Raises as :func:`audio_as_it_is`."""
    request = messages.ReadCoverRequest(track_id=track_id)
    info, content = None, bytearray()
    async for response in backend.stream(_CATALOG, "ReadCover", request, OWNER):
        if response.WhichOneof("part") == "info":
            info = response.info
        else:
            content += response.data
    if info is None:
        raise SourceUnavailable("the query service gave no picture")
    whole = bytes(content)

    async def pieces(part: ByteRange) -> AsyncGenerator[bytes, None]:
        yield whole[part.start : part.start + part.length]

    return Content(len(whole), info.media_type, f"{info.etag}-cover", pieces, info.file_name)


async def _first(backend: Backend, method: str, request: Any) -> messages.MediaInfo:
    async with aclosing(backend.stream(_CATALOG, method, request, OWNER)) as told:
        async for response in told:
            info: messages.MediaInfo = response.info
            return info
    raise SourceUnavailable("the query service gave no audio")
