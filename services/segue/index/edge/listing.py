"""Tracks of the embedded index as listings ask for them; fulfils ``StoredTracks``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from segue.index.conditions import Conditions
from segue.index.edge.reading import Reader
from segue.index.edge.shard import Shard
from segue.index.ordering import Entry, OrderedFields
from segue.index.payload import SOURCE_FIELDS, source_from_payload
from segue.index.slices import slices
from segue.tracks import Track, TrackSource
from segue.turns import Pace

SOURCE_SLICE = 128
"""Tracks whose sources are read at once: about 2 ms."""


class TracksOnDisk:
    """The tracks of a space.

    What is asked for is looked up once for a page; its tracks are read in slices.

    Parameters
    ----------
    shard
        The collection of tracks.
    reader
        Reads it.
    """

    def __init__(self, shard: Shard, reader: Reader) -> None:
        self._shard = shard
        self._reader = reader

    async def tracks(
        self, asked: Conditions, limit: int, start: UUID | None, *, keep: bool = False
    ) -> tuple[list[Track], UUID | None]:
        """Some tracks, and where the next begin."""
        keys, following = self._keys(asked, limit, start)
        return await self.tracks_of(keys, keep=keep), following

    async def sources(
        self, asked: Conditions, limit: int, start: UUID | None
    ) -> tuple[list[TrackSource], UUID | None]:
        """Where some tracks came from, and where the next begin."""
        keys, following = self._keys(asked, limit, start)
        return await self.sources_of(keys), following

    async def tracks_of(self, keys: Sequence[UUID], *, keep: bool = False) -> list[Track]:
        """Those of some tracks that exist."""
        found = await self._reader.tracks(keys, keep=keep)
        return [track for track in found if track is not None]

    async def sources_of(self, keys: Sequence[UUID]) -> list[TrackSource]:
        """Where those of some tracks that exist came from."""
        found: list[TrackSource] = []
        pace = Pace()
        for piece in slices(keys, SOURCE_SLICE):
            stored = self._shard.payloads(piece, SOURCE_FIELDS)
            found += [source_from_payload(stored[key]) for key in piece if key in stored]
            await pace.step()
        return found

    async def by_number(
        self, asked: Conditions, fields: OrderedFields, place: int, limit: int, start: float | None
    ) -> list[Entry]:
        """The first entries from a number on."""
        records = self._shard.by_number(
            fields.numbers[place],
            limit,
            start,
            self._shard.filter(asked),
            descending=fields.descending,
            payload=fields.names,
        )
        return [fields.entry(key, payload) for key, payload in records]

    async def by_id(
        self, asked: Conditions, fields: OrderedFields, limit: int, start: UUID | None
    ) -> list[Entry]:
        """The first entries from an id on."""
        records, _ = self._shard.page(limit, start, self._shard.filter(asked), payload=fields.names)
        return [fields.entry(key, payload) for key, payload in records]

    async def texts(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        """Tracks per text."""
        return await self.labels(field, asked)

    async def labels(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        """Tracks per label."""
        return self._shard.facet(field, self._shard.filter(asked))

    async def count(self, asked: Conditions) -> int:
        """Number of tracks."""
        return self._shard.count(self._shard.filter(asked))

    def _keys(
        self, asked: Conditions, limit: int, start: UUID | None
    ) -> tuple[Sequence[UUID], UUID | None]:
        records, following = self._shard.page(
            limit, start, self._shard.filter(asked), payload=False
        )
        return [key for key, _ in records], following
