"""What seeds stand for, read from the index, the model and the listeners' plays."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from segue.embedding.model import ModelCard
from segue.embedding.pooling import song_vector
from segue.errors import (
    GenreSpaceMissing,
    InvalidArgument,
    PassageMissing,
    SpaceMismatch,
)
from segue.index.port import TrackIndex
from segue.index.validation import unit_vector
from segue.interactions import InteractionKind, RecentPlay
from segue.notation import text_key
from segue.query.clips import Clip, ClipEmbedder
from segue.query.seed_points import Point
from segue.query.tastes import tastes
from segue.seeds import (
    ArtistSeed,
    ClipSeed,
    ListenerSeed,
    MatchLevel,
    PassageSeed,
    PlaylistSeed,
    Seed,
    TrackSeed,
    VectorSeed,
    WeightedSeed,
)
from segue.tracks import LabelMatch, Matrix, Segment, TrackFilter, Vector

MOST_ARTIST_TRACKS = 1_000
"""Of an artist with more, the first so many of the catalogue's order stand for all."""

PLAY_WEIGHTS: Mapping[InteractionKind, float] = {
    InteractionKind.PLAY: 1.0,
    InteractionKind.LIKE: 2.0,
}
"""What a listener's interactions count, by kind. Skips and dislikes count nothing: they say more
about the moment than about the sound."""


class RecentPlays(Protocol):
    """What listeners did lately."""

    async def plays(self, user_id: str) -> Sequence[RecentPlay]:
        """The newest interactions of a listener, in any order; empty where none are known.

        Raises
        ------
        QueueUnavailable
            When they cannot be read.
        """
        ...


@dataclass(slots=True)
class ReadSeed:
    """What one seed stands for.

    Attributes
    ----------
    points
        Its vectors, at the level that is compared.
    passages
        Shape (n, dimension), in order of time, where each passage is compared by itself.
    track_ids
        Tracks of the catalogue that it is made of.
    unknown
        What of it is not known, by name.
    """

    seed: WeightedSeed
    points: list[Point] = field(default_factory=list)
    passages: Matrix | None = None
    track_ids: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class SeedReading:
    """Reads the seeds of one search, with as few questions to the index as it takes.

    Parameters
    ----------
    card
        The served model; None: it is not known, so that no clip can be heard.
    plays
        None: nothing is known of listeners.
    """

    def __init__(
        self,
        index: TrackIndex,
        card: ModelCard | None,
        clips: ClipEmbedder | None,
        plays: RecentPlays | None,
        level: MatchLevel,
        now: datetime | None = None,
    ) -> None:
        self._index = index
        self._card = card
        self._clips = clips
        self._plays = plays
        self._level = level
        self._now = datetime.now(UTC) if now is None else now
        self._vectors: dict[str, Vector] = {}
        self._segments: Mapping[str, Sequence[Segment]] = {}
        self._known: set[str] = set()

    async def read(self, seeds: Sequence[WeightedSeed]) -> list[ReadSeed]:
        """What each of the seeds stands for, in their order.

        Raises
        ------
        AudioError, EmbedderUnavailable, DeadlineExceeded
            Of clips.
        SpaceMismatch
            When a vector is of another space.
        PassageMissing, GenreSpaceMissing
            When a track has not what is compared.
        InvalidArgument
            When a seed has not what is compared at all, such as a vector in the genre space.
        IndexUnavailable, QueueUnavailable
            When the index, or what is known of listeners, does not answer.
        """
        members = [await self._members(one.seed) for one in seeds]
        await self._look_up(seeds, members)
        return [await self._read(one, weights) for one, weights in zip(seeds, members, strict=True)]

    async def _members(self, seed: Seed) -> dict[str, float]:
        """Tracks that a seed is made of, with their weights in it."""
        if isinstance(seed, TrackSeed | PassageSeed):
            return {seed.track_id: 1.0}
        if isinstance(seed, PlaylistSeed):
            return dict.fromkeys(sorted(seed.track_ids), 1.0)
        if isinstance(seed, ArtistSeed):
            by_them = TrackFilter(artists=LabelMatch(any_of=(text_key(seed.artist),)))
            sources, _ = await self._index.list_sources(limit=MOST_ARTIST_TRACKS, where=by_them)
            return dict.fromkeys(sorted(one.track_id for one in sources), 1.0)
        if isinstance(seed, ListenerSeed):
            return await self._played(seed)
        return {}

    async def _played(self, seed: ListenerSeed) -> dict[str, float]:
        if self._plays is None:
            return {}
        weights: dict[str, float] = {}
        for track_id, when, kind in await self._plays.plays(seed.user_id):
            days = max(0.0, (self._now - when).total_seconds() / 86_400)
            weight = PLAY_WEIGHTS.get(kind, 0.0) * 0.5 ** (days / seed.half_life_days)
            if weight > 0:
                weights[track_id] = weights.get(track_id, 0.0) + weight
        return dict(sorted(weights.items()))

    async def _look_up(
        self, seeds: Sequence[WeightedSeed], members: Sequence[Mapping[str, float]]
    ) -> None:
        with_passages: set[str] = set()
        whole: set[str] = set()
        for one, tracks in zip(seeds, members, strict=True):
            by_passages = isinstance(one.seed, PassageSeed) or (
                self._level is MatchLevel.LATE_INTERACTION and isinstance(one.seed, TrackSeed)
            )
            (with_passages if by_passages else whole).update(tracks)
        if with_passages:
            self._segments = await self._index.passages(sorted(with_passages))
            bare = sorted(with_passages - self._segments.keys())
            self._known = with_passages - set(bare)
            if bare:
                self._known |= await self._index.existing(bare)
        if not whole:
            return
        if self._level is MatchLevel.GENRE_SPACE:
            self._vectors = await self._index.genre_vectors(sorted(whole))
            bare = sorted(whole - self._vectors.keys())
            self._known |= self._vectors.keys()
            if bare:
                self._known |= await self._index.existing(bare)
        else:
            self._vectors = await self._index.vectors(sorted(whole))
            self._known |= self._vectors.keys()

    async def _read(self, one: WeightedSeed, members: Mapping[str, float]) -> ReadSeed:
        seed = one.seed
        if isinstance(seed, VectorSeed):
            return self._of_vector(one, seed)
        if isinstance(seed, ClipSeed):
            return await self._of_clip(one, seed)
        known = [track_id for track_id in members if track_id in self._known]
        if not known:
            return ReadSeed(one, unknown=self._names(one, members))
        if isinstance(seed, PassageSeed):
            return self._of_passage(one, seed)
        if self._level is MatchLevel.LATE_INTERACTION:
            return self._of_whole_track(one, known)
        missing = [track_id for track_id in members if track_id not in self._known]
        # What an artist or a listener has besides is gone since; of a playlist it was named.
        named = isinstance(seed, PlaylistSeed)
        return ReadSeed(
            one,
            await self._points(one, known, members),
            track_ids=tuple(known),
            unknown=tuple(f"track {track_id}" for track_id in missing) if named else (),
        )

    def _names(self, one: WeightedSeed, members: Mapping[str, float]) -> tuple[str, ...]:
        if isinstance(one.seed, PlaylistSeed):
            return tuple(f"track {track_id}" for track_id in members)
        if isinstance(one.seed, ListenerSeed):
            return (f"{one.seed.name} of {one.field}",)
        return (one.seed.name,)

    def _of_vector(self, one: WeightedSeed, seed: VectorSeed) -> ReadSeed:
        if seed.space and seed.space != self._index.space:
            raise SpaceMismatch(
                f"{one.field}.embedding is of the space {seed.space!r}, but the catalogue is "
                f"searched in {self._index.space!r}"
            )
        if self._level in (MatchLevel.GENRE_SPACE, MatchLevel.LATE_INTERACTION):
            raise InvalidArgument(
                f"{one.field}.embedding",
                "a vector has neither passages nor shares of genres: give a track or a clip",
            )
        vector = unit_vector(seed.vector, self._index.dimension, f"{one.field}.embedding")
        return ReadSeed(one, [Point(vector, one.weight)])

    async def _of_clip(self, one: WeightedSeed, seed: ClipSeed) -> ReadSeed:
        if self._clips is None or self._card is None:
            raise InvalidArgument(f"{one.field}.clip", "no audio can be heard here: give tracks")
        clip = Clip(seed.audio, seed.start_seconds, seed.length_seconds)
        heard = await self._clips.heard(clip, self._card)
        if self._level is MatchLevel.LATE_INTERACTION:
            return ReadSeed(one, passages=heard.passages)
        if self._level is not MatchLevel.GENRE_SPACE:
            return ReadSeed(one, [Point(heard.vector, one.weight)])
        if heard.genre_shares is None:
            raise GenreSpaceMissing(f"{one.field}.clip: the model gives no shares of genres")
        return ReadSeed(one, [Point(heard.genre_shares, one.weight)])

    def _of_passage(self, one: WeightedSeed, seed: PassageSeed) -> ReadSeed:
        if self._level is MatchLevel.GENRE_SPACE:
            raise InvalidArgument(
                f"{one.field}.passage",
                "the genre space knows whole tracks: give the track, or the passage as a clip",
            )
        rows, weights = passage_rows(self._segments.get(seed.track_id, ()), seed, one.field)
        read = ReadSeed(one, track_ids=(seed.track_id,))
        if self._level is MatchLevel.LATE_INTERACTION:
            read.passages = rows
        else:
            read.points = [Point(self._pooled(rows, weights), one.weight)]
        return read

    def _of_whole_track(self, one: WeightedSeed, known: Sequence[str]) -> ReadSeed:
        if not isinstance(one.seed, TrackSeed):
            raise InvalidArgument(
                one.field, "late interaction takes one seed with passages: a track, passage or clip"
            )
        (track_id,) = known
        segments = self._segments.get(track_id, ())
        if not segments:
            raise PassageMissing(f"the track {track_id!r} has no passages: only a vector was given")
        rows = np.array([segment.vector for segment in segments], dtype=np.float32)
        return ReadSeed(one, passages=rows, track_ids=(track_id,))

    async def _points(
        self, one: WeightedSeed, known: Sequence[str], members: Mapping[str, float]
    ) -> list[Point]:
        having = [track_id for track_id in known if track_id in self._vectors]
        if not having:
            raise GenreSpaceMissing(f"{one.seed.name}: no shares of genres are known of it")
        rows = np.array([self._vectors[track_id] for track_id in having], dtype=np.float32)
        if len(having) == 1:
            return [Point(rows[0], one.weight)]
        weights = np.array([members[track_id] for track_id in having])
        # Comparing a thousand tracks with one another takes a quarter of a second.
        groups = await asyncio.to_thread(tastes, rows, weights)
        return [
            Point(
                self._pooled(rows[list(group.members)], weights[list(group.members)]),
                one.weight,
                group.share,
            )
            for group in groups
        ]

    def _pooled(self, rows: Matrix, weights: npt.NDArray[np.float64]) -> Vector:
        mean = (weights / weights.sum()) @ rows.astype(np.float64)
        if self._level is MatchLevel.GENRE_SPACE:
            shares: Vector = mean.astype(np.float32)
            return shares
        return song_vector(mean[None, :], () if self._card is None else self._card.halves)


def passage_rows(
    segments: Sequence[Segment], seed: PassageSeed, field: str = "seed"
) -> tuple[Matrix, npt.NDArray[np.float64]]:
    """Vectors of the stored passages that a passage overlaps, and by how many seconds each.

    Where its length is 0, it is the one stored passage that holds its start, of several the one
    whose middle is nearest.

    Returns
    -------
    tuple
        Shape (n, dimension) and (n,), n >= 1, in order of time.

    Raises
    ------
    PassageMissing
        When there is none.
    """
    start, end = seed.start_seconds, seed.start_seconds + seed.length_seconds
    chosen: list[tuple[Segment, float]] = []
    if seed.length_seconds > 0:
        overlaps = (
            (one, min(end, one.end_seconds) - max(start, one.start_seconds)) for one in segments
        )
        chosen = [(one, overlap) for one, overlap in overlaps if overlap > 0]
    else:
        holding = [one for one in segments if one.start_seconds <= start < one.end_seconds]
        if holding:
            nearest = min(
                holding, key=lambda one: abs(one.start_seconds + one.end_seconds - 2 * start)
            )
            chosen = [(nearest, 1.0)]
    if not chosen:
        length = (
            f"{seed.length_seconds:g} s from {start:g} s" if seed.length_seconds else f"{start:g} s"
        )
        has = f"they end at {segments[-1].end_seconds:g} s" if segments else "there are none"
        raise PassageMissing(
            f"{field}.passage: the track {seed.track_id!r} has no passage at {length}; {has}"
        )
    rows = np.array([one.vector for one, _ in chosen], dtype=np.float32)
    return rows, np.array([overlap for _, overlap in chosen], dtype=np.float64)
