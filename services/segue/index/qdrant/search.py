"""Searches on a Qdrant server: each round of several searches is one request per collection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import grpc
import numpy as np
from qdrant_client import AsyncQdrantClient, models

from segue.errors import GenreSpaceMissing, TrackNotFound
from segue.index.passages import Place
from segue.index.payload import NOT_OF_A_TRACK, PASSAGE_FIELDS, track_from_payload
from segue.index.qdrant.collections import collection_filter, search_params, server_errors
from segue.index.queries import IndexQuery
from segue.index.rounds import Hit, NearestPoints, PassageSearch, SongSearch
from segue.index.schema import AUDIO, SEGMENTS, TRACKS, GraphSettings, collection_name
from segue.tracks import Granularity, Neighbour, Track, Vector, track_point_id

_Search: TypeAlias = SongSearch[Track] | PassageSearch


class Searcher:
    """Searches both collections of a space.

    Parameters
    ----------
    client
        Connected client.
    checked
        What a query's vector is compared as; None: the query names a stored track.
    """

    def __init__(
        self,
        client: AsyncQdrantClient,
        space: str,
        graph: GraphSettings,
        timeout_seconds: float,
        *,
        checked: Callable[[IndexQuery], Vector | None],
        index: Any,
        local: bool,
    ) -> None:
        self._client = client
        self._space = space
        self._graph = graph
        self._timeout = timeout_seconds
        self._checked = checked
        self._index = index
        self._local = local

    async def many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        """As ``TrackIndex.search_many``."""
        searches: list[_Search] = []
        unasked: list[IndexQuery] = []
        for asked in queries:
            vector = self._checked(asked)
            if asked.granularity is Granularity.PASSAGES:
                search: _Search = PassageSearch(asked, vector)
            else:
                search = SongSearch(asked, vector)
            searches.append(search)
            if search.done and vector is None:
                unasked.append(asked)
        await self._tell_missing(unasked)
        while pending := [search for search in searches if not search.done]:
            try:
                await self._round(pending)
            except (grpc.RpcError, ValueError):
                await self._tell_missing(queries)
                raise
        return [await self._neighbours(*pair) for pair in zip(queries, searches, strict=True)]

    async def _round(self, searches: Sequence[_Search]) -> None:
        of_songs = [one for one in searches if isinstance(one, SongSearch)]
        of_passages = [one for one in searches if isinstance(one, PassageSearch)]
        songs, passages = await asyncio.gather(
            self._nearest(TRACKS, [one.request() for one in of_songs]),
            self._nearest(SEGMENTS, [one.request() for one in of_passages]),
        )
        for song_search, points in zip(of_songs, songs, strict=True):
            song_search.add([_hit(point) for point in points])
        for passage_search, points in zip(of_passages, passages, strict=True):
            passage_search.add([_place(point) for point in points])

    async def _nearest(
        self, kind: str, requests: Sequence[NearestPoints]
    ) -> list[list[models.ScoredPoint]]:
        if not requests:
            return []
        async with server_errors("searching", self._timeout):
            answers = await self._client.query_batch_points(
                collection_name(kind, self._space), [self._request(one) for one in requests]
            )
        return [answer.points for answer in answers]

    def _request(self, asked: NearestPoints) -> models.QueryRequest:
        params = None if self._local else search_params(self._graph, exact=asked.exact)
        query: Any = str(track_point_id(asked.track_id))
        lookup = None
        if asked.vector is not None:
            query = asked.vector.tolist()
        elif asked.kind == SEGMENTS:
            lookup = models.LookupLocation(
                collection=collection_name(TRACKS, self._space), vector=AUDIO
            )
        payload: Any = PASSAGE_FIELDS
        if asked.kind == TRACKS:
            payload = models.PayloadSelectorExclude(exclude=NOT_OF_A_TRACK)
        return models.QueryRequest(
            query=models.NearestQuery(nearest=query),
            using=asked.using,
            filter=collection_filter(asked.kind, asked.where),
            params=params,
            limit=asked.limit,
            with_payload=payload,
            with_vector=[AUDIO] if asked.with_vectors else False,
            lookup_from=lookup,
        )

    async def _neighbours(self, asked: IndexQuery, search: _Search) -> list[Neighbour]:
        if isinstance(search, SongSearch):
            return search.neighbours([hit.key for hit in search.found])

        async def read(track_ids: Sequence[str]) -> Mapping[str, tuple[Track, Vector | None]]:
            tracks = await self._index.get(track_ids)
            vectors = await self._index.vectors(track_ids) if asked.with_vectors else {}
            return {key: (track, vectors.get(key)) for key, track in tracks.items()}

        return await search.neighbours(read)

    async def _tell_missing(self, queries: Sequence[IndexQuery]) -> None:
        """Raise what is wrong with queries by stored tracks, if anything is."""
        named = [asked for asked in queries if asked.vector is None]
        if not named:
            return
        known = await self._index.existing({asked.track_id for asked in named})
        of_genres = {asked.track_id for asked in named if asked.granularity is Granularity.GENRES}
        with_genres = await self._index.genre_vectors(of_genres)
        for asked in named:
            if asked.track_id not in known:
                raise TrackNotFound(asked.track_id, self._space)
            if asked.track_id in of_genres - with_genres.keys():
                raise GenreSpaceMissing(
                    f"no shares of genres are stored of track {asked.track_id!r}"
                )


def _hit(point: models.ScoredPoint) -> Hit[Track]:
    vectors = point.vector if isinstance(point.vector, dict) else {}
    vector = np.array(vectors[AUDIO], dtype=np.float32) if vectors else None
    return Hit(track_from_payload(point.payload or {}), point.score, vector)


def _place(point: models.ScoredPoint) -> tuple[Place, float]:
    payload = point.payload or {}
    track_id, start, end = (payload[name] for name in PASSAGE_FIELDS)
    return (track_id, start, end), point.score
