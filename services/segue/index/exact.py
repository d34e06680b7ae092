"""Brute-force index in memory: the oracle that the other adapters are measured against."""

from __future__ import annotations

from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import GenreSpaceMissing, TrackNotFound
from segue.fingerprints import Fingerprint
from segue.index.base import IndexBase
from segue.index.corrections import CorrectionsInMemory, CorrectionStore
from segue.index.order import sorted_facets
from segue.index.ordering import Entry, in_order
from segue.index.port import IndexInfo
from segue.index.queries import IndexQuery
from segue.index.validation import parse_cursor
from segue.ranges import (
    DURATION_BOUNDS,
    MOST_RANGES,
    CountedRange,
    CountedRanges,
    decade_of,
    ranges_of,
)
from segue.recordings.rule import recording_keys
from segue.track_order import TrackOrder, order_number, order_place
from segue.tracks import (
    LABEL_FILTERS,
    ONLY_HEARD,
    PREDICTED_LABELS,
    EmbeddedTrack,
    FacetCount,
    Granularity,
    Neighbour,
    Passage,
    Segment,
    Track,
    TrackFilter,
    TrackSource,
    Vector,
    genre_similarity,
    heard_labels,
    probability_from,
    track_point_id,
)
from segue.words import found_by


class ExactRecordings:
    """The groups of an exact index; fulfils ``RecordingStore``.

    Parameters
    ----------
    tracks, due
        Of the index, which are changed in place.
    """

    def __init__(self, tracks: dict[str, EmbeddedTrack], due: set[str]) -> None:
        self._tracks = tracks
        self._due = due

    async def due(self, limit: int) -> list[str]:
        return sorted(self._due)[:limit]

    async def fingerprints(self, track_ids: Collection[str]) -> dict[str, Fingerprint]:
        return {key: self._tracks[key].fingerprint for key in track_ids if key in self._tracks}

    async def sharing(self, keys: Collection[str], limit: int) -> list[str]:
        wanted = set(keys)
        return [
            key
            for key, stored in sorted(self._tracks.items())
            if wanted.intersection(recording_keys(stored.track, stored.fingerprint))
        ][:limit]

    async def members(self, recordings: Collection[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, stored in sorted(self._tracks.items()):
            if stored.track.recording in recordings:
                found.setdefault(stored.track.recording, []).append(key)
        return found

    async def sizes(self) -> dict[str, int]:
        return Counter(
            stored.track.recording for stored in self._tracks.values() if stored.track.recording
        )

    async def assign(self, recordings: Mapping[str, str], seen: Collection[Track]) -> bool:
        for track in seen:
            known = self._tracks.get(track.track_id)
            if known is None or known.track != track:
                return False
        for key, recording in recordings.items():
            self._due.discard(key)
            stored = self._tracks.get(key)
            if stored is not None:
                track = replace(stored.track, recording=recording)
                self._tracks[key] = replace(stored, track=track)
        return True


@dataclass(frozen=True, slots=True)
class _Rows:
    """Vectors stacked in rising order of track id, so that a stable sort breaks ties by id."""

    vectors: npt.NDArray[np.float64]
    owners: list[str]
    passages: list[tuple[float, float]]


class ExactIndex(IndexBase):
    """Compares a query with every vector. Nothing is kept when the process ends.

    Parameters
    ----------
    corrections
        Those of other spaces too; None: this index has its own.
    """

    def __init__(
        self,
        *,
        space: str,
        dimension: int,
        genre_dimension: int | None = None,
        corrections: CorrectionStore | None = None,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        super().__init__(
            space=space,
            dimension=dimension,
            genre_dimension=genre_dimension,
            corrections=CorrectionsInMemory() if corrections is None else corrections,
            catalogue=catalogue,
        )
        self._tracks: dict[str, EmbeddedTrack] = {}
        self._rows: dict[Granularity, _Rows] = {}
        self._due: set[str] = set()

    @property
    def recordings(self) -> ExactRecordings:
        """Groups of tracks that are the same recording."""
        return ExactRecordings(self._tracks, self._due)

    async def upsert(self, tracks: Sequence[EmbeddedTrack]) -> None:
        checked = await self._corrected(self._unit_tracks(tracks))
        for track in checked:
            key = track.track.track_id
            known = self._tracks.get(key)
            recording = "" if known is None else known.track.recording
            self._tracks[key] = replace(track, track=replace(track.track, recording=recording))
            self._due.add(key)
        self._rows.clear()

    async def insert(self, tracks: Sequence[EmbeddedTrack]) -> set[str]:
        checked = self._unit_tracks(tracks)
        known = await self.existing([track.track.track_id for track in checked])
        await self.upsert([track for track in checked if track.track.track_id not in known])
        return known

    async def get(self, track_ids: Sequence[str]) -> dict[str, Track]:
        return {key: self._tracks[key].track for key in track_ids if key in self._tracks}

    async def close(self) -> None:
        self._rows.clear()

    async def existing(self, track_ids: Collection[str]) -> set[str]:
        return {key for key in track_ids if key in self._tracks}

    async def delete(self, track_ids: Sequence[str]) -> int:
        present = [key for key in dict.fromkeys(track_ids) if key in self._tracks]
        await self._corrections.delete(track_ids)
        groups = {self._tracks.pop(key).track.recording for key in present} - {""}
        self._due.difference_update(present)
        self._due.update(
            key for key, stored in self._tracks.items() if stored.track.recording in groups
        )
        self._rows.clear()
        return len(present)

    async def _changed(
        self, track_id: str, change: Callable[[Track], Awaitable[Track]]
    ) -> Track | None:
        if track_id not in self._tracks:
            return None
        stored = self._tracks[track_id]
        track = await change(stored.track)
        self._tracks[track_id] = replace(stored, track=track)
        self._due.add(track_id)
        return track

    async def move(self, sources: Mapping[str, str]) -> set[str]:
        known = await self.existing(sources)
        for key in known:
            stored = self._tracks[key]
            self._tracks[key] = replace(
                stored, track=replace(stored.track, source_uri=sources[key])
            )
        return known

    async def vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        return {key: self._tracks[key].vector for key in track_ids if key in self._tracks}

    async def genre_vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        found = {key: self._tracks[key].genre_vector for key in track_ids if key in self._tracks}
        return {key: vector for key, vector in found.items() if vector is not None}

    async def passages(self, track_ids: Collection[str]) -> dict[str, Sequence[Segment]]:
        return {
            key: self._tracks[key].segments
            for key in track_ids
            if key in self._tracks and self._tracks[key].segments
        }

    async def search_many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        return [self._answered(query) for query in queries]

    def _answered(self, asked: IndexQuery) -> list[Neighbour]:
        rows = self._stacked(asked.granularity)
        similarities = self._similarities(asked, rows)
        seed = asked.track_id if asked.vector is None else None
        matching: dict[str, bool] = {}
        found: dict[str, list[tuple[int, float]]] = {}
        shown = 0
        each = asked.limit if asked.counts_passages else max(1, asked.passages_each)
        for row in np.argsort(-similarities, kind="stable"):
            key = rows.owners[row]
            if key not in matching:
                track = self._tracks[key].track
                matching[key] = key != seed and asked.where.matches(track)
            taken = shown if asked.counts_passages else len(found)
            if not matching[key] or (
                taken >= asked.limit and (asked.counts_passages or key not in found)
            ):
                continue
            best = found.setdefault(key, [])
            if len(best) < each:
                best.append((int(row), float(similarities[row])))
                shown += 1
        return [self._neighbour(key, best, rows, asked) for key, best in found.items()]

    def _neighbour(
        self, key: str, best: Sequence[tuple[int, float]], rows: _Rows, asked: IndexQuery
    ) -> Neighbour:
        stored = self._tracks[key]
        passages: tuple[Passage, ...] = ()
        if asked.granularity is Granularity.PASSAGES:
            passages = tuple(Passage(*rows.passages[row], similarity) for row, similarity in best)
        vector = stored.vector if asked.with_vectors else None
        return Neighbour(stored.track, best[0][1], passages, vector)

    def _similarities(self, asked: IndexQuery, rows: _Rows) -> npt.NDArray[np.float32]:
        """Of every row. Single precision is all that was stored, and makes equal vectors equal."""
        query = self._asked_vector(asked)
        if query is None:
            query = self._stored_vector(asked)
        similarities = np.empty(len(rows.owners))
        if asked.granularity is Granularity.GENRES:
            distances = np.linalg.norm(rows.vectors - query.astype(np.float64), axis=1)
            similarities[:] = [genre_similarity(one) for one in distances]
        else:
            similarities[:] = rows.vectors @ query.astype(np.float64)
        return similarities.astype(np.float32)

    def _stored_vector(self, asked: IndexQuery) -> Vector:
        stored = self._tracks.get(asked.track_id)
        if stored is None:
            raise TrackNotFound(asked.track_id, self._space)
        if asked.granularity is not Granularity.GENRES:
            return stored.vector
        if stored.genre_vector is None:
            raise GenreSpaceMissing(f"no shares of genres are stored of track {asked.track_id!r}")
        return stored.genre_vector

    async def find(
        self,
        words: str,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
    ) -> tuple[list[Track], str | None]:
        found = (one for one in self._matching(where) if found_by(one, words))
        return self._page(found, limit, after, order)

    async def fill_words(self, *, limit: int, after: str | None = None) -> tuple[int, str | None]:
        del limit, after  # every find makes them anew
        return 0, None

    async def list_tracks(
        self,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
    ) -> tuple[list[Track], str | None]:
        return self._page(self._matching(where), limit, after, order)

    async def list_sources(
        self,
        *,
        limit: int,
        after: str | None = None,
        where: TrackFilter = TrackFilter(),
        order: TrackOrder | None = None,
    ) -> tuple[list[TrackSource], str | None]:
        tracks, following = self._page(self._matching(where), limit, after, order)
        return list(map(TrackSource.of, tracks)), following

    async def embedded(
        self, *, after: str | None = None, where: TrackFilter = TrackFilter()
    ) -> AsyncGenerator[EmbeddedTrack, None]:
        tracks, _ = await self.list_tracks(limit=len(self._tracks), after=after, where=where)
        for track in tracks:
            yield self._tracks[track.track_id]

    async def facets(
        self, where: TrackFilter = TrackFilter(), *, minimum_probability: float | None = None
    ) -> Mapping[str, list[FacetCount]]:
        counts: dict[str, Counter[str]] = {}
        tracks = list(self._matching(where))
        for name, predicted in PREDICTED_LABELS.items():
            minimum = probability_from(name, minimum_probability)
            if name not in ONLY_HEARD:
                counts[name] = Counter(
                    label for track in tracks for label in set(LABEL_FILTERS[name](track.metadata))
                )
            counts[f"predicted_{name}"] = Counter(
                label for track in tracks for label in heard_labels(predicted(track), minimum)
            )
        return {name: sorted_facets(count.items()) for name, count in counts.items()}

    async def ranges(
        self, number: str, where: TrackFilter = TrackFilter(), asked: Sequence[CountedRange] = ()
    ) -> CountedRanges:
        places = [order_number(track, number) for track in self._matching(where)]
        known = sorted(one for one in places if one is not None)
        ranges = list(asked)
        if not ranges and number == "year":
            decades = {decade_of(year) for year in known}
            ranges = sorted(decades, key=lambda one: one.minimum)[-MOST_RANGES:]
            if len(decades) > MOST_RANGES:
                ranges[0] = replace(ranges[0], minimum=decade_of(known[0]).minimum)
        ranges = ranges or ranges_of(DURATION_BOUNDS if number != "year" else ())
        return CountedRanges(
            [replace(one, tracks=sum(1 for value in known if one.holds(value))) for one in ranges],
            places.count(None),
        )

    async def count(self, where: TrackFilter) -> int:
        return sum(1 for _ in self._matching(where))

    async def info(self) -> IndexInfo:
        segments = sum(len(track.segments) for track in self._tracks.values())
        return IndexInfo(self._space, self._dimension, len(self._tracks), segments)

    def _page(
        self, tracks: Iterable[Track], limit: int, after: str | None, order: TrackOrder | None
    ) -> tuple[list[Track], str | None]:
        if order is not None:
            return _ordered_page(tracks, limit, after, order)
        start = None if after is None else parse_cursor(after)
        points = {track_point_id(track.track_id): track for track in tracks}
        rest = [point for point in sorted(points) if start is None or point >= start]
        following = str(rest[limit]) if len(rest) > limit else None
        return [points[point] for point in rest[:limit]], following

    def _matching(self, where: TrackFilter) -> Iterable[Track]:
        return (entry.track for entry in self._tracks.values() if where.matches(entry.track))

    def _stacked(self, granularity: Granularity) -> _Rows:
        if granularity not in self._rows:
            vectors: list[Vector] = []
            owners: list[str] = []
            passages: list[tuple[float, float]] = []
            for key in sorted(self._tracks):
                entry = self._tracks[key]
                if granularity is not Granularity.PASSAGES:
                    of_songs = granularity is Granularity.TRACKS
                    vector = entry.vector if of_songs else entry.genre_vector
                    if vector is not None:
                        vectors.append(vector)
                        owners.append(key)
                    continue
                vectors.extend(segment.vector for segment in entry.segments)
                owners.extend(key for _ in entry.segments)
                passages.extend((part.start_seconds, part.end_seconds) for part in entry.segments)
            of_genres = granularity is Granularity.GENRES
            length = (self._genre_dimension or 1) if of_genres else self._dimension
            stacked = np.array(vectors, dtype=np.float64).reshape(-1, length)
            self._rows[granularity] = _Rows(stacked, owners, passages)
        return self._rows[granularity]


def _ordered_page(
    tracks: Iterable[Track], limit: int, after: str | None, order: TrackOrder
) -> tuple[list[Track], str | None]:
    entries = {_entry(track, order): track for track in tracks}
    start = None if after is None else Entry.at(after)
    # A page begins where its first track stood, also when that one is gone.
    places = in_order({*entries, *([] if start is None else [start])}, order.descending)
    first = 0 if start is None else places.index(start)
    rest = [entry for entry in places[first:] if entry in entries]
    following = rest[limit].cursor() if len(rest) > limit else None
    return [entries[entry] for entry in rest[:limit]], following


def _entry(track: Track, order: TrackOrder) -> Entry:
    return Entry(track_point_id(track.track_id), *(order_place(track, order.by) or (None, "")))
