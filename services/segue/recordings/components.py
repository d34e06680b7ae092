"""From pairs that are the same recording to groups, in a way that no order of ingest changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from segue.tracks import track_point_id


def recording_name(track_ids: Iterable[str]) -> str:
    """What the tracks of a group have in common: it follows from the least of their ids."""
    return str(track_point_id(min(track_ids)))


async def components(
    track_ids: Iterable[str],
    neighbours: Callable[[str, set[str]], Awaitable[Iterable[str]]],
    *,
    most: int | None = None,
) -> AsyncIterator[set[str]]:
    """Groups that these tracks are in, each once; a track alone is a group of one.

    Parameters
    ----------
    neighbours
        Gives the tracks that are the same recording as one track, except those in the set, which
        are known to be in its group. It has to be symmetric.
    most
        Of a group with so many tracks no further neighbours are asked for: it may be cut in pieces,
        in ways that hang on the order. None: none is.
    """
    placed: set[str] = set()
    for first in track_ids:
        if first in placed:
            continue
        group = {first}
        waiting = [first]
        while waiting and (most is None or len(group) < most):
            found = set(await neighbours(waiting.pop(), group)) - group - placed
            group |= found
            waiting += sorted(found)
        placed |= group
        yield group
