"""Keeps a catalogue's published map in memory, and has another one made when it has changed."""

from __future__ import annotations

import asyncio
import logging
import time

from segue import telemetry
from segue.catalogues import DEFAULT_CATALOGUE, in_words
from segue.errors import MapNotFound, MapUnusable, SegueError
from segue.jobs.map_store import MapStore
from segue.query.backends import Backends
from segue.track_map import MapAbout, TrackMap

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0

QUIET_SECONDS = 30.0
"""A catalogue that changes is mapped once it has not changed for so long ..."""

LONGEST_CHANGE_SECONDS = 900.0
"""... and after so long whether it goes on changing or not."""

OLDEST_SECONDS = 86_400.0
"""A map is made again once a day: labels are corrected, tracks replaced, as many come as go."""


class Debounce:
    """Says when a catalogue that differs from its map is to be mapped.

    Parameters
    ----------
    now
        Seconds of any steady clock, here and below.
    """

    def __init__(self, now: float) -> None:
        self._tracks = -1
        self._quiet_since = now
        self._differs_since: float | None = None
        self._asked: tuple[int, int] | None = None

    def due(self, tracks: int, mapped: int, age_seconds: float, now: float) -> bool:
        """Whether a map is to be made.

        Parameters
        ----------
        tracks
            Of the catalogue now.
        mapped
            Of the catalogue when the map was made; -1: there is none.
        age_seconds
            Of the map.
        """
        if tracks != self._tracks:
            self._tracks, self._quiet_since = tracks, now
        if tracks == max(mapped, 0):
            self._differs_since = None
            return mapped > 0 and age_seconds > OLDEST_SECONDS
        if self._differs_since is None:
            self._differs_since = now
        quiet = now - self._quiet_since >= QUIET_SECONDS
        if not quiet and now - self._differs_since < LONGEST_CHANGE_SECONDS:
            return False
        # Where the two go on differing, one more map would not make them the same.
        asked, self._asked = self._asked, (tracks, mapped)
        return asked != self._asked


class MapKeeper:
    """Serves the map of a catalogue in the live space.

    Parameters
    ----------
    store
        Where the catalogue's maps are published; closed by :meth:`close`.
    automatic
        Whether another one is made when the catalogue has changed.
    catalogue
        Whose map it is.
    """

    def __init__(
        self,
        store: MapStore,
        backends: Backends,
        *,
        automatic: bool,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self.store = store
        self._catalogue = catalogue
        self._called = in_words(catalogue)
        self._automatic = automatic
        self._backends = backends
        self._loaded: tuple[MapAbout, TrackMap] | None = None
        self._debounce = Debounce(time.monotonic())
        self._problem = ""
        self._wanted_since: float | None = None

    async def keep(self) -> None:
        """Look again and again, for ever."""
        while True:
            failing = True
            try:
                unusable = await self._look_or_unusable()
                failing = await self._have_made() or unusable
            except SegueError as error:
                if str(error) != self._problem:
                    log.warning("the map of %s: %s [%s]", self._called, error, error.reason)
                self._problem = str(error)
            except Exception:
                log.exception("the map of %s could not be looked after", self._called)
            self._show(failing=failing)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> MapAbout | None:
        """Load the map that is to be served, unless it is loaded; what is said of it.

        Raises
        ------
        IndexUnavailable
            When no index is open yet.
        QueueUnavailable, MapUnusable
            When it cannot be loaded.
        """
        space = self._backends.index_in(self._catalogue).space
        version = await self.store.current_version(space)
        known = self._loaded
        if known is None or (known[0].space, known[0].version) != (space, version):
            try:
                self._loaded = await self.store.read(space, version) if version else None
            except MapNotFound:
                self._loaded = None  # removed between the two questions
        return None if self._loaded is None else self._loaded[0]

    async def served(self) -> tuple[MapAbout, TrackMap]:
        """The map.

        Raises
        ------
        MapNotFound
            When there is none yet.
        IndexUnavailable, QueueUnavailable, MapUnusable
            As :meth:`look`, where none is loaded.
        """
        if self._loaded is None:
            await self.look()
        if self._loaded is None:
            raise MapNotFound(f"there is no map of {self._called} yet")
        return self._loaded

    async def close(self) -> None:
        """Let go of connections."""
        await self.store.close()

    async def _look_or_unusable(self) -> bool:
        """Look; whether what is published cannot be used: then another one is made."""
        try:
            await self.look()
        except MapUnusable as error:
            if str(error) != self._problem:
                log.warning("the map of %s is made anew: %s", self._called, error)
            self._problem, self._loaded = str(error), None
            return True
        self._problem = ""
        return False

    async def _have_made(self) -> bool:
        """Have another map made where one is due; whether the last attempt failed."""
        about = None if self._loaded is None else self._loaded[0]
        if self._automatic:
            tracks = (await self._backends.index_in(self._catalogue).info()).tracks
            mapped = -1 if about is None else about.tracks + about.left_out
            age = 0.0 if about is None else time.time() - about.created_at
            if self._debounce.due(tracks, mapped, age, time.monotonic()):
                await self.store.tasks.want()
        work = await self.store.tasks.work()
        if not work.wanted:
            self._wanted_since = None
        elif self._wanted_since is None:
            self._wanted_since = time.time()
        return bool(work.reason)

    def _show(self, *, failing: bool) -> None:
        about = None if self._loaded is None else self._loaded[0]
        telemetry.MAP.show(
            tracks=0 if about is None else about.tracks,
            created_at=None if about is None else about.created_at,
            wanted_since=self._wanted_since,
            failing=failing,
            catalogue=self._catalogue,
        )
