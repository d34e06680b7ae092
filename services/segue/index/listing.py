"""Listing, finding and counting tracks: what does not depend on the engine that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol
from uuid import UUID

from segue.index.base import IndexBase
from segue.index.conditions import Conditions, conditions, found_by
from segue.index.order import sorted_facets
from segue.index.payload import heard_counts, heard_field
from segue.index.schema import HEARD_FIELDS
from segue.index.validation import parse_cursor
from segue.tracks import (
    ONLY_HEARD,
    FacetCount,
    Track,
    TrackFilter,
    TrackSource,
    probability_from,
)


class StoredTracks(Protocol):
    """The tracks that an engine holds, in the order of their point ids, as listings ask for them.

    Nobody asks for tracks that are impossible.
    """

    async def tracks(
        self, asked: Conditions, limit: int, start: UUID | None, *, keep: bool = False
    ) -> tuple[list[Track], UUID | None]:
        """Some of the tracks that satisfy conditions, and where the next of them begin.

        Parameters
        ----------
        start
            The first id to look at.
        keep
            Whether the same are likely to be asked for again soon.
        """
        ...

    async def sources(
        self, asked: Conditions, limit: int, start: UUID | None
    ) -> tuple[list[TrackSource], UUID | None]:
        """As :meth:`tracks`, reading no more than where they came from."""
        ...

    async def labels(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        """Tracks per label of a keyword field, in any order."""
        ...

    async def count(self, asked: Conditions) -> int:
        """Number of tracks."""
        ...


class ListedIndex(IndexBase):
    """An index whose engine holds tracks that can be listed.

    Attributes
    ----------
    _stored
        What it holds; set when the index is made.
    """

    _stored: StoredTracks

    async def find(
        self,
        words: str,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
    ) -> tuple[list[Track], str | None]:
        """One page of the tracks that have each of the words."""
        start = _start(after)
        asked = found_by(where, words)
        if asked.impossible:
            return [], None
        found, following = await self._stored.tracks(asked, limit, start, keep=True)
        return found, _cursor(following)

    async def list_tracks(
        self, *, limit: int, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> tuple[list[Track], str | None]:
        """One page of tracks."""
        start = _start(after)
        asked = conditions(where)
        if asked.impossible:
            return [], None
        found, following = await self._stored.tracks(asked, limit, start)
        return found, _cursor(following)

    async def list_sources(
        self, *, limit: int, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> tuple[list[TrackSource], str | None]:
        """One page of the sources of tracks."""
        start = _start(after)
        asked = conditions(where)
        if asked.impossible:
            return [], None
        found, following = await self._stored.sources(asked, limit, start)
        return found, _cursor(following)

    async def facets(
        self, where: TrackFilter = TrackFilter(), *, minimum_probability: float | None = None
    ) -> Mapping[str, list[FacetCount]]:
        """Tracks per label, given and heard."""
        asked = conditions(where)
        counts: dict[str, list[FacetCount]] = {}
        for name in HEARD_FIELDS:
            minimum = probability_from(name, minimum_probability)
            if name not in ONLY_HEARD:
                counts[name] = sorted_facets(await self._labels(name, asked))
            heard = await self._labels(heard_field(name, minimum), asked)
            counts[f"predicted_{name}"] = sorted_facets(heard_counts(name, heard, minimum))
        return counts

    async def count(self, where: TrackFilter) -> int:
        """Number of tracks that satisfy a filter."""
        asked = conditions(where)
        return 0 if asked.impossible else await self._stored.count(asked)

    async def _labels(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        return () if asked.impossible else await self._stored.labels(field, asked)


def _start(after: str | None) -> UUID | None:
    return None if after is None else parse_cursor(after)


def _cursor(following: UUID | None) -> str | None:
    return None if following is None else str(following)
