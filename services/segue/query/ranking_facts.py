"""What a learned ranker looks at besides similarity and scores, of the candidates of one search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from segue.embedding.halves import Half, half_cosines
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.query.candidates import KnownSeeds
from segue.tracks import Granularity, Track, TrackFilter, Vector
from segue.variety import albums_of, artists_of

_HALVES = ("sound", "style")


@dataclass(slots=True)
class RankingFacts:
    """Facts by track id; what is missing is not known.

    Attributes
    ----------
    passage, genre, sound, style
        Similarities to the seed, where there is one.
    seed_artists, seed_albums
        Of all seeds that count for, as filters compare them.
    """

    passage: dict[str, float] = field(default_factory=dict)
    genre: dict[str, float] = field(default_factory=dict)
    sound: dict[str, float] = field(default_factory=dict)
    style: dict[str, float] = field(default_factory=dict)
    seed_artists: frozenset[str] = frozenset()
    seed_albums: frozenset[str] = frozenset()

    def same_artist(self, track: Track) -> float:
        """1 when a track has an artist of a seed, else 0."""
        return float(not self.seed_artists.isdisjoint(artists_of(track)))

    def same_album(self, track: Track) -> float:
        """1 when a track is of an album of a seed's, else 0."""
        return float(not self.seed_albums.isdisjoint(albums_of(track)))


class FactFinder:
    """Asks the index for what a ranker uses, and for nothing else.

    Where several seeds are compared one by one there is no one passage or half to be similar to, so
    these are not known then.

    Parameters
    ----------
    uses
        Names of the features that the ranker looks at.
    halves
        Of the served model.
    """

    def __init__(
        self, index: TrackIndex, seeds: KnownSeeds, uses: Collection[str], halves: Sequence[Half]
    ) -> None:
        self._index = index
        self._seeds = seeds
        self._uses = frozenset(uses)
        self._halves = tuple(halves) if {half.name for half in halves} >= set(_HALVES) else ()
        self._asked: set[str] = set()
        self._vector: Vector | None = None
        self._genre: Vector | None = None
        self._begun = False
        self.facts = RankingFacts()
        self.engine_searches = 0

    async def learn(self, track_ids: Collection[str]) -> None:
        """Find out about candidates that were not asked about before."""
        if not self._begun:
            self._begun = True
            await self._learn_seeds()
        new = sorted(set(track_ids) - self._asked)
        if not new:
            return
        self._asked.update(new)
        await self._compare(new)
        if self._vector is not None and self._halves and self._uses & set(_HALVES):
            vectors = await self._index.vectors(new)
            if vectors:
                names = list(vectors)
                rows = np.array([vectors[name] for name in names], dtype=np.float64)
                cosines = np.clip(rows @ half_cosines(self._vector, self._halves).T, -1.0, 1.0)
                for half, values in zip(self._halves, cosines.T.tolist(), strict=True):
                    if half.name in _HALVES:
                        getattr(self.facts, half.name).update(zip(names, values, strict=True))

    async def _learn_seeds(self) -> None:
        seeds = self._seeds
        of_one = len(seeds.track_ids) == 1 and not seeds.several
        only = next(iter(seeds.track_ids)) if of_one else None
        if self._uses & {"same_artist", "same_album"}:
            tracks: Collection[Track] = seeds.tracks
            if not tracks and seeds.towards_ids:
                tracks = (await self._index.get(sorted(seeds.towards_ids))).values()
            self.facts.seed_artists = frozenset[str]().union(*map(artists_of, tracks))
            self.facts.seed_albums = frozenset[str]().union(*map(albums_of, tracks))
        if self._uses & {"passage", *_HALVES}:
            self._vector = seeds.vector
            if self._vector is None and only is not None:
                self._vector = (await self._index.vectors((only,))).get(only)
        if "genre" in self._uses and only is not None:
            self._genre = (await self._index.genre_vectors((only,))).get(only)

    async def _compare(self, track_ids: Sequence[str]) -> None:
        where = TrackFilter(only_track_ids=tuple(track_ids))
        asked: list[tuple[dict[str, float], IndexQuery]] = []
        for used, vector, granularity, found in (
            ("passage", self._vector, Granularity.PASSAGES, self.facts.passage),
            ("genre", self._genre, Granularity.GENRES, self.facts.genre),
        ):
            if used in self._uses and vector is not None:
                query = IndexQuery(
                    vector, len(track_ids), where=where, granularity=granularity, exact=True
                )
                asked.append((found, query))
        if not asked:
            return
        answers = await self._index.search_many([query for _, query in asked])
        self.engine_searches += len(asked)
        for (found, _), answer in zip(asked, answers, strict=True):
            found.update((one.track.track_id, one.similarity) for one in answer)
