"""The index port: what every vector index can do.

Adapters: ``edge`` (embedded engine), ``qdrant`` (server), ``exact`` (brute force, the oracle of the
tests). ``segue.index.remote`` fulfils only :class:`TrackStore`, by way of CatalogService.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from segue.fingerprints import Fingerprint
from segue.index.queries import IndexQuery
from segue.layers import Corrections, MetadataLayers
from segue.ranges import CountedRange, CountedRanges
from segue.track_order import TrackOrder
from segue.tracks import (
    EmbeddedTrack,
    FacetCount,
    Granularity,
    Neighbour,
    Segment,
    Track,
    TrackFilter,
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

        The corrections that stand of a track are laid over it, whatever space they were made in;
        those that it brings along are kept where none stands. When it returns, the tracks survive
        a crash of the process.

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

    async def describe(self, track_id: str, layers: MetadataLayers) -> bool:
        """Replace what tags and who gave a track say of it, and leave its vectors alone.

        Corrections are treated as by :meth:`upsert`. On a Qdrant server another writer may change
        the track at the same moment; the last one wins.

        Returns
        -------
        bool
            Whether there is such a track.
        """
        ...

    async def close(self) -> None:
        """Make everything durable and let go of files and connections."""
        ...


class RecordingStore(Protocol):
    """Which tracks are the same recording, as far as that is known, and what it is found out by.

    A track that is stored, corrected or deleted leaves its group as it is; it, or the rest of its
    group, is only due to be looked at. ``segue.query.recording_keeper`` does that.
    """

    async def due(self, limit: int) -> list[str]:
        """Ids of tracks whose copies have to be looked for, in a stable order."""
        ...

    async def fingerprints(self, track_ids: Collection[str]) -> dict[str, Fingerprint]:
        """Fingerprints of those of the tracks that exist, by id; empty where there is none."""
        ...

    async def sharing(self, keys: Collection[str], limit: int) -> list[str]:
        """Ids of tracks that have at least one of these ``recording_keys``, in a stable order."""
        ...

    async def members(self, recordings: Collection[str]) -> dict[str, list[str]]:
        """Ids of the tracks of each of the groups that exist, rising."""
        ...

    async def sizes(self) -> dict[str, int]:
        """Number of tracks of every group."""
        ...

    async def assign(self, recordings: Mapping[str, str], seen: Collection[Track]) -> bool:
        """Put tracks, by id, into groups (empty: into none); they are not due any more.

        Parameters
        ----------
        seen
            The same tracks as they were when they were compared.

        Returns
        -------
        bool
            False when one of them has changed since or is gone: then all is left as it was.
        """
        ...


class TrackIndex(TrackStore, Protocol):
    """Tracks and segments of one catalogue in one embedding space."""

    @property
    def recordings(self) -> RecordingStore:
        """Groups of tracks that are the same recording."""
        ...

    @property
    def catalogue(self) -> str:
        """Name of the catalogue; empty: the default one."""
        ...

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
        """Delete tracks, their segments and their corrections; unknown ones are passed over.

        Returns
        -------
        int
            Number of tracks that existed.
        """
        ...

    async def correct(
        self, track_id: str, corrections: Corrections, reset: Collection[str] = ()
    ) -> Track:
        """Correct a track's metadata (on its segments too), and leave its vectors alone.

        Corrections outlive the track's next :meth:`upsert`, in any space of the same place.

        Parameters
        ----------
        corrections
            Added to those that stand.
        reset
            Fields whose corrections go.

        Raises
        ------
        TrackNotFound
            When there is no such track.
        """
        ...

    async def catch_up(self) -> int:
        """Lay over the stored tracks what was corrected or reset in other spaces meanwhile.

        Returns
        -------
        int
            Number of tracks that were changed.
        """
        ...

    async def vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        """Song vectors of those of the tracks that exist, by id."""
        ...

    async def genre_vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        """Positions in the genre space of those of the tracks that exist and have one, by id."""
        ...

    async def passages(self, track_ids: Collection[str]) -> dict[str, Sequence[Segment]]:
        """Passages with their vectors, in order of time, of those of the tracks that have any."""
        ...

    async def search_many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        """Answers of several searches, in their order, by as few requests as the engine takes.

        Raises
        ------
        InvalidVector, IndexUnavailable
            As :meth:`search`.
        TrackNotFound
            When the stored track of a query does not exist.
        GenreSpaceMissing
            When a query is for the genre space, and the model gives none.
        """
        ...

    async def find(
        self,
        words: str,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
    ) -> tuple[list[Track], str | None]:
        """Tracks that have each of the words, or what begins with it, in title, artists or album.

        :func:`segue.words.found_by` is its meaning: case, accents and composition of letters do not
        matter. No words: every track. Tracks that an earlier version stored are found once
        :meth:`fill_words` has come to them.

        Returns
        -------
        tuple
            One page, ordered as by :meth:`list_tracks`, and the cursor of the next.
        """
        ...

    async def fill_words(self, *, limit: int, after: str | None = None) -> tuple[int, str | None]:
        """Make the words, and the orders, of tracks that an earlier version stored by another rule.

        Parameters
        ----------
        limit
            Most tracks to be looked at.

        Returns
        -------
        tuple
            Number of tracks whose words were made, and the cursor of the next of them.
        """
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
        self,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
    ) -> tuple[list[Track], str | None]:
        """One page of tracks, in a stable order.

        Parameters
        ----------
        order
            By what they are ordered; ties, and all of them where it is None, by the ids of their
            points. Texts and times of ingest of tracks that an earlier version stored are ordered
            once :meth:`fill_words` has come to them; until then nothing is known of them. A cursor
            is good for the order that it was given out for.

        Returns
        -------
        tuple
            The tracks, and the cursor of the next page (None: this is the last).

        Raises
        ------
        InvalidPageToken
            When the cursor was not given out by an index for such a page.
        """
        ...

    async def list_sources(
        self,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
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
            ``predicted_genres``, ``predicted_moods`` and ``predicted_descriptors``.
        """
        ...

    async def ranges(
        self, number: str, where: TrackFilter = TrackFilter(), asked: Sequence[CountedRange] = ()
    ) -> CountedRanges:
        """Tracks that satisfy ``where`` in ranges of a number.

        Parameters
        ----------
        number
            One of ``segue.ranges.COUNTED``.
        asked
            Ranges to count in; none: the decades that there are, at most ``MOST_RANGES``, and
            ``DURATION_BOUNDS``.
        """
        ...

    async def count(self, where: TrackFilter) -> int:
        """Number of tracks that satisfy a filter."""
        ...

    async def info(self) -> IndexInfo:
        """Sizes and state; cheap enough for a metrics scrape."""
        ...
