"""Published maps, in the queue's Redis: the one place that all query services read them from.

Each catalogue, and each embedding space of it, has its own; those of the two spaces of a catalogue
that were mapped last are kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import cast

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import MapInUse, MapNotFound, MapUnusable
from segue.jobs.connection import StoreOnRedis
from segue.jobs.map_tasks import MapTasks
from segue.jobs.published_versions import Published, WholeVersions, new_version
from segue.jobs.records import key_prefix
from segue.settings import QueueSettings
from segue.track_map import MapAbout, TrackMap, map_from_bytes, map_to_bytes

MOST_BYTES = 48 * 1024 * 1024
"""Of one version; 50,000 tracks take some three MiB."""

SPACES = 2

_TIMEOUT_SECONDS = 10.0


class MapStore(StoreOnRedis):
    """Versions of the map of one catalogue, over Redis, and what is done about the next one.

    Every method raises ``QueueUnavailable`` when Redis does not answer.

    Parameters
    ----------
    timeout_seconds
        Longest wait for one answer.
    catalogue
        Whose map it is.

    Attributes
    ----------
    tasks
        The making of maps.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(
        self,
        queue: QueueSettings,
        *,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        super().__init__(queue, connections=2, timeout_seconds=timeout_seconds, binary=True)
        self._key = f"{key_prefix(catalogue)}map:"
        self._spaces_key = f"{self._key}spaces"
        self.tasks = MapTasks(self._redis, timeout_seconds=timeout_seconds, catalogue=catalogue)

    async def publish(self, one: TrackMap, about: MapAbout) -> MapAbout:
        """Publish a version and serve it: all of it at once, or nothing.

        What was served before stays for those who are reading it; all others go.

        Parameters
        ----------
        about
            Its version, labels and size are set here.

        Raises
        ------
        MapUnusable
            When it takes more than ``MOST_BYTES``.
        QueueFull
            When the queue's memory is full.
        """
        packed = await asyncio.to_thread(map_to_bytes, one)
        if len(packed) > MOST_BYTES:
            raise MapUnusable(
                f"the map takes {len(packed) / 2**20:.1f} MiB, and may take {MOST_BYTES >> 20}",
                next_step="Lower SEGUE_MAP_TRACKS of the workers.",
            )
        whole = replace(
            about,
            version=new_version(),
            size_bytes=len(packed),
            labels=list(one.colours.labels),
        )
        await self._versions(about.space).publish(
            whole.version,
            whole.to_json(),
            packed,
            lambda pipe: pipe.zadd(self._spaces_key, {about.space: whole.created_at}),
        )
        await self._clear_old_spaces()
        return whole

    async def current_version(self, space: str) -> str:
        """Name of the version that is served of a space; empty when there is none."""
        return await self._versions(space).current()

    async def about(self, space: str, version: str) -> MapAbout:
        """What is said of a version.

        Raises
        ------
        MapNotFound
            When there is none of this name.
        MapUnusable
            When a later version of Segue wrote it.
        """
        return await self._versions(space).about(version)

    async def read(self, space: str, version: str) -> tuple[MapAbout, TrackMap]:
        """What is said of a version, and the map itself.

        Raises
        ------
        MapNotFound
            When there is none of this name, or it was removed meanwhile.
        MapUnusable
            When it is damaged, or of another version of Segue.
        """
        about, found = await self._versions(space).read(version)
        return about, await asyncio.to_thread(map_from_bytes, found)

    async def _clear_old_spaces(self) -> None:
        async with self._answers():
            spaces = await cast(
                "Awaitable[list[bytes]]", self._redis.zrange(self._spaces_key, 0, -1)
            )
        for old in [name.decode() for name in spaces[:-SPACES]]:
            versions = self._versions(old)
            await versions.clear_all_but((), partial(versions.remove, current=True))
            async with self._answers():
                await self._redis.zrem(self._spaces_key, old)

    def _versions(self, space: str) -> WholeVersions[MapAbout]:
        published = Published(
            f"{self._key}{space}:", "the map", MapAbout.from_json, MapNotFound, MapInUse
        )
        return WholeVersions(self._redis, published, timeout_seconds=self._timeout_seconds)
