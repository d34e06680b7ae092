"""The index port: what every vector index can do.

Adapters: ``edge`` (embedded engine), ``qdrant`` (server), ``exact`` (brute force, the oracle of the
tests). ``segue.index.remote`` fulfils only :class:`TrackStore`, by way of CatalogService.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from segue.tracks import (
    EmbeddedTrack,
    FacetCount,
    Granularity,
    Neighbour,
    Track,
    TrackFilter,
    TrackMetadata,
    TrackSource,
    Vector,
)


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """State of an index.

    Attributes
    ----------
    tracks, segments
        Number of stored vectors of each kind.
    unindexed
        Song vectors that no graph covers yet: they are found by scanning.
    """

    space: str
    dimension: int
    tracks: int
    segments: int
    unindexed: int = 0


class TrackStore(Protocol):
    """Writing side: all that an ingest worker needs."""

    async def upsert(self, tracks: Sequence[EmbeddedTrack]) -> None:
        """Store tracks, replacing those with the same id together with all their segments.

        When it returns, the tracks survive a crash of the process.

        Raises
        ------
        SpaceMismatch
            When a track's space is not the index's.
        InvalidVector
            When a vector has the wrong length, is not finite, or has no direction.
        IndexUnavailable
            When the engine does not answer.
        """
        ...

    async def insert(self, tracks: Sequence[EmbeddedTrack]) -> set[str]:
        """Store those of the tracks that do not exist yet, as :meth:`upsert` does.

        On a Qdrant server another writer may store a track at the same moment; the last one wins.

        Returns
        -------
        set
            Ids of the tracks that existed: they stay as they were.

        Raises
        ------
        SpaceMismatch, InvalidVector, IndexUnavailable
            As :meth:`upsert`, also for a track that exists.
        """
        ...

    async def get(self, track_ids: Sequence[str]) -> dict[str, Track]:
        """Those of the tracks that exist, by id."""
        ...

    async def move(self, sources: Mapping[str, str]) -> set[str]:
        """Replace the source of tracks, by id, and leave all else as it is.

        Returns
        -------
        set
            Ids of those that exist.
        """
        ...

    async def close(self) -> None:
        """Make everything durable and let go of files and connections."""
        ...


class TrackIndex(TrackStore, Protocol):
    """One embedding space's tracks and segments."""

    @property
    def space(self) -> str:
        """Name of the embedding space, ``<model>-v<version>``."""
        ...

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        ...

    async def existing(self, track_ids: Collection[str]) -> set[str]:
        """Ids of those of the tracks that exist; much cheaper than :meth:`get`."""
        ...

    async def delete(self, track_ids: Sequence[str]) -> int:
        """Delete tracks and their segments; unknown ones are passed over.

        Returns
        -------
        int
            Number of tracks that existed.
        """
        ...

    async def update_metadata(self, track_id: str, metadata: TrackMetadata) -> Track:
        """Replace a track's metadata (on its segments too) and leave its vectors alone.

        Raises
        ------
        TrackNotFound
            When there is no such track.
        """
        ...

    async def vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        """Song vectors of those of the tracks that exist, by id."""
        ...

    async def search(
        self,
        vector: Vector,
        *,
        limit: int,
        where: TrackFilter = TrackFilter(),
        granularity: Granularity = Granularity.TRACKS,
        exact: bool = False,
    ) -> list[Neighbour]:
        """The ``limit`` most similar tracks that satisfy ``where``.

        The filter acts inside the graph search. With ``PASSAGES`` each track counts once, by its
        most similar passage. Sorted by falling similarity, ties by rising track id.

        Raises
        ------
        InvalidVector
            When the vector has the wrong length, is not finite, or has no direction.
        IndexUnavailable
            When the engine does not answer in time.
        """
        ...

    async def list_tracks(
        self, *, limit: int, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> tuple[list[Track], str | None]:
        """One page of tracks, in a stable order.

        Returns
        -------
        tuple
            The tracks, and the cursor of the next page (None: this is the last).
        """
        ...

    async def list_sources(
        self, *, limit: int, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> tuple[list[TrackSource], str | None]:
        """As :meth:`list_tracks`, in the same order, but reading no more than the sources."""
        ...

    def embedded(
        self, *, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> AsyncGenerator[EmbeddedTrack, None]:
        """All tracks with all their vectors, one by one, in the order of :meth:`list_tracks`.

        Passages are in order of time, and numbered so. A track that is replaced or deleted
        meanwhile comes as it was before or as it is after, or not at all.

        Parameters
        ----------
        after
            Where to begin: a cursor of :meth:`list_tracks`, or the point id of a track.
        """
        ...

    async def facets(
        self, where: TrackFilter = TrackFilter(), *, minimum_probability: float | None = None
    ) -> Mapping[str, list[FacetCount]]:
        """Counts per label, largest first, then by label.

        Parameters
        ----------
        minimum_probability
            From where on a label counts as heard; None: as ``DEFAULT_PROBABILITIES`` say.

        Returns
        -------
        Mapping
            Given labels under ``genres`` and ``moods``, and what the model hears under
            ``predicted_genres`` and ``predicted_moods``.
        """
        ...

    async def info(self) -> IndexInfo:
        """Sizes and state; cheap enough for a metrics scrape."""
        ...
