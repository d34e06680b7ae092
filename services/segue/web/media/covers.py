"""Pictures of tracks in the sizes that are asked for, made once each."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from segue.errors import AudioError, NotFound
from segue.turns import FairSlots
from segue.web.backend import CallRefused, QueryUnavailable
from segue.web.media.decoders import Decoders
from segue.web.media.disk_cache import DiskCache
from segue.web.media.pictures import CoverUnreadable, scaled

READ_AT_ONCE = 4
"""Pictures that are read from the query service at the same time, and are in memory: each has up
to 16 MiB."""

READ_SECONDS = 30.0
"""Most time that reading one may take: nobody who asked may be waiting for it any more."""

SECONDS = 10.0
"""Most time that scaling one may take."""

MOST_WAITING = 512
"""Pictures that may wait for that: a list asks for a hundred at once."""

_WITHOUT = 10_000
"""Files of which it is remembered that they have no picture that can be shown."""

_TOO_SLOW = "AUDIO_DECODER_TIMEOUT"


class CoverNotFound(NotFound):
    """The file of the track holds no picture."""

    reason = "COVER_NOT_FOUND"
    next_step = "Show something else in its place."


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a track's file.

    Attributes
    ----------
    etag
        Stands for the bytes of the file.
    read
        Gives the picture as it lies there; raises ``CallRefused`` where there is none.
    """

    etag: str
    read: Callable[[], Awaitable[bytes]]


class Covers:
    """Scales pictures in a process of its own, and keeps them beside what is made of audio."""

    def __init__(self, cache: DiskCache) -> None:
        self._cache = cache
        self._decoders = Decoders(1, seconds=SECONDS, most_waiting=MOST_WAITING)
        self._places = FairSlots(READ_AT_ONCE)
        self._without: OrderedDict[str, type[NotFound]] = OrderedDict()

    async def file(self, picture: Picture, side: int) -> Path:
        """A JPEG file with a picture.

        Parameters
        ----------
        side
            One of :const:`segue.web.media.pictures.SIDES`.

        Raises
        ------
        CoverNotFound, CoverUnreadable
            When there is none that can be shown.
        Overloaded
            When too many wait already.
        CallRefused, QueryUnavailable
            As reading it.
        """
        if picture.etag in self._without:
            raise self._without[picture.etag]("the track has no picture that can be shown")

        async def make(target: Path) -> None:
            async with self._places.place():
                made = await self._scaled(picture, side)
            await asyncio.to_thread(target.write_bytes, made)

        return await self._cache.file((picture.etag, "cover", side), ".jpg", make)

    async def close(self) -> None:
        """End the process."""
        await self._decoders.close()

    async def _scaled(self, picture: Picture, side: int) -> bytes:
        try:
            async with asyncio.timeout(READ_SECONDS):
                content = await picture.read()
            return await self._decoders.run(scaled, content, side)
        except TimeoutError as exc:
            raise QueryUnavailable("the picture was not read in time") from exc
        except CallRefused as exc:
            if exc.reason != CoverNotFound.reason:
                raise
            self._note(picture, CoverNotFound)
            raise CoverNotFound(str(exc)) from exc
        except CoverUnreadable:
            self._note(picture, CoverUnreadable)
            raise
        except AudioError as exc:
            # Its process was ended, or had too little memory for it.
            if exc.reason != _TOO_SLOW:
                self._note(picture, CoverUnreadable)
            raise CoverUnreadable("the picture cannot be scaled within bounds") from exc

    def _note(self, picture: Picture, kind: type[NotFound]) -> None:
        self._without[picture.etag] = kind
        if len(self._without) > _WITHOUT:
            self._without.popitem(last=False)
