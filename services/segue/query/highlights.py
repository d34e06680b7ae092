"""Which passage of an answer is most like the seeds, where whole tracks were compared."""

from __future__ import annotations

from collections.abc import Sequence

from segue.index.port import TrackIndex
from segue.query.scoring import Ranked
from segue.query.seeds import Queries
from segue.query.similarities import by_passages
from segue.tracks import Passage


async def highlights(
    index: TrackIndex, queries: Queries, answers: Sequence[Ranked]
) -> dict[str, Passage]:
    """The best passage of each of the answers that has some and shows none, by track id.

    Parameters
    ----------
    queries
        Shape (n, dimension): what stored passages are multiplied by; the best of any counts.
    """
    names = [one.neighbour.track.track_id for one in answers if not one.neighbour.passages]
    segments = await index.passages(names) if names else {}
    with_some = [name for name in names if segments.get(name)]
    compared = by_passages(queries, [segments[name] for name in with_some])
    found: dict[str, Passage] = {}
    for row, name in enumerate(with_some):
        passage = compared.passage(row, int(compared.values[row].argmax()))
        if passage is not None:
            found[name] = passage
    return found
