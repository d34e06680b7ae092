"""Clips: sent once, then named in searches by their ids."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue.errors import AudioError, InvalidArgument
from segue.limits import LARGEST_CLIP_BYTES, LONGEST_CLIP_SECONDS
from segue.v1.similarity_service_pb2 import ClipSeed
from segue.web.api.json_writing import NOT_KEPT
from segue.web.api.requests import check_query, file_name_of, path_text
from segue.web.callers import WebCaller, caller_of
from segue.web.media.clips import Clip, about_clip
from segue.web.media.state import media_of
from segue.web.media.store import MediaStore

CLIP_ID = "ClipSeed.clip_id"
"""Field of a seed that names a clip, as :func:`segue.web.api.json_reading.fill` is told of it."""


async def send_clip(request: Request) -> Response:
    """Keep the body of a request, an audio file, as a clip."""
    check_query(request, ())
    media = media_of(request)

    clip = await media.clips.add(
        caller_of(request), file_name_of(request), request.stream(), media.inspect_clip
    )
    return JSONResponse(about_clip(clip), 201, NOT_KEPT)


async def about(request: Request) -> Response:
    """Say what is known of a clip."""
    check_query(request, ())
    return JSONResponse(about_clip(await clip_of(request)), headers=NOT_KEPT)


async def forget_clip(request: Request) -> Response:
    """Forget a clip."""
    check_query(request, ())
    await media_of(request).clips.remove(path_text(request, "clip_id"), caller_of(request))
    return JSONResponse({}, headers=NOT_KEPT)


async def clip_of(request: Request) -> Clip:
    """The clip that the path of a request names. Raises ``ClipNotFound``."""
    return await media_of(request).clips.find(path_text(request, "clip_id"), caller_of(request))


class NamedClips:
    """Clips that a search names by their ids, and the seeds that they stand in."""

    def __init__(self) -> None:
        self._named: list[tuple[ClipSeed, str, str]] = []

    def note(self, seed: Message, path: str, clip_id: Any) -> None:
        """Take down what a seed names. Raises ``InvalidArgument`` where that is no id."""
        assert isinstance(seed, ClipSeed)  # noqa: S101  # asked for by this name only
        if not isinstance(clip_id, str):
            raise InvalidArgument(path, "must be a text")
        self._named.append((seed, path, clip_id))

    @asynccontextmanager
    async def filled(self, media: MediaStore, caller: WebCaller) -> AsyncIterator[None]:
        """Have the audio of the clips in the seeds for the length of a block.

        Raises as :meth:`fill`.
        """
        if not self._named:
            yield
            return
        async with media.clip_searches.place():
            await self.fill(media, caller)
            yield

    async def fill(self, media: MediaStore, caller: WebCaller) -> None:
        """Put the audio of the clips into the seeds.

        A clip that is the whole of one seed goes as it is. Of others, only the passage goes, so
        that several fit into a request.

        Raises
        ------
        InvalidArgument
            When a seed has audio of its own too.
        ClipNotFound
            When the caller has no such clip.
        AudioError
            When together they have more bytes than a request may have.
        """
        room = LARGEST_CLIP_BYTES
        for seed, path, clip_id in self._named:
            if seed.audio:
                raise InvalidArgument(path, "cannot be given together with audio")
            clip = await media.clips.find(clip_id, caller)
            if len(self._named) == 1 and not seed.length_seconds:
                audio = await asyncio.to_thread(clip.path.read_bytes)
            else:
                audio = await media.excerpt(clip.file, *_passage(seed, path))
                seed.start_seconds = seed.length_seconds = 0.0
            room -= len(audio)
            if room < 0:
                raise AudioError(
                    f"the clips have more than {LARGEST_CLIP_BYTES} bytes together",
                    "AUDIO_TOO_LARGE",
                )
            seed.audio = audio


def _passage(seed: ClipSeed, path: str) -> tuple[float, float]:
    """Start and length of a passage, to the millisecond."""
    for name in ("start_seconds", "length_seconds"):
        seconds = getattr(seed, name)
        most = LONGEST_CLIP_SECONDS if name == "length_seconds" else math.inf
        if not (0 <= seconds <= most and math.isfinite(seconds)):
            place = path.rpartition(".")[0]
            raise InvalidArgument(f"{place}.{name}", f"{seconds:g} is not a time within the clip")
    return round(seed.start_seconds, 3), round(seed.length_seconds, 3)
