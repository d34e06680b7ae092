"""Work on many tracks in slices, which block the event loop, or a server, only briefly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def slices(entries: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut entries into lists of so many; the last one may be shorter."""
    iterator = iter(entries)
    while piece := list(islice(iterator, size)):
        yield piece
