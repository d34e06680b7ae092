"""Audio and pictures of tracks, from the query service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import SourceUnavailable
from segue.media_fragments import Part, divided_uri
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.web.backend import Backend
from segue.web.callers import WebCaller
from segue.web.media.answers import Content
from segue.web.media.audio_file import AudioFile
from segue.web.media.ranges import ByteRange

HEAD_BYTES = 256 * 1024
"""First bytes of a file by which it is seen what most files are."""

_CATALOG = "CatalogService"


@dataclass(frozen=True, slots=True)
class TrackAudio:
    """Where the audio of a track comes from.

    Attributes
    ----------
    info
        Of the whole file.
    part
        The passage of it that is the track; None: all of it.
    caller
        As whom it is read: :attr:`~segue.web.callers.WebCaller.as_reader`.
    catalogue
        The one that the track is of.
    """

    backend: Backend
    track_id: str
    info: messages.MediaInfo
    part: Part | None
    caller: WebCaller
    catalogue: str = DEFAULT_CATALOGUE

    @property
    def file(self) -> AudioFile:
        """The audio as a file that can be had here."""
        return AudioFile(self.info.etag, self._fetch, self._head, self.info.size_bytes, self.part)

    def as_it_is(self) -> Content:
        """The whole file."""
        info = self.info
        return Content(info.size_bytes, info.media_type, info.etag, self._pieces, info.file_name)

    async def _pieces(self, part: ByteRange) -> AsyncGenerator[bytes, None]:
        request = messages.ReadAudioRequest(
            track_id=self.track_id,
            catalogue=self.catalogue,
            offset=part.start,
            length=part.length,
        )
        async with aclosing(
            self.backend.stream(_CATALOG, "ReadAudio", request, self.caller)
        ) as told:
            async for response in told:
                if response.WhichOneof("part") == "data":
                    yield response.data
                elif response.info.etag != self.info.etag:
                    raise SourceUnavailable("the file changed while it was read")

    async def _fetch(self, target: Path) -> None:
        file: Any = await asyncio.to_thread(target.open, "wb")
        with file:
            if self.info.size_bytes:
                async with aclosing(self._pieces(ByteRange(0, self.info.size_bytes))) as pieces:
                    async for piece in pieces:
                        await asyncio.to_thread(file.write, piece)
            if file.tell() != self.info.size_bytes:
                raise SourceUnavailable("the file ended before all of it was read")

    async def _head(self) -> bytes:
        part = ByteRange(0, min(HEAD_BYTES, self.info.size_bytes))
        if not part.length:
            return b""
        return b"".join([piece async for piece in self._pieces(part)])


async def audio_of_track(
    backend: Backend, track_id: str, caller: WebCaller, catalogue: str = DEFAULT_CATALOGUE
) -> TrackAudio:
    """Where the audio of a track of a catalogue comes from, for a caller who may hear it.

    Raises
    ------
    CallRefused, QueryUnavailable
        As :meth:`Backend.call`.
    """
    caller = caller.as_reader
    asked = messages.GetTrackRequest(
        track_id=track_id, catalogue=catalogue, view=track_pb2.TRACK_VIEW_SOURCE
    )
    found = await backend.call(_CATALOG, "GetTrack", asked, caller)
    request = messages.ReadAudioRequest(track_id=track_id, catalogue=catalogue, length=1)
    async with aclosing(backend.stream(_CATALOG, "ReadAudio", request, caller)) as told:
        async for response in told:
            _, part = divided_uri(found.track.source_uri)
            return TrackAudio(backend, track_id, response.info, part, caller, catalogue)
    raise SourceUnavailable("the query service gave no audio")


async def cover(
    backend: Backend, track_id: str, caller: WebCaller, catalogue: str = DEFAULT_CATALOGUE
) -> Content:
    """The picture of a track of a catalogue. Raises as :func:`audio_of_track`."""
    request = messages.ReadCoverRequest(track_id=track_id, catalogue=catalogue)
    info, content = None, bytearray()
    async for response in backend.stream(_CATALOG, "ReadCover", request, caller.as_reader):
        if response.WhichOneof("part") == "info":
            info = response.info
        else:
            content += response.data
    if info is None:
        raise SourceUnavailable("the query service gave no picture")
    return Content.of(bytes(content), info.media_type, f"{info.etag}-cover", info.file_name)
