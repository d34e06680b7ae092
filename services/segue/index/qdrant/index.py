"""The index on a Qdrant server or cluster, over gRPC.

Every space of every catalogue has collections of its own. The aliases ``tracks`` and ``segments``
(of another catalogue with its name before) are for other readers of the same server: they name the
first space, until somebody turns them. This adapter always asks for its own space, so that a query
never mixes two.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from qdrant_client import AsyncQdrantClient, models

from segue.catalogues import DEFAULT_CATALOGUE
from segue.index.conditions import WITHOUT_WORDS, IsTrack, conditions
from segue.index.listing import ListedIndex
from segue.index.passages import StoredPassage, segments_by_track
from segue.index.payload import (
    NAME_FIELDS,
    PASSAGE_FIELDS,
    filterable_metadata,
    fingerprint_from_payload,
    found_payload,
    metadata_payload,
    recording_payload,
    segment_payload,
    source_payload,
    track_from_payload,
    track_payload,
)
from segue.index.port import IndexInfo
from segue.index.qdrant.collections import (
    collection_filter,
    ensure_collection,
    segments_of,
    server_errors,
    set_missing_aliases,
)
from segue.index.qdrant.corrections import CorrectionsOnServer
from segue.index.qdrant.listing import ALL_OF_A_TRACK, TracksOnServer
from segue.index.qdrant.recordings import QdrantRecordings
from segue.index.qdrant.search import Searcher
from segue.index.queries import IndexQuery
from segue.index.schema import (
    AUDIO,
    DEFAULT_GRAPH,
    DUE,
    GENRE,
    RECORDING,
    REGROUP,
    SEGMENTS,
    TRACKS,
    GraphSettings,
    collection_name,
)
from segue.index.slices import slices
from segue.index.validation import parse_cursor
from segue.settings import IndexSettings
from segue.tracks import (
    EmbeddedTrack,
    Neighbour,
    Segment,
    Track,
    TrackFilter,
    Vector,
    segment_point_id,
    track_point_id,
)
from segue.turns import Pace

WRITE_BATCH = 256
"""Points per request."""

WHOLE_TRACKS = 64
"""Tracks that are read with their vectors per request."""

PASSAGES_READ = 512
"""Passages that are read with their vectors per request."""

VECTORS_READ = 256
"""Tracks whose vectors of one name are read per request."""


class QdrantIndex(ListedIndex):
    """One embedding space on a Qdrant server.

    Parameters
    ----------
    client
        Connected client, closed with the index.
    timeout_seconds
        Longest wait for one answer; a caller that has less time cancels the call.
    """

    def __init__(
        self,
        client: AsyncQdrantClient,
        *,
        space: str,
        dimension: int,
        genre_dimension: int | None = None,
        graph: GraphSettings = DEFAULT_GRAPH,
        timeout_seconds: float = 5.0,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._on_server = CorrectionsOnServer(
            client, timeout_seconds=timeout_seconds, catalogue=catalogue
        )
        super().__init__(
            space=space,
            dimension=dimension,
            genre_dimension=genre_dimension,
            corrections=self._on_server,
            catalogue=catalogue,
        )
        self._client = client
        self._graph = graph
        self._timeout = timeout_seconds
        self._tracks = collection_name(TRACKS, space, catalogue)
        self._segments = collection_name(SEGMENTS, space, catalogue)
        self._searcher = Searcher(
            client,
            space=space,
            graph=graph,
            timeout_seconds=timeout_seconds,
            checked=self._asked_vector,
            catalogue=catalogue,
        )
        self._stored = TracksOnServer(client, self._tracks, timeout_seconds)
        self._recordings = QdrantRecordings(client, self._tracks, timeout_seconds)

    @property
    def recordings(self) -> QdrantRecordings:
        """Groups of tracks that are the same recording."""
        return self._recordings

    @classmethod
    async def open(
        cls,
        settings: IndexSettings,
        *,
        space: str,
        dimension: int,
        genre_dimension: int | None = None,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> QdrantIndex:
        """Connect to ``qdrant://host:port`` or, with TLS, ``qdrants://host:port``.

        Raises
        ------
        IndexUnavailable
            When the server does not answer.
        SpaceMismatch
            When it holds vectors of another length under this space.
        """
        url = urlsplit(settings.index_url)
        with warnings.catch_warnings():
            # `tell_of_plain_key` tells it, once per process.
            warnings.filterwarnings("ignore", "Api key is used", UserWarning)
            client = AsyncQdrantClient(
                host=url.hostname or "127.0.0.1",
                grpc_port=url.port or 6334,
                prefer_grpc=True,
                https=url.scheme == "qdrants",
                api_key=settings.index_api_key or None,
                timeout=math.ceil(settings.index_timeout_seconds),
                # It would ask by HTTP, on a port that nothing else needs, and warn of servers that
                # serve well: what an old one lacks, it refuses by itself.
                check_compatibility=False,
            )
        index = cls(
            client,
            space=space,
            dimension=dimension,
            genre_dimension=genre_dimension,
            graph=GraphSettings.of(settings),
            timeout_seconds=settings.index_timeout_seconds,
            catalogue=catalogue,
        )
        try:
            await index.prepare()
        except BaseException:
            await index.close()
            raise
        return index

    async def prepare(self) -> None:
        """Create collections, payload indexes and, where none is set, the aliases."""
        async with server_errors("preparing the collections", self._timeout):
            for kind, genres in ((TRACKS, self._genre_dimension), (SEGMENTS, None)):
                await ensure_collection(
                    self._client,
                    kind,
                    self._space,
                    dimension=self._dimension,
                    genre_dimension=genres,
                    graph=self._graph,
                    catalogue=self._catalogue,
                )
            await self._on_server.prepare()
            await set_missing_aliases(self._client, self._space, self._catalogue)

    async def upsert(self, tracks: Sequence[EmbeddedTrack]) -> None:
        checked = self._unit_tracks(tracks)
        if not checked:
            return
        checked = await self._corrected(checked)
        segments = [
            models.PointStruct(
                id=str(segment_point_id(track.track.track_id, segment.number)),
                vector={AUDIO: segment.vector.tolist()},
                payload=segment_payload(track.track, segment),
            )
            for track in checked
            for segment in track.segments
        ]
        stale = segments_of([track.track.track_id for track in checked])
        if segments:
            stale.must_not = [models.HasIdCondition(has_id=[one.id for one in segments])]
        # The tracks go last: only then do their passages count, and a crash before is healed by
        # the retry.
        await self._write(self._segments, segments)
        async with server_errors("deleting segments", self._timeout):
            await self._client.delete(self._segments, models.FilterSelector(filter=stale))
        known = await self._recordings.of([track.track.track_id for track in checked])
        points = [_track_point(track, known.get(track.track.track_id)) for track in checked]
        await self._write(self._tracks, points)

    async def insert(self, tracks: Sequence[EmbeddedTrack]) -> set[str]:
        checked = self._unit_tracks(tracks)
        known = await self.existing([track.track.track_id for track in checked])
        await self.upsert([track for track in checked if track.track.track_id not in known])
        return known

    async def get(self, track_ids: Sequence[str]) -> dict[str, Track]:
        records = await self._retrieve(track_ids, with_payload=ALL_OF_A_TRACK)
        tracks = (track_from_payload(record.payload or {}) for record in records)
        return {track.track_id: track for track in tracks}

    async def close(self) -> None:
        await self._client.close()

    async def existing(self, track_ids: Collection[str]) -> set[str]:
        records = await self._retrieve(track_ids, with_payload=["track_id"])
        return {(record.payload or {})["track_id"] for record in records}

    async def delete(self, track_ids: Sequence[str]) -> int:
        if not track_ids:
            return 0
        await self._corrections.delete(track_ids)
        found = await self._retrieve(track_ids, with_payload=[RECORDING])
        present = [record.id for record in found]
        groups = {(record.payload or {}).get(RECORDING) for record in found}
        doomed = segments_of(track_ids)
        async with server_errors("deleting", self._timeout):
            # The track goes last: a crash before leaves one that can be deleted again.
            await self._client.delete(self._segments, models.FilterSelector(filter=doomed))
            if present:
                await self._client.delete(self._tracks, models.PointIdsList(points=present))
        await self._recordings.unsettle({group for group in groups if group})
        return len(present)

    async def _changed(
        self, track_id: str, change: Callable[[Track], Awaitable[Track]]
    ) -> Track | None:
        stored = (await self.get([track_id])).get(track_id)
        if stored is None:
            return None
        track = await change(stored)
        await self._store_metadata(track)
        return track

    async def move(self, sources: Mapping[str, str]) -> set[str]:
        found = await self._retrieve(sources, with_payload=NAME_FIELDS)
        known = {stored["track_id"]: stored for stored in (one.payload or {} for one in found)}
        operations = [
            models.SetPayloadOperation(
                set_payload=models.SetPayload(
                    payload=source_payload(stored, sources[track_id]),
                    points=[str(track_point_id(track_id))],
                )
            )
            for track_id, stored in sorted(known.items())
        ]
        for start in range(0, len(operations), WRITE_BATCH):
            async with server_errors("changing sources", self._timeout):
                await self._client.batch_update_points(
                    self._tracks, operations[start : start + WRITE_BATCH], wait=True
                )
        return set(known)

    async def vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        return await self._vectors(track_ids, AUDIO)

    async def genre_vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        if self._genre_dimension is None:
            return {}
        return await self._vectors(track_ids, GENRE)

    async def passages(self, track_ids: Collection[str]) -> dict[str, Sequence[Segment]]:
        found: dict[str, Sequence[Segment]] = {}
        pace = Pace()
        for piece in slices(track_ids, WHOLE_TRACKS):
            found.update(await self._passages_of(piece, pace))
        return found

    async def search_many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        return await self._searcher.many(queries)

    async def fill_words(self, *, limit: int, after: str | None = None) -> tuple[int, str | None]:
        start = None if after is None else parse_cursor(after)
        tracks, following = await self._stored.tracks(WITHOUT_WORDS, limit, start)
        operations = [
            models.SetPayloadOperation(
                set_payload=models.SetPayload(
                    payload=found_payload(track),
                    # What somebody corrects meanwhile gets its words with that.
                    filter=collection_filter(
                        TRACKS, replace(WITHOUT_WORDS, must=(IsTrack((track.track_id,)),))
                    ),
                )
            )
            for track in tracks
        ]
        if operations:
            async with server_errors("making words", self._timeout):
                await self._client.batch_update_points(self._tracks, operations, wait=True)
        return len(tracks), None if following is None else str(following)

    async def embedded(
        self, *, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> AsyncGenerator[EmbeddedTrack, None]:
        start = None if after is None else str(parse_cursor(after))
        asked = conditions(where)
        if asked.impossible:
            return
        pace = Pace()
        while True:
            async with server_errors("reading vectors", self._timeout):
                records, following = await self._client.scroll(
                    self._tracks,
                    scroll_filter=collection_filter(TRACKS, asked),
                    limit=WHOLE_TRACKS,
                    offset=start,
                    with_payload=True,
                    with_vectors=True,
                )
            tracks = [track_from_payload(record.payload or {}) for record in records]
            passages = await self._passages_of([track.track_id for track in tracks], pace)
            for track, record in zip(tracks, records, strict=True):
                yield EmbeddedTrack(
                    track,
                    self._space,
                    _named_vector(record.vector, AUDIO),
                    _genre_vector(record.vector),
                    passages[track.track_id],
                    fingerprint_from_payload(record.payload or {}),
                )
                await pace.step()
            if following is None:
                return
            start = str(following)

    async def info(self) -> IndexInfo:
        async with server_errors("counting", self._timeout):
            tracks = (await self._client.count(self._tracks, exact=True)).count
            segments = (await self._client.count(self._segments, exact=True)).count
            state = await self._client.get_collection(self._tracks)
        # The server counts indexed vectors of every name.
        names = 1 if self._genre_dimension is None else 2
        covered = (state.indexed_vectors_count or 0) // names
        return IndexInfo(
            space=self._space,
            dimension=self._dimension,
            tracks=tracks,
            segments=segments,
            unindexed=max(0, tracks - covered),
        )

    async def _store_metadata(self, track: Track) -> None:
        passages = segments_of([track.track_id])
        async with server_errors("changing metadata", self._timeout):
            await self._client.set_payload(
                self._segments,
                filterable_metadata(track.metadata),
                models.FilterSelector(filter=passages),
            )
            await self._client.set_payload(
                self._tracks,
                {**metadata_payload(track), REGROUP: DUE},
                [str(track_point_id(track.track_id))],
            )

    async def _passages_of(
        self, track_ids: Sequence[str], pace: Pace
    ) -> Mapping[str, Sequence[Segment]]:
        """All passages of the tracks, by track."""
        found: list[StoredPassage] = []
        start: Any = None
        while track_ids:
            async with server_errors("reading vectors", self._timeout):
                records, start = await self._client.scroll(
                    self._segments,
                    scroll_filter=segments_of(track_ids),
                    limit=PASSAGES_READ,
                    offset=start,
                    with_payload=PASSAGE_FIELDS,
                    with_vectors=True,
                )
            for record in records:
                vector = _named_vector(record.vector, AUDIO)
                found.append(StoredPassage.of(record.payload or {}, vector))
                await pace.step()
            if start is None:
                break
        return segments_by_track(found)

    async def _vectors(self, track_ids: Collection[str], name: str) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for piece in slices(track_ids, VECTORS_READ):
            records = await self._retrieve(piece, with_payload=["track_id"], with_vectors=[name])
            for record in records:
                if isinstance(record.vector, dict) and name in record.vector:
                    found[(record.payload or {})["track_id"]] = _named_vector(record.vector, name)
        return found

    async def _retrieve(
        self,
        track_ids: Collection[str],
        *,
        with_payload: bool | list[str] | models.PayloadSelectorExclude,
        with_vectors: list[str] | None = None,
    ) -> list[models.Record]:
        if not track_ids:
            return []
        ids = list({str(track_point_id(track_id)) for track_id in track_ids})
        async with server_errors("reading", self._timeout):
            return await self._client.retrieve(
                self._tracks,
                ids,
                with_payload=with_payload,
                with_vectors=with_vectors or False,
            )

    async def _write(self, collection: str, points: list[models.PointStruct]) -> None:
        for start in range(0, len(points), WRITE_BATCH):
            async with server_errors("writing", self._timeout):
                await self._client.upsert(
                    collection, points[start : start + WRITE_BATCH], wait=True
                )


def _track_point(track: EmbeddedTrack, recording: str | None) -> models.PointStruct:
    vectors: dict[str, Any] = {AUDIO: track.vector.tolist()}
    if track.genre_vector is not None:
        vectors[GENRE] = track.genre_vector.tolist()
    return models.PointStruct(
        id=str(track_point_id(track.track.track_id)),
        vector=vectors,
        payload={**track_payload(track.track), **recording_payload(track, recording)},
    )


def _named_vector(vectors: object, name: str) -> Vector:
    named = vectors if isinstance(vectors, dict) else {}
    return np.array(named[name], dtype=np.float32)


def _genre_vector(vectors: object) -> Vector | None:
    has_one = isinstance(vectors, dict) and GENRE in vectors
    return _named_vector(vectors, GENRE) if has_one else None
