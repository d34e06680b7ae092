"""Searches on a Qdrant server: each round of several searches is one request per collection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import grpc
from qdrant_client import AsyncQdrantClient
from qdrant_client import grpc as qdrant

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import GenreSpaceMissing, IndexUnavailable, TrackNotFound
from segue.index.qdrant.collections import server_errors
from segue.index.qdrant.messages import (
    SearchMessages,
    match,
    song_hit,
    track_of,
    vector_of,
)
from segue.index.queries import IndexQuery
from segue.index.rounds import NearestPoints, PassageSearch, SongSearch
from segue.index.schema import AUDIO, GENRE, SEGMENTS, TRACKS, GraphSettings
from segue.index.slices import slices
from segue.tracks import Granularity, Neighbour, Track, Vector, track_point_id
from segue.turns import Pace, paced

READ_AT_ONCE = 128
"""Points of an answer that are read in one go: about 1 ms."""

_Search: TypeAlias = SongSearch[Track] | PassageSearch

_REFUSED = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)
"""What a server answers where the point that a query names, or its vector, is not there."""


class Searcher:
    """Searches both collections of a space.

    Parameters
    ----------
    client
        Connected client; it stays open.
    space, graph
        Name of the space, and how hard searches look.
    timeout_seconds
        Longest wait for one answer; a caller that has less time cancels the call.
    checked
        What a query's vector is compared as; None: the query names a stored track.
    catalogue
        Whose tracks are searched.
    """

    def __init__(
        self,
        client: AsyncQdrantClient,
        *,
        space: str,
        graph: GraphSettings,
        timeout_seconds: float,
        checked: Callable[[IndexQuery], Vector | None],
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._client = client
        self._space = space
        self._messages = SearchMessages(space, graph, catalogue)
        self._timeout = timeout_seconds
        self._checked = checked

    async def many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        """As ``TrackIndex.search_many``."""
        searches = [self._begun(asked) for asked in queries]
        # Where nothing can be an answer the server is not asked, and cannot say who is unknown.
        await self._tell_missing(
            [asked for asked, one in zip(queries, searches, strict=True) if one.done]
        )
        while pending := [search for search in searches if not search.done]:
            try:
                await self._round(pending)
            except IndexUnavailable as exc:
                cause = exc.__cause__
                if isinstance(cause, grpc.aio.AioRpcError) and cause.code() in _REFUSED:
                    await self._tell_missing(queries)
                raise
        return [await self._neighbours(*pair) for pair in zip(queries, searches, strict=True)]

    def _begun(self, asked: IndexQuery) -> _Search:
        vector = self._checked(asked)
        if asked.granularity is Granularity.PASSAGES:
            return PassageSearch(asked, vector)
        return SongSearch(asked, vector)

    async def _round(self, searches: Sequence[_Search]) -> None:
        of_songs = [one for one in searches if isinstance(one, SongSearch)]
        of_passages = [one for one in searches if isinstance(one, PassageSearch)]
        songs, passages = await asyncio.gather(
            self._nearest(TRACKS, [one.request() for one in of_songs]),
            self._nearest(SEGMENTS, [one.request() for one in of_passages]),
        )
        for song_search, answer in zip(of_songs, songs, strict=True):
            song_search.add(await paced(song_hit, answer.result))
        pace = Pace()
        for passage_search, answer in zip(of_passages, passages, strict=True):
            for piece in slices(answer.result, READ_AT_ONCE):
                passage_search.take(list(map(match, piece)))
                await pace.step()
            passage_search.end()

    async def _nearest(
        self, kind: str, requests: Sequence[NearestPoints]
    ) -> Sequence[qdrant.BatchResult]:
        if not requests:
            return ()
        message = self._messages.nearest(kind, requests)
        async with server_errors("searching", self._timeout):
            answer = await self._client.grpc_points.QueryBatch(message, timeout=self._timeout)
        found: Sequence[qdrant.BatchResult] = answer.result
        return found

    async def _neighbours(self, asked: IndexQuery, search: _Search) -> list[Neighbour]:
        if isinstance(search, SongSearch):
            return search.neighbours([hit.key for hit in search.found])

        async def read(track_ids: Sequence[str]) -> Mapping[str, tuple[Track, Vector | None]]:
            names = [AUDIO] if asked.with_vectors else []
            points = await self._stored(track_ids, whole=asked.whole, vectors=names)
            found = ((track_of(point), vector_of(point, AUDIO)) for point in points)
            return {track.track_id: (track, vector) for track, vector in found}

        return await search.neighbours(read)

    async def _stored(
        self, track_ids: Sequence[str], *, whole: bool | None, vectors: Sequence[str]
    ) -> Sequence[qdrant.RetrievedPoint]:
        if not track_ids:
            return ()
        message = self._messages.stored(track_ids, whole=whole, vectors=vectors)
        async with server_errors("reading", self._timeout):
            answer = await self._client.grpc_points.Get(message, timeout=self._timeout)
        found: Sequence[qdrant.RetrievedPoint] = answer.result
        return found

    async def _tell_missing(self, queries: Sequence[IndexQuery]) -> None:
        """Raise what is wrong with the first query by a stored track that something is wrong with.

        Raises
        ------
        TrackNotFound
            When there is no such track.
        GenreSpaceMissing
            When a query is for the genre space, and the track has no place there.
        """
        named = [asked for asked in queries if asked.vector is None]
        if not named:
            return
        genres = any(asked.granularity is Granularity.GENRES for asked in named)
        ids = sorted({asked.track_id for asked in named})
        points = await self._stored(ids, whole=None, vectors=[GENRE] if genres else [])
        heard = {point.id.uuid: vector_of(point, GENRE) is not None for point in points}
        for asked in named:
            point_id = str(track_point_id(asked.track_id))
            if point_id not in heard:
                raise TrackNotFound(asked.track_id, self._space)
            if asked.granularity is Granularity.GENRES and not heard[point_id]:
                raise GenreSpaceMissing(
                    f"no shares of genres are stored of track {asked.track_id!r}"
                )
