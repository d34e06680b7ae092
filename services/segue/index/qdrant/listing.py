"""Tracks on a Qdrant server as listings ask for them; fulfils ``StoredTracks``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from qdrant_client import AsyncQdrantClient, models

from segue.index.conditions import Conditions
from segue.index.ordering import Entry, OrderedFields
from segue.index.payload import (
    NOT_OF_A_TRACK,
    SOURCE_FIELDS,
    Payload,
    source_from_payload,
    track_from_payload,
)
from segue.index.qdrant.collections import collection_filter, server_errors
from segue.index.schema import TRACKS
from segue.tracks import Track, TrackSource

MOST_LABELS = 10_000
"""Labels counted per facet."""

MOST_TEXTS = 100_000
"""Texts with the same first letters, of all tracks that satisfy a filter."""

ALL_OF_A_TRACK = models.PayloadSelectorExclude(exclude=NOT_OF_A_TRACK)
"""What :func:`track_from_payload` reads."""


class TracksOnServer:
    """The tracks of a space.

    Parameters
    ----------
    client
        Connected client; it stays open.
    collection
        Name of the collection of tracks.
    timeout_seconds
        Longest wait for one answer.
    """

    def __init__(self, client: AsyncQdrantClient, collection: str, timeout_seconds: float) -> None:
        self._client = client
        self._collection = collection
        self._timeout = timeout_seconds

    async def tracks(
        self, asked: Conditions, limit: int, start: UUID | None, *, keep: bool = False
    ) -> tuple[list[Track], UUID | None]:
        """Some tracks, and where the next begin; the server itself keeps what is read often."""
        del keep
        payloads, following = await self._page(asked, limit, start, ALL_OF_A_TRACK)
        return list(map(track_from_payload, payloads)), following

    async def sources(
        self, asked: Conditions, limit: int, start: UUID | None
    ) -> tuple[list[TrackSource], UUID | None]:
        """Where some tracks came from, and where the next begin."""
        payloads, following = await self._page(asked, limit, start, SOURCE_FIELDS)
        return list(map(source_from_payload, payloads)), following

    async def tracks_of(self, keys: Sequence[UUID], *, keep: bool = False) -> list[Track]:
        """Those of some tracks that exist."""
        del keep
        return list(map(track_from_payload, await self._stored(keys, ALL_OF_A_TRACK)))

    async def sources_of(self, keys: Sequence[UUID]) -> list[TrackSource]:
        """Where those of some tracks that exist came from."""
        return list(map(source_from_payload, await self._stored(keys, SOURCE_FIELDS)))

    async def by_number(
        self, asked: Conditions, fields: OrderedFields, place: int, limit: int, start: float | None
    ) -> list[Entry]:
        """The first entries from a number on."""
        direction = models.Direction.DESC if fields.descending else models.Direction.ASC
        async with server_errors("listing", self._timeout):
            found: Any = await self._client.scroll(
                self._collection,
                scroll_filter=collection_filter(TRACKS, asked),
                limit=limit,
                order_by=models.OrderBy(
                    key=fields.numbers[place], direction=direction, start_from=start
                ),
                with_payload=fields.names,
                with_vectors=False,
            )
        records, _ = found
        return [fields.entry(_key(record), record.payload or {}) for record in records]

    async def by_id(
        self, asked: Conditions, fields: OrderedFields, limit: int, start: UUID | None
    ) -> list[Entry]:
        """The first entries from an id on."""
        records, _ = await self._scrolled(asked, limit, start, fields.names)
        return [fields.entry(_key(record), record.payload or {}) for record in records]

    async def texts(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        """Tracks per text."""
        return await self._counted(field, asked, MOST_TEXTS)

    async def labels(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        """Tracks per label."""
        return await self._counted(field, asked, MOST_LABELS)

    async def count(self, asked: Conditions) -> int:
        """Number of tracks."""
        async with server_errors("counting", self._timeout):
            matching = collection_filter(TRACKS, asked)
            answer = await self._client.count(self._collection, count_filter=matching, exact=True)
        return answer.count

    async def _counted(self, field: str, asked: Conditions, most: int) -> Iterable[tuple[str, int]]:
        async with server_errors("counting labels", self._timeout):
            answer = await self._client.facet(
                self._collection,
                field,
                facet_filter=collection_filter(TRACKS, asked),
                limit=most,
                exact=True,
            )
        return [(str(hit.value), hit.count) for hit in answer.hits]

    async def _stored(
        self, keys: Sequence[UUID], payload: list[str] | models.PayloadSelectorExclude
    ) -> list[Payload]:
        if not keys:
            return []
        async with server_errors("reading", self._timeout):
            records = await self._client.retrieve(
                self._collection, list(map(str, keys)), with_payload=payload, with_vectors=False
            )
        found = {_key(record): record.payload or {} for record in records}
        return [found[key] for key in keys if key in found]

    async def _page(
        self,
        asked: Conditions,
        limit: int,
        start: UUID | None,
        payload: list[str] | models.PayloadSelectorExclude,
    ) -> tuple[list[Payload], UUID | None]:
        records, following = await self._scrolled(asked, limit, start, payload)
        return [record.payload or {} for record in records], following

    async def _scrolled(
        self,
        asked: Conditions,
        limit: int,
        start: UUID | None,
        payload: list[str] | models.PayloadSelectorExclude,
    ) -> tuple[list[models.Record], UUID | None]:
        async with server_errors("listing", self._timeout):
            found: Any = await self._client.scroll(
                self._collection,
                scroll_filter=collection_filter(TRACKS, asked),
                limit=limit,
                offset=None if start is None else str(start),
                with_payload=payload,
                with_vectors=False,
            )
        records, following = found
        return records, None if following is None else UUID(str(following))


def _key(record: models.Record) -> UUID:
    return UUID(str(record.id))
