"""The order in which every adapter answers: neighbours, their ties, facets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from segue.tracks import FacetCount, Neighbour

MOST_TIES = 4_096
"""Equally similar answers looked at behind the limit, to choose among them by track id."""


def ranked(neighbours: list[Neighbour], limit: int) -> list[Neighbour]:
    """Sort by falling similarity, ties by rising track id, and keep ``limit``."""
    neighbours.sort(key=lambda one: (-one.similarity, one.track.track_id))
    return neighbours[:limit]


def clipped(similarity: float) -> float:
    """A cosine within [-1, 1]: rounding takes equal vectors a little above 1."""
    return similarity if -1.0 <= similarity <= 1.0 else min(1.0, max(-1.0, similarity))


def fetch_sizes(limit: int) -> Iterator[int]:
    """How many answers to ask an engine for: one more than wanted, then ever more.

    Take the next size while :func:`past_ties` says that ties go on behind the answer.
    """
    behind = 1
    while True:
        yield limit + behind
        behind *= 16


def past_ties(scores: Sequence[float], limit: int, fetch: int) -> bool:
    """Say whether an answer of ``fetch`` scores holds every tie across the limit.

    Ties are exact: an engine computes the similarity of equal vectors in one and the same way.
    """
    return (
        len(scores) < fetch or scores[fetch - 1] < scores[limit - 1] or fetch >= limit + MOST_TIES
    )


def sorted_facets(counts: Iterable[tuple[str, int]]) -> list[FacetCount]:
    """Facets in their order: the largest first, then by label."""
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    return [FacetCount(label, number) for label, number in ordered if number]
