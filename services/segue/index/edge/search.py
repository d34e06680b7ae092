"""Searches of the embedded index.

They are made one by one: a batch of the engine saves no time, and would hold the event loop for all
of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from segue.errors import GenreSpaceMissing, TrackNotFound
from segue.index.edge.reading import PLACE_SLICE, VECTOR_SLICE, Reader
from segue.index.edge.shard import Shard
from segue.index.queries import IndexQuery
from segue.index.rounds import Hit, NearestPoints, PassageSearch, SongSearch
from segue.index.schema import AUDIO, GENRE
from segue.index.slices import slices
from segue.tracks import Granularity, Neighbour, Track, Vector, track_point_id
from segue.turns import Pace

HIT_SLICE = 512
"""Points of an answer that are taken over at once: about 2 ms."""


class Searcher:
    """Searches both collections of a space.

    Parameters
    ----------
    tracks, segments
        The collections.
    reader
        Reads them.
    space
        Name of the space.
    checked
        What a query's vector is compared as; None: the query names a stored track.
    """

    def __init__(
        self,
        tracks: Shard,
        segments: Shard,
        reader: Reader,
        space: str,
        checked: Callable[[IndexQuery], Vector | None],
    ) -> None:
        self._tracks = tracks
        self._segments = segments
        self._reader = reader
        self._space = space
        self._checked = checked

    async def many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        """As ``TrackIndex.search_many``."""
        # All are checked before the first is made. They give way where more follows alone: what is
        # done need not wait for another turn.
        vectors = [self._vector(asked) for asked in queries]
        pace = Pace()
        answers: list[list[Neighbour]] = []
        for asked, vector in zip(queries, vectors, strict=True):
            if answers:
                await pace.step()
            if asked.granularity is Granularity.PASSAGES:
                answers.append(await self._by_passage(asked, vector, pace))
            else:
                answers.append(await self._songs(asked, vector, pace))
        return answers

    def _vector(self, asked: IndexQuery) -> Vector:
        given = self._checked(asked)
        if given is not None:
            return given
        point_id = track_point_id(asked.track_id)
        name = GENRE if asked.granularity is Granularity.GENRES else AUDIO
        stored = self._tracks.vectors([point_id], name).get(point_id)
        if stored is not None:
            return stored
        if name == GENRE and self._tracks.existing([point_id]):
            raise GenreSpaceMissing(f"no shares of genres are stored of track {asked.track_id!r}")
        raise TrackNotFound(asked.track_id, self._space)

    async def _songs(self, asked: IndexQuery, vector: Vector, pace: Pace) -> list[Neighbour]:
        search: SongSearch[UUID] = SongSearch(asked, vector)
        while not search.done:
            hits: list[Hit[UUID]] = []
            for piece in slices(self._hits(search.request()), HIT_SLICE):
                if hits:
                    await pace.step()
                hits += piece
            search.add(hits)
            if not search.done:
                await pace.step()
        keys = [hit.key for hit in search.found]
        tracks = await self._reader.tracks(keys)
        if not asked.with_vectors:
            return search.neighbours(tracks)
        vectors = await self._song_vectors(keys, pace)
        return search.neighbours(tracks, [vectors.get(key) for key in keys])

    async def _by_passage(self, asked: IndexQuery, vector: Vector, pace: Pace) -> list[Neighbour]:
        search = PassageSearch(asked, vector)
        while not search.done:
            pieces = slices(self._segments.nearest(search.request()), PLACE_SLICE)
            for number, piece in enumerate(pieces):
                if number:
                    await pace.step()
                places = self._reader.places([hit.key for hit in piece])
                search.take(
                    [(*at, hit.score) for at, hit in zip(places, piece, strict=True) if at],
                    lost=places.count(None),
                )
            search.end()
            if not search.done:
                await pace.step()

        async def read(track_ids: Sequence[str]) -> dict[str, tuple[Track, Vector | None]]:
            ids = [track_point_id(track_id) for track_id in track_ids]
            vectors = await self._song_vectors(ids, pace) if asked.with_vectors else {}
            tracks = await self._reader.tracks(ids)
            return {
                track.track_id: (track, vectors.get(key))
                for key, track in zip(ids, tracks, strict=True)
                if track is not None
            }

        return await search.neighbours(read)

    async def _song_vectors(self, keys: Sequence[UUID], pace: Pace) -> dict[UUID, Vector]:
        found: dict[UUID, Vector] = {}
        for piece in slices(keys, VECTOR_SLICE):
            if found:
                await pace.step()
            found |= self._reader.vectors(piece)
        return found

    def _hits(self, request: NearestPoints) -> Iterator[Hit[UUID]]:
        if not request.track_id:
            return self._tracks.nearest(request)
        # One more, and the track itself dropped from it, costs less than a filter.
        own = track_point_id(request.track_id)
        return (hit for hit in self._tracks.nearest(request, more=1) if hit.key != own)
