"""The library as it was a moment ago: read from the query service, and again while it is used."""

from __future__ import annotations

import asyncio
import logging
import time

from segue.errors import SegueError
from segue.v1 import catalog_service_pb2, track_pb2
from segue.web.backend import Backend
from segue.web.callers import OWNER
from segue.web.subsonic.library import Library
from segue.web.subsonic.songs import Song, song_of

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
"""So long nothing is read again."""

LEAST_SECONDS = 1.0
"""The same where something is asked for that was not there."""

REST = 20.0
"""Reading takes no more than one part in so many of the time: a large catalogue is read seldom."""

QUICK_SECONDS = 1.0
"""What takes no longer to read is waited for; for more, askers get what was read before."""

_PAGE = 1_000


class LibraryKeeper:
    """Reads all tracks when they are first asked for.

    Used in one event loop.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._library: Library | None = None
        self._read_at = 0.0
        self._took_seconds = 0.0
        self._reading: asyncio.Task[Library] | None = None

    async def library(self, *, missing: bool = False) -> Library:
        """What is there.

        Parameters
        ----------
        missing
            Whether what was looked for in the last one is not there: it may be new.

        Raises
        ------
        CallRefused, QueryUnavailable
            When nothing was read yet, and cannot be.
        """
        if self._library is not None:
            least = LEAST_SECONDS if missing else FRESH_SECONDS
            age = time.monotonic() - self._read_at
            if age <= max(least, REST * self._took_seconds):
                return self._library
            reading = self._read_once()
            if self._took_seconds > QUICK_SECONDS:
                return self._library
        else:
            reading = self._read_once()
        # Who gives up waiting does not end what others wait for too.
        return await asyncio.shield(reading)

    def begin(self) -> None:
        """Begin to read, unless anything was read already: it will be wanted soon."""
        if self._library is None:
            self._read_once()

    async def close(self) -> None:
        """End what is being read."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def _read_once(self) -> asyncio.Task[Library]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._ended)
        return self._reading

    def _ended(self, reading: asyncio.Task[Library]) -> None:
        self._reading = None
        self._read_at = time.monotonic()
        if reading.cancelled():
            return
        error = reading.exception()
        if error is None:
            self._library = reading.result()
        elif isinstance(error, SegueError):
            log.warning("the catalogue could not be read: %s (%s)", error, error.reason)
        else:
            log.error("the catalogue could not be read", exc_info=error)

    async def _read(self) -> Library:
        began = time.monotonic()
        songs: list[Song] = []
        request = catalog_service_pb2.ListTracksRequest(
            page_size=_PAGE, view=track_pb2.TRACK_VIEW_FULL
        )
        while True:
            page = await self._backend.call("CatalogService", "ListTracks", request, OWNER)
            songs += map(song_of, page.tracks)
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        library = await asyncio.to_thread(Library, songs)
        self._took_seconds = time.monotonic() - began
        return library
