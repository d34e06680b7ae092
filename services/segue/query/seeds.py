"""From the seeds of a search to its candidates: what they stand for is read, and weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from segue.embedding.halves import sound_shares, weighed
from segue.embedding.model import ModelCard
from segue.errors import InvalidArgument, ListenerUnknown, SeedsUnknown, TrackNotFound
from segue.index.port import TrackIndex
from segue.query.best_score import BestOfSeeds
from segue.query.candidates import Candidates, KnownSeeds, NearestToOne
from segue.query.clips import ClipEmbedder
from segue.query.late_interaction import LateInteraction, thinned
from segue.query.seed_points import average
from segue.query.seed_reading import ReadSeed, RecentPlays, SeedReading
from segue.seeds import ListenerSeed, MatchLevel, PassageSeed, Seeds, SeedStrategy, TrackSeed
from segue.tracks import Granularity, Track

Queries: TypeAlias = npt.NDArray[np.float64]
"""Shape (n, dimension), or (dimension,): what stored vectors are multiplied by to be compared."""


class SeedSearch:
    """Finds the candidates of seeds.

    Parameters
    ----------
    clips
        None: clips are refused.
    plays
        None: every listener is unknown.
    """

    def __init__(self, clips: ClipEmbedder | None = None, plays: RecentPlays | None = None) -> None:
        self._clips = clips
        self._plays = plays

    async def candidates(
        self,
        index: TrackIndex,
        card: ModelCard | None,
        seeds: Seeds,
        *,
        with_tracks: bool = True,
        with_vectors: bool = True,
        whole: bool = True,
    ) -> Candidates:
        """Read the seeds; what is similar to them is searched for when the candidates are asked.

        Parameters
        ----------
        card
            The served model; None: it is not known.
        with_tracks, with_vectors
            Whether ``KnownSeeds`` shall say so much of the seeds. Without vectors, a stored track
            is not even read: the engine compares it by its id, and whether it exists is found out
            by the search.
        whole
            Whether the candidates bring all that is known of them, as in ``IndexQuery``.

        Raises
        ------
        TrackNotFound
            When the single seed is a track, or a passage of one, that does not exist.
        ListenerUnknown
            When it is a listener of whom nothing is known.
        SeedsUnknown
            When others are not known, unless they are to be skipped and some for are left.
        HalvesMissing, InvalidArgument
            When what is compared cannot be weighed, or not with these seeds.
        AudioError, SpaceMismatch, InvalidVector, PassageMissing, GenreSpaceMissing
            As ``SeedReading.read``.
        Unavailable
            When index, model or the listeners' plays do not answer.
        """
        _check_level(seeds)
        if seeds.sound_weight is not None:
            sound_shares(() if card is None else card.halves, seeds.sound_weight)
        by_id = _stored_track(seeds)
        if by_id and seeds.sound_weight is None and not with_vectors:
            known = KnownSeeds(frozenset((by_id,)), await _tracks(index, (by_id,), with_tracks))
            return NearestToOne(
                index,
                known,
                None,
                track_id=by_id,
                granularity=seeds.level.granularity,
                whole=whole,
            )
        reading = SeedReading(index, card, self._clips, self._plays, seeds.level)
        read = await reading.read(seeds.seeds)
        unknown = tuple(dict.fromkeys(name for one in read for name in one.unknown))
        left = _left(read, unknown, seeds, index.space)
        every = frozenset(name for one in left for name in one.track_ids)
        wanted = {name for one in left if one.seed.weight > 0 for name in one.track_ids}
        known = KnownSeeds(
            every,
            await _tracks(index, sorted(wanted), with_tracks),
            unknown=unknown,
            against_ids=every - wanted,
            several=len(left) > 1,
        )
        if seeds.level is MatchLevel.LATE_INTERACTION:
            (passages,) = (one.passages for one in left if one.passages is not None)
            queries = weighed_queries(thinned(passages), card, seeds.sound_weight)
            return LateInteraction(index, known, queries)
        points = [point for one in left for point in one.points]
        if _strategy(seeds, left) is SeedStrategy.BEST_SCORE and len(points) > 1:
            rows = np.array([one.vector for one in points], dtype=np.float32)
            towards = rows[[one.weight > 0 for one in points]]
            return BestOfSeeds(
                index,
                known if seeds.level is MatchLevel.GENRE_SPACE else replace(known, towards=towards),
                points,
                weighed_queries(rows, card, seeds.sound_weight),
                seeds.level.granularity,
                whole=whole,
            )
        if seeds.level is MatchLevel.GENRE_SPACE:
            shares = points[0].vector if len(points) == 1 else average(points, of_shares=True)
            return NearestToOne(index, known, shares, granularity=Granularity.GENRES, whole=whole)
        vector = points[0].vector if len(points) == 1 else average(points)
        query = weighed_queries(vector, card, seeds.sound_weight)
        return NearestToOne(
            index,
            replace(known, vector=vector, towards=vector[None, :]),
            query.astype(np.float32),
            granularity=seeds.level.granularity,
            scale=1.0 if seeds.sound_weight is None else float(np.linalg.norm(query)),
            whole=whole,
        )


def weighed_queries(
    vectors: npt.ArrayLike, card: ModelCard | None, sound_weight: float | None
) -> Queries:
    """What stored vectors are multiplied by to be compared with these, sound and style weighed.

    Parameters
    ----------
    vectors
        Shape (n, dimension) or (dimension,), of unit length.
    sound_weight
        None: as the model weighs them.

    Raises
    ------
    HalvesMissing
        When the model does not tell sound and style apart, and they are to be weighed.
    """
    if sound_weight is None:
        return np.asarray(vectors, dtype=np.float64)
    halves = () if card is None else card.halves
    return weighed(vectors, halves, sound_shares(halves, sound_weight))


def _check_level(seeds: Seeds) -> None:
    if seeds.level is MatchLevel.LATE_INTERACTION and len(seeds.seeds) != 1:
        raise InvalidArgument(
            "match_level", "late interaction takes one seed: a track, a passage or a clip"
        )
    if seeds.level is MatchLevel.GENRE_SPACE and seeds.sound_weight is not None:
        raise InvalidArgument("sound_weight", "the genre space has no sound and no style to weigh")


def _stored_track(seeds: Seeds) -> str:
    """Id of the track that is the only seed, and is compared as it is stored; empty: none is."""
    if not seeds.single or seeds.level is MatchLevel.LATE_INTERACTION:
        return ""
    seed = seeds.seeds[0].seed
    return seed.track_id if isinstance(seed, TrackSeed) else ""


async def _tracks(index: TrackIndex, track_ids: Sequence[str], wanted: bool) -> tuple[Track, ...]:
    return tuple((await index.get(track_ids)).values()) if wanted and track_ids else ()


def _left(
    read: Sequence[ReadSeed], unknown: Sequence[str], seeds: Seeds, space: str
) -> list[ReadSeed]:
    """The seeds that are known, where it may go on with them."""
    left = [one for one in read if one.points or one.passages is not None]
    if seeds.single and not left:
        seed = seeds.seeds[0].seed
        if isinstance(seed, TrackSeed | PassageSeed):
            raise TrackNotFound(seed.track_id, space)
        if isinstance(seed, ListenerSeed):
            raise ListenerUnknown("nothing is known of what this listener played")
    nothing = not any(one.seed.weight > 0 for one in left)
    if nothing or (unknown and not seeds.skip_unknown):
        error = SeedsUnknown(unknown)
        if nothing and seeds.skip_unknown:
            error.next_step = "Give at least one seed that the catalogue knows, of positive weight."
        raise error
    return left


def _strategy(seeds: Seeds, left: Sequence[ReadSeed]) -> SeedStrategy:
    if seeds.strategy is not None:
        return seeds.strategy
    towards = [one for one in left if one.seed.weight > 0]
    if len(towards) == 1 and len(towards[0].points) > 1:
        return SeedStrategy.BEST_SCORE
    return SeedStrategy.AVERAGE
