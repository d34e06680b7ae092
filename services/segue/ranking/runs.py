"""How many by one artist follow each other. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def broken_runs(
    artists: Sequence[Collection[str]],
    most: int,
    *,
    limit: int,
    before: Sequence[Collection[str]] = (),
) -> tuple[list[int], frozenset[str]]:
    """Places in an order in which no artist has more than ``most`` one after the other.

    What would be one too many waits until something else was between; all else keeps its order.
    Where nothing else is left, the run goes on.

    Parameters
    ----------
    artists
        Of each place; a place without artists ends every run.
    most
        At least 1.
    limit
        Ends after so many places.
    before
        Artists of what comes before the first, oldest first: of the last ``most`` at least.

    Returns
    -------
    tuple
        The places, and the artists whose runs went on first, for want of anything else; empty when
        none had to.
    """
    runs: dict[str, int] = {}
    for names in before:
        runs = _after(runs, names)
    left = list(range(len(artists)))
    order: list[int] = []
    stuck: frozenset[str] = frozenset()
    while left and len(order) < limit:
        fitting = (
            index
            for index, place in enumerate(left)
            if all(runs.get(name, 0) < most for name in artists[place])
        )
        index = next(fitting, None)
        if index is None:
            stuck = stuck or frozenset(name for name, run in runs.items() if run >= most)
            index = 0
        place = left.pop(index)
        order.append(place)
        runs = _after(runs, artists[place])
    return order, stuck


def _after(runs: dict[str, int], names: Collection[str]) -> dict[str, int]:
    return {name: runs.get(name, 0) + 1 for name in names}
