"""The embedded index: Qdrant's engine inside this process, on disk, owned by one process.

Searches hold the interpreter lock whether or not they run in a thread, so they run inline: a thread
pool around them would only add switches.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from segue.catalogues import DEFAULT_CATALOGUE, catalogue_folder
from segue.errors import IndexUnavailable
from segue.index.conditions import WITHOUT_WORDS, Conditions, IsTrack, conditions
from segue.index.edge.builds import DEFAULT_POLICY, BuildPolicy, BuildStep, GraphBuilds
from segue.index.edge.corrections import CorrectionsOnDisk
from segue.index.edge.engine import ShardLayout
from segue.index.edge.listing import TracksOnDisk
from segue.index.edge.reading import VECTOR_SLICE, Reader
from segue.index.edge.recordings import EdgeRecordings
from segue.index.edge.search import Searcher
from segue.index.edge.shard import Shard, point
from segue.index.listing import ListedIndex
from segue.index.payload import (
    NAME_FIELDS,
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

WRITE_SLICE = 64
"""Points written between two turns of the event loop: about 6 ms."""

WHOLE_TRACKS = 8
"""Tracks that are read with their vectors at once: 0.3 ms, more where the disk is asked."""

EXISTING_SLICE = 256
"""Ids looked up at once: about 1 ms."""

MOST_SCANNED = 2_500
"""Below so many candidates, all of them or those a filter leaves, scanning beats the graph."""


class EdgeIndex(ListedIndex):
    """One embedding space in a folder, which :meth:`open` opens.

    Parameters
    ----------
    tracks, segments
        The two collections of the space; closed with the index.
    corrections
        Those of all spaces of the folder; closed with the index.
    lock
        File descriptor of the lock on the space; closed with the index.
    policy
        When a graph is rebuilt.
    on_step
        Told of every step of a build, in the event loop.
    """

    def __init__(
        self,
        tracks: Shard,
        segments: Shard,
        corrections: CorrectionsOnDisk,
        *,
        space: str,
        catalogue: str,
        lock: int,
        policy: BuildPolicy,
        on_step: Callable[[BuildStep], None] | None,
    ) -> None:
        layout = tracks.layout
        super().__init__(
            space=space,
            dimension=layout.dimension,
            genre_dimension=layout.genre_dimension,
            corrections=corrections,
            catalogue=catalogue,
        )
        self._tracks = tracks
        self._segments = segments
        self._lock = lock
        self._writing = asyncio.Lock()
        self._builds = GraphBuilds((tracks, segments), self._writing, policy, on_step)
        self._reader = Reader(tracks, segments)
        self._stored = TracksOnDisk(tracks, self._reader)
        self._searcher = Searcher(tracks, segments, self._reader, space, self._asked_vector)
        self._recordings = EdgeRecordings(tracks, self._writing, self._reader.forget_tracks)
        self._closed = False

    @property
    def recordings(self) -> EdgeRecordings:
        """Groups of tracks that are the same recording."""
        return self._recordings

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        space: str,
        dimension: int,
        genre_dimension: int | None = None,
        graph: GraphSettings = DEFAULT_GRAPH,
        policy: BuildPolicy = DEFAULT_POLICY,
        on_step: Callable[[BuildStep], None] | None = None,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> EdgeIndex:
        """Open the space of a catalogue, creating it where it does not exist.

        Raises
        ------
        IndexUnavailable
            When another process owns the space.
        SpaceMismatch
            When the folder holds vectors of another length, or ``space`` cannot be a name.
        """
        folder = catalogue_folder(folder, catalogue)
        lock = _own(folder, space)
        scanned = max(1, min(MOST_SCANNED, policy.least // 2))
        try:
            corrections = CorrectionsOnDisk(folder)
        except BaseException:
            os.close(lock)
            raise
        try:
            tracks, segments = (
                Shard(
                    folder / collection_name(kind, space),
                    ShardLayout(kind, dimension, genres, graph, scanned),
                )
                for kind, genres in ((TRACKS, genre_dimension), (SEGMENTS, None))
            )
        except BaseException:
            await corrections.close()
            os.close(lock)
            raise
        index = cls(
            tracks,
            segments,
            corrections,
            space=space,
            catalogue=catalogue,
            lock=lock,
            policy=policy,
            on_step=on_step,
        )
        index._builds.consider()
        return index

    async def upsert(self, tracks: Sequence[EmbeddedTrack]) -> None:
        checked = self._unit_tracks(tracks)
        async with self._writing:
            for batch in _batches(await self._corrected(checked)):
                await self._store(batch)
        self._builds.consider()

    async def insert(self, tracks: Sequence[EmbeddedTrack]) -> set[str]:
        checked = self._unit_tracks(tracks)
        async with self._writing:
            known = await self.existing([track.track.track_id for track in checked])
            new = [track for track in checked if track.track.track_id not in known]
            for batch in _batches(await self._corrected(new)):
                await self._store(batch)
        self._builds.consider()
        return known

    async def get(self, track_ids: Sequence[str]) -> dict[str, Track]:
        found = await self._reader.tracks([track_point_id(track_id) for track_id in track_ids])
        return {track.track_id: track for track in found if track is not None}

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._builds.close()
        async with self._writing:
            self._tracks.close()
            self._segments.close()
            await self._corrections.close()
            os.close(self._lock)

    async def existing(self, track_ids: Collection[str]) -> set[str]:
        known: set[str] = set()
        pace = Pace()
        for piece in slices(track_ids, EXISTING_SLICE):
            names = {track_point_id(track_id): track_id for track_id in piece}
            known.update(names[key] for key in self._tracks.existing(names))
            await pace.step()
        return known

    async def delete(self, track_ids: Sequence[str]) -> int:
        async with self._writing:
            known = self._tracks.payloads({track_point_id(key) for key in track_ids}, [RECORDING])
            present = known.keys()
            # The track goes last: a crash before leaves one that can be deleted again.
            await self._corrections.delete(track_ids)
            stale = self._segment_ids(track_ids)
            self._reader.forget_segments(stale)
            self._segments.delete(stale)
            self._reader.forget_tracks(present)
            self._tracks.delete(present)
            self._recordings.forget_sizes()
            groups = {payload.get(RECORDING) for payload in known.values()}
            self._recordings.unsettle({group for group in groups if group})
        return len(present)

    async def _changed(
        self, track_id: str, change: Callable[[Track], Awaitable[Track]]
    ) -> Track | None:
        async with self._writing:
            (stored,) = await self._reader.tracks([track_point_id(track_id)])
            if stored is None:
                return None
            track = await change(stored)
            self._store_metadata(track)
        return track

    async def move(self, sources: Mapping[str, str]) -> set[str]:
        known: set[str] = set()
        for piece in slices(sources, WRITE_SLICE):
            async with self._writing:
                names = {track_point_id(track_id): track_id for track_id in piece}
                for key, stored in self._tracks.payloads(names, NAME_FIELDS).items():
                    self._reader.forget_tracks([key])
                    self._tracks.set_payload([key], source_payload(stored, sources[names[key]]))
                    known.add(names[key])
            await asyncio.sleep(0)
        return known

    async def vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        return await _by_track(track_ids, self._reader.vectors)

    async def genre_vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        if self._genre_dimension is None:
            return {}
        return await _by_track(track_ids, lambda keys: self._tracks.vectors(keys, GENRE))

    async def passages(self, track_ids: Collection[str]) -> dict[str, Sequence[Segment]]:
        found: dict[str, Sequence[Segment]] = {}
        pace = Pace()
        for piece in slices(track_ids, WHOLE_TRACKS):
            # Nobody may write between two pages of one track.
            async with self._writing:
                found.update(await self._reader.passages(piece, pace))
        return found

    async def search_many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        return await self._searcher.many(queries)

    async def fill_words(self, *, limit: int, after: str | None = None) -> tuple[int, str | None]:
        start = None if after is None else parse_cursor(after)
        # What is corrected meanwhile must not get the words that it had.
        async with self._writing:
            records, following = self._tracks.page(limit, start, self._tracks.filter(WITHOUT_WORDS))
            for key, payload in records:
                self._tracks.set_payload([key], found_payload(track_from_payload(payload)))
                await asyncio.sleep(0)
        return len(records), None if following is None else str(following)

    async def embedded(
        self, *, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> AsyncGenerator[EmbeddedTrack, None]:
        start = None if after is None else parse_cursor(after)
        asked = conditions(where)
        if asked.impossible:
            return
        where_engine = self._tracks.filter(asked)
        pace = Pace()
        while True:
            # Nobody may write between a track and its passages.
            async with self._writing:
                rows, start = self._tracks.page_of_vectors(WHOLE_TRACKS, start, where_engine, None)
                tracks = [
                    EmbeddedTrack(
                        track_from_payload(payload),
                        self._space,
                        vectors[AUDIO],
                        vectors.get(GENRE),
                        fingerprint=fingerprint_from_payload(payload),
                    )
                    for payload, vectors in rows
                ]
                await pace.step()
                passages = await self._reader.passages([one.track.track_id for one in tracks], pace)
            for track in tracks:
                yield replace(track, segments=passages[track.track.track_id])
                await pace.step()
            if start is None:
                return

    async def info(self) -> IndexInfo:
        return IndexInfo(
            space=self._space,
            dimension=self._dimension,
            tracks=self._tracks.points,
            segments=self._segments.points,
            unindexed=self._tracks.unindexed,
        )

    async def settled(self) -> None:
        """Wait until no graph is being built and none is due."""
        await self._builds.settled()

    def _store_metadata(self, track: Track) -> None:
        point_id = track_point_id(track.track_id)
        self._segments.set_payload(
            self._segment_ids([track.track_id]), filterable_metadata(track.metadata)
        )
        self._reader.forget_tracks([point_id])
        self._tracks.set_payload([point_id], {**metadata_payload(track), REGROUP: DUE})

    async def _store(self, batch: Sequence[EmbeddedTrack]) -> None:
        stale = set(self._segment_ids([track.track.track_id for track in batch]))
        fresh = {
            segment_point_id(track.track.track_id, segment.number): (track.track, segment)
            for track in batch
            for segment in track.segments
        }
        stale.difference_update(fresh)
        self._reader.forget_segments(fresh)
        self._reader.forget_segments(stale)
        segments = (
            point(key, segment.vector, segment_payload(track, segment))
            for key, (track, segment) in fresh.items()
        )
        # The track goes last: only then do its passages count, and a crash before is healed by
        # the retry.
        for piece in slices(segments, WRITE_SLICE):
            self._segments.upsert(piece)
            await asyncio.sleep(0)
        self._segments.delete(stale)
        keys = [track_point_id(track.track.track_id) for track in batch]
        known = self._tracks.payloads(keys, [RECORDING])
        points = [
            point(
                key,
                track.vector,
                track_payload(track.track)
                | recording_payload(track, known.get(key, {}).get(RECORDING)),
                track.genre_vector,
            )
            for key, track in zip(keys, batch, strict=True)
        ]
        self._reader.forget_tracks(keys)
        self._tracks.upsert(points)
        self._recordings.forget_sizes()
        await asyncio.sleep(0)

    def _segment_ids(self, track_ids: Collection[str]) -> list[UUID]:
        where = self._segments.filter(Conditions(must=(IsTrack(tuple(track_ids)),)))
        return list(self._segments.ids(where))


async def _by_track(
    track_ids: Iterable[str], read: Callable[[Sequence[UUID]], Mapping[UUID, Vector]]
) -> dict[str, Vector]:
    """What is read of points, in slices, by the tracks that they stand for."""
    found: dict[str, Vector] = {}
    pace = Pace()
    for piece in slices(track_ids, VECTOR_SLICE):
        names = {track_point_id(track_id): track_id for track_id in piece}
        found.update({names[key]: vector for key, vector in read(list(names)).items()})
        await pace.step()
    return found


def _own(folder: Path, space: str) -> int:
    """Lock the space for this process; the lock ends with the process, however it ends."""
    collection_name(TRACKS, space)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{space}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(descriptor)
        raise IndexUnavailable(
            f"the index in {folder} is open in another process",
            next_step="Stop the other process, or reach the index through its query service.",
        ) from exc
    os.utime(descriptor)  # tells which space was opened last
    return descriptor


def _batches(tracks: Iterable[EmbeddedTrack]) -> Iterable[list[EmbeddedTrack]]:
    """Group tracks so that one group is about one slice of writing."""
    batch: list[EmbeddedTrack] = []
    points = 0
    for track in tracks:
        batch.append(track)
        points += 1 + len(track.segments)
        if points >= WRITE_SLICE:
            yield batch
            batch, points = [], 0
    if batch:
        yield batch
