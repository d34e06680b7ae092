"""The library as it was a moment ago: read once, and then kept up with what changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection

from segue.errors import SegueError
from segue.jobs.changed_tracks import ChangedTracks
from segue.v1 import catalog_service_pb2, track_pb2
from segue.web.backend import Backend
from segue.web.callers import OWNER
from segue.web.subsonic.library import Library
from segue.web.subsonic.songs import Song, song_of

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""So long nobody looks whether anything changed."""

LEAST_SECONDS = 0.2
"""The same where something is asked for that was not there."""

REST = 4.0
"""Taking over what changed takes no more than one part in five of the time."""

READING_REST = 20.0
"""Reading all tracks takes no more than one part in so many of the time."""

READ_ANYWAY_SECONDS = 6 * 3_600.0
"""After so long all is read again: what other programs do to the vectors is noted by nobody."""

QUICK_SECONDS = 1.0
"""So long askers wait for what is new; after that they get what was there before."""

_PAGE = 1_000
_SHARE_READ_ANEW = 4
"""Where more than one track in so many changed, reading all takes no longer."""


class LibraryKeeper:
    """Reads all tracks when they are first asked for, and then those that changed.

    Used in one event loop.

    Parameters
    ----------
    changed
        Tells which tracks changed.
    """

    def __init__(self, backend: Backend, changed: ChangedTracks) -> None:
        self._backend = backend
        self._changed = changed
        self._library: Library | None = None
        self._position = ""
        self._looked_at = 0.0
        self._took_seconds = 0.0
        self._read_at = 0.0
        self._reading_took_seconds = 0.0
        self._looking: asyncio.Task[Library] | None = None

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
        known = self._library
        if known is None:
            # Who gives up waiting does not end what others wait for too.
            return await asyncio.shield(self._look_once())
        fresh = LEAST_SECONDS if missing else max(FRESH_SECONDS, REST * self._took_seconds)
        if self._looking is None and time.monotonic() - self._looked_at <= fresh:
            return known
        looking = self._look_once()
        await asyncio.wait([looking], timeout=QUICK_SECONDS)
        return self._library or known

    def begin(self) -> None:
        """Begin to read, unless anything was read already: it will be wanted soon."""
        if self._library is None:
            self._look_once()

    async def close(self) -> None:
        """End what is being read."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])

    def _look_once(self) -> asyncio.Task[Library]:
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._ended)
        return self._looking

    def _ended(self, looking: asyncio.Task[Library]) -> None:
        self._looking = None
        self._looked_at = time.monotonic()
        if looking.cancelled():
            return
        error = looking.exception()
        if error is None:
            self._library = looking.result()
        elif isinstance(error, SegueError):
            log.warning("the catalogue could not be read: %s (%s)", error, error.reason)
        else:
            log.error("the catalogue could not be read", exc_info=error)

    async def _look(self) -> Library:
        """The library as it is now; the one that is known where nothing changed."""
        began = time.monotonic()
        known = self._library
        if known is None:
            return await self._read()
        changes = None
        if began - self._read_at < READ_ANYWAY_SECONDS:
            try:
                changes = await self._changed.since(self._position)
            except SegueError as exc:  # as if nobody knew
                log.info("what changed in the catalogue is not told: %s", exc)
        many = changes is None or len(changes.track_ids) * _SHARE_READ_ANEW > len(known.songs)
        if many and began - self._read_at > READING_REST * self._reading_took_seconds:
            return await self._read()
        if changes is None:
            return known
        if changes.track_ids:
            library = await self._taken_over(known, changes.track_ids)
        else:
            library = known
        self._position = changes.position
        self._took_seconds = time.monotonic() - began
        return library

    async def _read(self) -> Library:
        """All tracks."""
        began = time.monotonic()
        try:
            position = await self._changed.position()
        except SegueError:
            position = ""  # all is read again, less often
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
        library = await asyncio.to_thread(Library, songs, self._library)
        self._position, self._read_at = position, time.monotonic()
        self._reading_took_seconds = self._read_at - began
        return library

    async def _taken_over(self, known: Library, changed: Collection[str]) -> Library:
        """The library with some tracks as they are now."""
        songs = {**known.by_track}
        wanted = sorted(changed)
        for first in range(0, len(wanted), _PAGE):
            request = catalog_service_pb2.GetTracksRequest(
                track_ids=wanted[first : first + _PAGE], view=track_pb2.TRACK_VIEW_FULL
            )
            answer = await self._backend.call("CatalogService", "GetTracks", request, OWNER)
            for track_id in answer.missing_track_ids:
                songs.pop(track_id, None)
            songs |= {track.track_id: song_of(track) for track in answer.tracks}
        return await asyncio.to_thread(Library, songs.values(), known)
