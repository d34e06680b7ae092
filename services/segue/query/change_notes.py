"""Notes which tracks calls of this service changed, for whoever keeps a copy of the catalogue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from types import MappingProxyType

from segue.errors import SegueError
from segue.jobs.changed_tracks import ChangedTracks

log = logging.getLogger(__name__)

TOGETHER_SECONDS = 0.2
"""What changes within this time is noted together: an import changes hundreds of tracks a
second."""

PAUSE_AFTER_FAILURE_SECONDS = 2.0


class ChangeNotes:
    """Takes ids down at once, and notes them in the queue's Redis a moment later.

    A call that changed a track has changed it whether or not that can be noted. What cannot be
    noted waits, and what a kill keeps from being noted is covered by the next start: then anything
    may have changed.

    Parameters
    ----------
    stores
        Of the catalogues whose changes are noted; closed with this.
    """

    def __init__(self, stores: Mapping[str, ChangedTracks] = MappingProxyType({})) -> None:
        self._stores = stores
        self._waiting: dict[str, set[str]] = {}
        self._any_changed = set(stores)
        self._due = asyncio.Event()
        self._due.set()

    def note(self, catalogue: str, track_ids: Collection[str]) -> None:
        """Take down that tracks of a catalogue may have changed, or be gone."""
        if catalogue in self._stores and track_ids:
            self._waiting.setdefault(catalogue, set()).update(track_ids)
            self._due.set()

    async def keep(self) -> None:
        """Note what was taken down, again and again, until cancelled."""
        failing = False
        while True:
            await self._due.wait()
            await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS if failing else TOGETHER_SECONDS)
            try:
                await self._write()
                failing = False
            except SegueError as error:
                if not failing:
                    log.warning("changes of the catalogue are noted later: %s", error)
                failing = True

    async def close(self) -> None:
        """Note what waits, where that is possible, and let go of connections."""
        if self._waiting:
            with suppress(SegueError):
                await self._write()
        for store in self._stores.values():
            await store.close()

    async def _write(self) -> None:
        self._due.clear()
        try:
            for catalogue in list(self._any_changed):
                await self._stores[catalogue].note_all()
                self._any_changed.discard(catalogue)
            for catalogue in list(self._waiting):
                track_ids = self._waiting.pop(catalogue)
                try:
                    await self._stores[catalogue].note(track_ids)
                except BaseException:
                    self._waiting.setdefault(catalogue, set()).update(track_ids)
                    raise
        except BaseException:
            self._due.set()
            raise
