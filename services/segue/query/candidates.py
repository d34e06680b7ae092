"""Candidates of a search: tracks in the order of its seeds, before anything is varied or mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from segue.index.order import clipped
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.tracks import (
    Granularity,
    Matrix,
    Neighbour,
    Passage,
    Segment,
    Track,
    TrackFilter,
    Vector,
)

MOST_DROPPED = 8
"""Up to so many seeds are dropped from an answer that is longer by as many; to read more tracks in
vain costs more than a filter that the graph is searched under."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownSeeds:
    """What is known of the seeds of one search.

    Attributes
    ----------
    track_ids
        Tracks that are seeds, or parts of one: never among the answers.
    tracks
        Those of them that stand for the seeds, as the catalogue holds them; empty where nobody
        asked for them.
    vector
        The one song vector that is compared, shape (dimension,), of unit length, before sound and
        style are weighed; None where there are several or none (in the genre space), or nobody
        asked for it.
    towards
        Shape (n, dimension): all vectors that count for, as ``vector``. None where there are none,
        each passage is compared by itself, or nobody asked for them.
    unknown
        Seeds that were passed over, by name, such as "track x1".
    against_ids
        Those of ``track_ids`` that only seeds against are made of.
    several
        Whether there is more than one seed.
    """

    track_ids: frozenset[str] = frozenset()
    tracks: tuple[Track, ...] = ()
    vector: Vector | None = None
    towards: Matrix | None = None
    unknown: tuple[str, ...] = ()
    against_ids: frozenset[str] = frozenset()
    several: bool = False

    @property
    def towards_ids(self) -> frozenset[str]:
        """Tracks that seeds for are made of."""
        return self.track_ids - self.against_ids


class Candidates(Protocol):
    """Tracks in the order of the seeds of one search."""

    @property
    def seeds(self) -> KnownSeeds:
        """What is known of the seeds."""
        ...

    @property
    def engine_searches(self) -> int:
        """Searches that the engine was asked for so far."""
        ...

    async def nearest(
        self, limit: int, where: TrackFilter, *, with_vectors: bool = False
    ) -> list[Neighbour]:
        """The ``limit`` best tracks, best first, ties by rising track id.

        It may be called again with a larger limit or another filter.

        Raises
        ------
        InvalidVector, TrackNotFound, GenreSpaceMissing, IndexUnavailable
            As ``TrackIndex.search_many``.
        """
        ...

    async def among(self, track_ids: Sequence[str], where: TrackFilter) -> list[Neighbour]:
        """The exact similarity of just these tracks, of those that satisfy ``where``; best first.

        Raises
        ------
        InvalidVector, IndexUnavailable
            As ``TrackIndex.search_many``.
        """
        ...


class NearestToOne:
    """Candidates by their similarity to one vector, or to a stored track.

    Parameters
    ----------
    vector
        None: that of the stored track ``track_id``, which the engine looks up by itself.
    scale
        What the engine's cosine is multiplied by: the length of a query whose halves were weighed.
    whole
        As that of ``IndexQuery``.

    Attributes
    ----------
    passages_each
        Most passages that an answer shows, where passages are compared.
    """

    def __init__(
        self,
        index: TrackIndex,
        seeds: KnownSeeds,
        vector: Vector | None,
        *,
        track_id: str = "",
        granularity: Granularity = Granularity.TRACKS,
        scale: float = 1.0,
        whole: bool = True,
    ) -> None:
        self._index = index
        self._seeds = seeds
        self._query = IndexQuery(vector, 0, track_id=track_id, granularity=granularity, whole=whole)
        self._scale = scale
        self.passages_each = 1
        self.engine_searches = 0

    @property
    def seeds(self) -> KnownSeeds:
        return self._seeds

    def compared(self, segments: Sequence[Segment]) -> list[Passage]:
        """Passages of a track by their similarity to the vector, best first."""
        if self._query.vector is None:
            raise ValueError("the vector of a stored track was not read")
        query = self._query.vector.astype(np.float64)
        query *= self._scale / np.linalg.norm(query)
        found = [
            Passage(
                one.start_seconds,
                one.end_seconds,
                clipped(float(np.float32(query @ one.vector.astype(np.float64)))),
            )
            for one in segments
        ]
        return sorted(found, key=lambda one: (-one.similarity, one.start_seconds))

    async def nearest(
        self, limit: int, where: TrackFilter, *, with_vectors: bool = False
    ) -> list[Neighbour]:
        wanted, left = self._wanted(limit, where, with_vectors=with_vectors)
        (found,) = await self._index.search_many([wanted])
        self.engine_searches += 1
        return self._answered(found, left)

    async def among(self, track_ids: Sequence[str], where: TrackFilter) -> list[Neighbour]:
        asked = [one for one in dict.fromkeys(track_ids) if one not in self._seeds.track_ids]
        if not asked:
            return []
        only = only_these(where, asked)
        (found,) = await self._index.search_many(
            [
                replace(
                    self._query,
                    limit=len(asked),
                    where=only,
                    exact=True,
                    passages_each=self.passages_each,
                )
            ]
        )
        self.engine_searches += 1
        return self._answered(found, len(asked))

    def _wanted(
        self, limit: int, where: TrackFilter, *, with_vectors: bool = False
    ) -> tuple[IndexQuery, int]:
        """What the engine is asked for, and how many of its answers stay."""
        more, without_seeds = leave_out(self._seeds.track_ids - {self._query.track_id}, where)
        asked = replace(
            self._query,
            limit=limit + more,
            where=without_seeds,
            with_vectors=with_vectors,
            passages_each=self.passages_each,
        )
        return asked, limit

    def _answered(self, found: Sequence[Neighbour], limit: int) -> list[Neighbour]:
        left = [one for one in found if one.track.track_id not in self._seeds.track_ids][:limit]
        return left if self._scale == 1.0 else [scaled(one, self._scale) for one in left]


def leave_out(track_ids: frozenset[str], where: TrackFilter) -> tuple[int, TrackFilter]:
    """How to keep tracks out of an answer: by so many answers more to drop, or by the filter."""
    if len(track_ids) <= MOST_DROPPED:
        return len(track_ids), where
    excluded = tuple(sorted(track_ids.union(where.exclude_track_ids)))
    return 0, replace(where, exclude_track_ids=excluded)


def only_these(where: TrackFilter, track_ids: Sequence[str]) -> TrackFilter:
    """The filter, for no tracks but these."""
    allowed = track_ids
    if where.only_track_ids is not None:
        within = frozenset(where.only_track_ids)
        allowed = [one for one in track_ids if one in within]
    return replace(where, only_track_ids=tuple(allowed))


def scaled(neighbour: Neighbour, scale: float) -> Neighbour:
    """A neighbour whose similarities are multiplied."""
    return replace(
        neighbour,
        similarity=clipped(neighbour.similarity * scale),
        passages=tuple(
            replace(one, similarity=clipped(one.similarity * scale)) for one in neighbour.passages
        ),
    )
