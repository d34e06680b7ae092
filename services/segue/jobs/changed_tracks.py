"""Which tracks of a catalogue changed lately, in the queue's Redis, for whoever keeps a copy of it.

Whoever changes a track notes its id: the worker as it settles an item, in the same call, and the
query service for what its own calls change. An id says that the track may be another one, or gone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from segue.catalogues import DEFAULT_CATALOGUE
from segue.jobs.connection import StoreOnRedis
from segue.jobs.records import key_prefix
from segue.settings import QueueSettings

MOST_KEPT = 10_000
"""Of a catalogue, about; as many as ``lua/settle.lua`` keeps. Who has missed more reads all."""

_TRACK = "t"


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a position.

    Attributes
    ----------
    position
        After the last of them.
    track_ids
        Of tracks that were stored, changed or deleted.
    """

    position: str
    track_ids: frozenset[str]


class ChangedTracks(StoreOnRedis):
    """The changes of one catalogue, over Redis.

    Every method raises ``QueueUnavailable`` when Redis does not answer.

    Parameters
    ----------
    timeout_seconds
        Longest wait for one answer.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(
        self,
        queue: QueueSettings,
        *,
        timeout_seconds: float = 5.0,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        super().__init__(queue, connections=2, timeout_seconds=timeout_seconds)
        self._key = f"{key_prefix(catalogue)}changed-tracks"

    async def note(self, track_ids: Collection[str]) -> None:
        """Note that tracks may have changed, or be gone.

        Raises
        ------
        QueueFull
            When the queue's memory is full.
        """
        if len(track_ids) > MOST_KEPT:
            await self.note_all()
            return
        async with self._answers(), self._redis.pipeline(transaction=False) as pipe:
            for track_id in track_ids:
                pipe.xadd(self._key, {_TRACK: track_id}, maxlen=MOST_KEPT)
            await pipe.execute()

    async def note_all(self) -> None:
        """Note that any track may have changed: every position is lost.

        Raises
        ------
        QueueFull
            When the queue's memory is full.
        """
        async with self._answers(), self._redis.pipeline(transaction=True) as pipe:
            pipe.xtrim(self._key, maxlen=0, approximate=False)
            pipe.xadd(self._key, {_TRACK: ""})
            await pipe.execute()

    async def position(self) -> str:
        """Where the changes stand: those that are noted from now on come after it.

        Raises
        ------
        QueueFull
            When nothing was noted yet, and the queue's memory is full.
        """
        async with self._answers():
            last = cast("Any", await self._redis.xrevrange(self._key, count=1))
            if last:
                return str(last[0][0])
            return str(await self._redis.xadd(self._key, {_TRACK: ""}))

    async def since(self, position: str) -> Changes | None:
        """What changed after a position; None: nobody knows any more, or ever did."""
        if not position:
            return None
        async with self._answers():
            found = cast("Any", await self._redis.xrange(self._key, min=position))
        if not found or found[0][0] != position:
            return None
        track_ids = {fields[_TRACK] for _, fields in found[1:]} - {""}
        return Changes(str(found[-1][0]), frozenset(track_ids))
