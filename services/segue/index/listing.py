"""Listing, finding and counting tracks: what does not depend on the engine that holds them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from segue.index.base import IndexBase
from segue.index.conditions import (
    Conditions,
    IsMissing,
    Within,
    also,
    conditions,
    found_by,
)
from segue.index.order import sorted_facets
from segue.index.ordering import OrderedFields, OrderedTracks, ordered_page
from segue.index.payload import heard_counts, heard_field
from segue.index.schema import HEARD_FIELDS, ORDER_NUMBERS
from segue.index.validation import parse_cursor
from segue.ranges import (
    DURATION_BOUNDS,
    MOST_RANGES,
    CountedRange,
    CountedRanges,
    decade_of,
    ranges_of,
)
from segue.track_order import TrackOrder
from segue.tracks import (
    ONLY_HEARD,
    FacetCount,
    Track,
    TrackFilter,
    TrackSource,
    probability_from,
)
from segue.turns import Pace


class StoredTracks(OrderedTracks, Protocol):
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

    async def tracks_of(self, keys: Sequence[UUID], *, keep: bool = False) -> list[Track]:
        """Those of some tracks that exist, in their order."""
        ...

    async def sources_of(self, keys: Sequence[UUID]) -> list[TrackSource]:
        """As :meth:`tracks_of`, reading no more than where they came from."""
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
        order: TrackOrder | None = None,
    ) -> tuple[list[Track], str | None]:
        """One page of the tracks that have each of the words."""
        return await self._tracks_page(found_by(where, words), limit, after, order, keep=True)

    async def list_tracks(
        self,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
    ) -> tuple[list[Track], str | None]:
        """One page of tracks."""
        return await self._tracks_page(conditions(where), limit, after, order, keep=False)

    async def list_sources(
        self,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
    ) -> tuple[list[TrackSource], str | None]:
        """One page of the sources of tracks."""
        asked = conditions(where)
        if order is not None:
            keys, cursor = await ordered_page(self._stored, asked, order, limit, after)
            return await self._stored.sources_of(keys), cursor
        start = _start(after)
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
        pace = Pace()
        for name in HEARD_FIELDS:
            minimum = probability_from(name, minimum_probability)
            if name not in ONLY_HEARD:
                counts[name] = sorted_facets(await self._labels(name, asked))
            heard = await self._labels(heard_field(name, minimum), asked)
            counts[f"predicted_{name}"] = sorted_facets(heard_counts(name, heard, minimum))
            await pace.step()
        return counts

    async def ranges(
        self, number: str, where: TrackFilter = TrackFilter(), asked: Sequence[CountedRange] = ()
    ) -> CountedRanges:
        """Tracks in ranges of a number."""
        within = conditions(where)
        ranges = list(asked)
        if within.impossible:
            nothing = ranges or ranges_of(() if number == "year" else DURATION_BOUNDS)
            return CountedRanges(nothing, 0)
        if not ranges:
            ranges = await self._decades(within) if number == "year" else ranges_of(DURATION_BOUNDS)
        counted: list[CountedRange] = []
        pace = Pace()
        for one in ranges:
            tracks = await self._stored.count(also(within, _in_range(number, one)))
            counted.append(replace(one, tracks=tracks))
            await pace.step()
        return CountedRanges(
            counted, await self._stored.count(also(within, IsMissing(_field_of(number))))
        )

    async def _decades(self, within: Conditions) -> list[CountedRange]:
        """The decades of the tracks, rising; beyond ``MOST_RANGES`` the first holds the rest."""
        falling = OrderedFields.of(TrackOrder("year", descending=True))
        decades: list[CountedRange] = []
        before: float | None = None
        while found := await self._stored.by_number(within, falling, 0, 1, before):
            decade = decade_of(found[0].number or 0.0)
            if len(decades) == MOST_RANGES:
                rising = OrderedFields.of(TrackOrder("year"))
                for oldest in await self._stored.by_number(within, rising, 0, 1, None):
                    first = decade_of(oldest.number or 0.0)
                    decades[-1] = replace(decades[-1], minimum=first.minimum)
                break
            decades.append(decade)
            before = math.nextafter(decade.minimum, -math.inf)
        return decades[::-1]

    async def count(self, where: TrackFilter) -> int:
        """Number of tracks that satisfy a filter."""
        asked = conditions(where)
        return 0 if asked.impossible else await self._stored.count(asked)

    async def _tracks_page(
        self,
        asked: Conditions,
        limit: int,
        after: str | None,
        order: TrackOrder | None,
        *,
        keep: bool,
    ) -> tuple[list[Track], str | None]:
        if order is not None:
            keys, cursor = await ordered_page(self._stored, asked, order, limit, after)
            return await self._stored.tracks_of(keys, keep=keep), cursor
        start = _start(after)
        if asked.impossible:
            return [], None
        found, following = await self._stored.tracks(asked, limit, start, keep=keep)
        return found, _cursor(following)

    async def _labels(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        return () if asked.impossible else await self._stored.labels(field, asked)


def _in_range(number: str, one: CountedRange) -> Within:
    return Within(_field_of(number), one.minimum, one.maximum)


def _field_of(number: str) -> str:
    (field,) = ORDER_NUMBERS[number]
    return field


def _start(after: str | None) -> UUID | None:
    return None if after is None else parse_cursor(after)


def _cursor(following: UUID | None) -> str | None:
    return None if following is None else str(following)
