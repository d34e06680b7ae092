"""Pages of tracks in an order that an engine does not have itself: by texts, and with stable ties.

An engine gives points in the order of a number, but those of one number in any order, and knows no
order of texts. So numbers of its first letters are stored beside a text. What has one number is a
*block*, and is ordered by the next number; within the last block the engine tells which texts there
are, and points in the order of their ids. A page takes two or three requests to the engine,
whatever lies before it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from segue.errors import InvalidPageToken
from segue.index.conditions import Conditions, HasLabel, IsMissing, Within, also
from segue.index.payload import Payload
from segue.index.schema import ORDER_NUMBERS, ORDER_TEXTS
from segue.track_order import TrackOrder, text_numbers
from segue.turns import Pace

ENTRIES_AT_ONCE = 256
"""Entries that are asked for at once: a few milliseconds of an engine."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A track in an order.

    Attributes
    ----------
    key
        Id of its point.
    number
        What it is ordered by, or stands for the beginning of that; None: nothing is known of it.
    text
        What it is ordered by, where that is a text.
    """

    key: UUID
    number: float | None
    text: str = ""

    def cursor(self) -> str:
        """Text that :meth:`at` reads back."""
        return json.dumps([self.number, self.text, str(self.key)], ensure_ascii=False)

    @classmethod
    def at(cls, cursor: str) -> Entry:
        """Read where a page begins.

        Raises
        ------
        InvalidPageToken
            When the cursor was not given out for a page in an order.
        """
        try:
            number, text, key = json.loads(cursor)
            return cls(UUID(key), None if number is None else float(number), str(text))
        except (ValueError, TypeError, AttributeError) as exc:
            raise InvalidPageToken(f"{cursor!r} is not a cursor of tracks in an order") from exc


@dataclass(frozen=True, slots=True)
class OrderedFields:
    """Payload fields that hold an order.

    Attributes
    ----------
    numbers
        Fields with an index that is in order; each but the first orders what is one block of those
        before it.
    text
        Field of keywords; empty where the order is by the number itself.
    """

    numbers: tuple[str, ...]
    text: str
    descending: bool

    @classmethod
    def of(cls, order: TrackOrder) -> OrderedFields:
        """Fields behind an order."""
        return cls(ORDER_NUMBERS[order.by], ORDER_TEXTS.get(order.by, ""), order.descending)

    @property
    def names(self) -> list[str]:
        """Fields that :meth:`entry` reads."""
        return [self.numbers[0], self.text] if self.text else [self.numbers[0]]

    def entry(self, key: UUID, payload: Payload) -> Entry:
        """A point in the order."""
        number = payload.get(self.numbers[0])
        text = payload.get(self.text) if self.text else None
        return Entry(key, None if number is None else float(number), text or "")

    def number(self, entry: Entry, place: int) -> float | None:
        """The number of an entry in one of the fields."""
        if not place or entry.number is None:
            return entry.number
        return text_numbers(entry.text, place + 1)[place]


class OrderedTracks(Protocol):
    """What an engine can tell of tracks in an order."""

    async def by_number(
        self, asked: Conditions, fields: OrderedFields, place: int, limit: int, start: float | None
    ) -> list[Entry]:
        """The first entries from a number on, itself included; those of one number in any order.

        Parameters
        ----------
        place
            Which of the numbers is meant.
        """
        ...

    async def by_id(
        self, asked: Conditions, fields: OrderedFields, limit: int, start: UUID | None
    ) -> list[Entry]:
        """The first entries from an id on, itself included, in the order of ids."""
        ...

    async def texts(self, field: str, asked: Conditions) -> Iterable[tuple[str, int]]:
        """Tracks per text of a field: of all that there are."""
        ...


def in_order(entries: Iterable[Entry], descending: bool) -> list[Entry]:
    """Entries in their order: ties by id, and those of which nothing is known last, either way."""
    by_id = sorted(entries, key=lambda entry: entry.key)
    known = [entry for entry in by_id if entry.number is not None]
    known.sort(key=lambda entry: (entry.number, entry.text), reverse=descending)  # ties stay
    return known + [entry for entry in by_id if entry.number is None]


async def ordered_page(
    tracks: OrderedTracks, asked: Conditions, order: TrackOrder, limit: int, after: str | None
) -> tuple[list[UUID], str | None]:
    """Ids of one page of the tracks that satisfy conditions, and the cursor of the next.

    Parameters
    ----------
    after
        Cursor of this page; None: it is the first.

    Raises
    ------
    InvalidPageToken
        When the cursor was not given out for a page in an order.
    """
    start = None if after is None else Entry.at(after)
    if asked.impossible:
        return [], None
    found = await _Reading(tracks, asked, OrderedFields.of(order)).entries(limit + 1, start)
    following = found[limit].cursor() if len(found) > limit else None
    return [entry.key for entry in found[:limit]], following


class _Reading:
    def __init__(self, tracks: OrderedTracks, asked: Conditions, fields: OrderedFields) -> None:
        self._tracks = tracks
        self._asked = asked
        self._fields = fields
        # An embedded engine holds the event loop in each call.
        self._pace = Pace()

    async def entries(self, wanted: int, start: Entry | None) -> list[Entry]:
        """So many entries from one on, itself included; fewer where there are no more."""
        found: list[Entry] = []
        if start is None or start.number is not None:
            found = await self._block(self._asked, 0, wanted, start)
            start = None
        if len(found) < wanted:
            missing = also(self._asked, IsMissing(self._fields.numbers[0]))
            unknown = await self._in_turn(missing, wanted - len(found), start)
            found += [replace(entry, number=None, text="") for entry in unknown]
        return found

    async def _block(
        self, block: Conditions, place: int, wanted: int, start: Entry | None
    ) -> list[Entry]:
        """Entries that have the same numbers in the fields before a place, from one on."""
        if place == len(self._fields.numbers):
            return await self._alike(block, wanted, start)
        found: list[Entry] = []
        number: float | None = None
        if start is not None and (at := self._fields.number(start, place)) is not None:
            found = await self._block(self._within(block, place, at), place + 1, wanted, start)
            number = self._beyond(at)
        while len(found) < wanted:
            most = min(wanted - len(found), ENTRIES_AT_ONCE)
            some = await self._tracks.by_number(block, self._fields, place, most, number)
            await self._pace.step()
            if len(some) < most:
                return found + self._sorted(some)
            # The last block may go on behind what was asked for: it is read by itself.
            number = self._fields.number(some[-1], place)
            found += self._sorted(
                entry for entry in some if self._fields.number(entry, place) != number
            )
            if number is None:  # replaced between the engine's look at its number and at the rest
                return found
            last = self._within(block, place, number)
            found += await self._block(last, place + 1, wanted - len(found), None)
            number = self._beyond(number)
        return found

    async def _alike(self, block: Conditions, wanted: int, start: Entry | None) -> list[Entry]:
        """Entries that no number tells apart, from one on."""
        field = self._fields.text
        if not field:
            return await self._in_turn(block, wanted, start)
        texts = dict(await self._tracks.texts(field, block))
        await self._pace.step()
        found: list[Entry] = []
        together: list[str] = []
        for text in sorted(texts, reverse=self._fields.descending):
            if start is not None and self._before(text, start.text):
                continue
            if start is not None and text == start.text:
                one = also(block, HasLabel(field, (text,)))
                found += await self._in_turn(one, wanted, start)
            else:
                together.append(text)
            if len(found) + sum(texts[each] for each in together) >= wanted:
                break
        *whole, last = together or [""]
        if whole:
            several = also(block, HasLabel(field, tuple(whole)))
            entries = await self._in_turn(several, sum(texts[text] for text in whole), None)
            found += self._sorted(entries)
        if together:
            one = also(block, HasLabel(field, (last,)))
            found += await self._in_turn(one, wanted - len(found), None)
        return found[:wanted]

    async def _in_turn(self, asked: Conditions, wanted: int, start: Entry | None) -> list[Entry]:
        if wanted <= 0:
            return []
        first = None if start is None else start.key
        found = await self._tracks.by_id(asked, self._fields, wanted, first)
        await self._pace.step()
        return found

    def _sorted(self, entries: Iterable[Entry]) -> list[Entry]:
        return in_order(entries, self._fields.descending)

    def _before(self, text: str, other: str) -> bool:
        return text > other if self._fields.descending else text < other

    def _within(self, block: Conditions, place: int, number: float) -> Conditions:
        return also(block, Within(self._fields.numbers[place], number, number))

    def _beyond(self, number: float) -> float:
        return math.nextafter(number, -math.inf if self._fields.descending else math.inf)
