"""What every searchable index is: tracks of one embedding space, checked before they are stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import GenreSpaceMissing, TrackNotFound
from segue.index.corrections import CorrectionStore
from segue.index.queries import IndexQuery
from segue.index.schema import TRACKS, collection_name
from segue.index.validation import shares_vector, unit_tracks, unit_vector
from segue.layers import Corrections, MetadataLayers, laid_over, with_layers
from segue.tracks import EmbeddedTrack, Granularity, Neighbour, Track, TrackFilter, Vector


class IndexBase(ABC):
    """The part of an index that does not depend on its engine.

    Parameters
    ----------
    space
        Name of the embedding space.
    dimension, genre_dimension
        Lengths of song vectors and of genre vectors (None: none are stored).
    corrections
        Those of all spaces of the catalogue.
    catalogue
        Whose tracks these are.

    Raises
    ------
    SpaceMismatch
        When ``space`` cannot be the name of a space.
    """

    def __init__(
        self,
        *,
        space: str,
        dimension: int,
        genre_dimension: int | None,
        corrections: CorrectionStore,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        collection_name(TRACKS, space)
        self._catalogue = catalogue
        self._space = space
        self._dimension = dimension
        self._genre_dimension = genre_dimension
        self._corrections = corrections

    @property
    def catalogue(self) -> str:
        """Name of the catalogue whose tracks these are."""
        return self._catalogue

    @property
    def space(self) -> str:
        """Name of the embedding space."""
        return self._space

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return self._dimension

    async def catch_up(self) -> int:
        """Lay over the stored tracks what was corrected or reset in other spaces meanwhile."""
        changed = 0
        async for page in self._corrections.made_elsewhere(self._space):
            for track_id, track in (await self.get(list(page))).items():
                corrections = page[track_id]
                if track.layers is None:
                    if track.metadata.replaced(corrections) == track.metadata:
                        continue
                    await self.correct(track_id, corrections)
                elif track.layers.corrections != corrections:
                    await self.describe(track_id, replace(track.layers, corrections=corrections))
                else:
                    continue
                changed += 1
        return changed

    @abstractmethod
    async def search_many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]: ...

    async def search(
        self,
        vector: Vector,
        *,
        limit: int,
        where: TrackFilter = TrackFilter(),
        granularity: Granularity = Granularity.TRACKS,
        exact: bool = False,
    ) -> list[Neighbour]:
        """One search by a vector."""
        query = IndexQuery(vector, limit, where=where, granularity=granularity, exact=exact)
        (found,) = await self.search_many([query])
        return found

    def _asked_vector(self, asked: IndexQuery) -> Vector | None:
        """What a query is compared by, checked; None: the vector of its stored track.

        Raises
        ------
        InvalidVector
            When its vector does not fit the space that it is for.
        GenreSpaceMissing
            When it is for the genre space, and there is none.
        """
        if asked.granularity is not Granularity.GENRES:
            return None if asked.vector is None else unit_vector(asked.vector, self._dimension)
        if self._genre_dimension is None:
            raise GenreSpaceMissing(f"the model of {self._space!r} gives no shares of genres")
        if asked.vector is None:
            return None
        return shares_vector(asked.vector, self._genre_dimension)

    @abstractmethod
    async def get(self, track_ids: Sequence[str]) -> dict[str, Track]: ...

    async def correct(
        self, track_id: str, corrections: Corrections, reset: Collection[str] = ()
    ) -> Track:
        """Correct fields of a track, and forget the corrections of others.

        Raises
        ------
        TrackNotFound
            When there is no such track.
        """
        track = await self._changed(
            track_id, lambda stored: self._corrected_anew(stored, corrections, reset)
        )
        if track is None:
            raise TrackNotFound(track_id, self._space)
        return track

    async def describe(self, track_id: str, layers: MetadataLayers) -> bool:
        """Store other layers of a track's metadata; whether there is such a track."""
        track = await self._changed(track_id, lambda stored: self._described(stored, layers))
        return track is not None

    @abstractmethod
    async def _changed(
        self, track_id: str, change: Callable[[Track], Awaitable[Track]]
    ) -> Track | None:
        """Store what ``change`` makes of a track's metadata; None: there is no such track."""

    def _unit_tracks(self, tracks: Sequence[EmbeddedTrack]) -> list[EmbeddedTrack]:
        """The tracks as they may be stored here, before the first of them is."""
        return unit_tracks(
            tracks,
            space=self._space,
            dimension=self._dimension,
            genre_dimension=self._genre_dimension,
        )

    async def _corrected(self, tracks: Sequence[EmbeddedTrack]) -> list[EmbeddedTrack]:
        """The tracks with the corrections that stand of them, or that they bring."""
        corrected = await self._laid_over([one.track for one in tracks])
        return [
            one if track is one.track else replace(one, track=track)
            for one, track in zip(tracks, corrected, strict=True)
        ]

    async def _described(self, stored: Track, layers: MetadataLayers) -> Track:
        """A stored track with other layers, and the corrections that stand of it."""
        (track,) = await self._laid_over([replace(stored, layers=layers)])
        return with_layers(track, track.layers or layers)

    async def _corrected_anew(
        self, stored: Track, corrections: Corrections, reset: Collection[str]
    ) -> Track:
        """A stored track with more corrections, and without those of some fields."""
        standing = (await self._corrections.get([stored.track_id])).get(stored.track_id, {})
        layers = stored.layers or MetadataLayers()
        layers = replace(layers, corrections={**layers.corrections, **standing})
        layers = layers.corrected(corrections, reset)
        # They go first: a crash in between leaves a correction that the next ingest lays over.
        await self._corrections.put({stored.track_id: layers.corrections}, self._space)
        if stored.layers is None:
            # The next ingest tells what else of it was a correction.
            return replace(stored, metadata=stored.metadata.replaced(corrections))
        return with_layers(stored, layers)

    async def _laid_over(self, tracks: Sequence[Track]) -> list[Track]:
        standing = await self._corrections.get({track.track_id for track in tracks})
        brought: dict[str, Corrections] = {}
        for track in tracks:
            stands = standing.get(track.track_id, {})
            if track.layers is not None and track.layers.corrections.keys() - stands.keys():
                brought[track.track_id] = {**track.layers.corrections, **stands}
        if brought:
            await self._corrections.put(brought, self._space)
        all_known = {**standing, **brought}
        return [laid_over(track, all_known.get(track.track_id, {})) for track in tracks]
