"""Candidates of a search for passages: each track with its best ones, the seed's own track too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segue.index.order import ranked
from segue.index.port import TrackIndex
from segue.query.candidates import KnownSeeds, NearestToOne
from segue.seeds import PassageSeed
from segue.tracks import Neighbour, Passage, TrackFilter

_FETCHED_FOR_EACH = 3
"""Passages read for each that is shown: those that overlap are dropped."""


def apart(passages: Sequence[Passage], most: int) -> tuple[Passage, ...]:
    """The best of passages, best first, of which no two overlap by more than half of the shorter.

    Parameters
    ----------
    passages
        Best first.
    """
    kept: list[Passage] = []
    for one in passages:
        if len(kept) < most and not any(_overlap_half(one, other) for other in kept):
            kept.append(one)
    return tuple(kept)


class PassageCandidates:
    """Tracks by their passages.

    Parameters
    ----------
    nearest
        Compares passages with the seed.
    own
        The passage that is the seed, whose track answers too, with its other passages; None: no
        track of the seed's answers.
    passages_each
        Most passages that a track shows.
    """

    def __init__(
        self,
        index: TrackIndex,
        nearest: NearestToOne,
        own: PassageSeed | None,
        passages_each: int,
    ) -> None:
        self._index = index
        nearest.passages_each = _FETCHED_FOR_EACH * passages_each
        self._nearest = nearest
        self._own = own
        self._passages_each = passages_each
        seeds = nearest.seeds
        self._seeds = seeds if own is None else replace(seeds, track_ids=frozenset())

    @property
    def seeds(self) -> KnownSeeds:
        return self._seeds

    @property
    def engine_searches(self) -> int:
        return self._nearest.engine_searches

    async def nearest(
        self, limit: int, where: TrackFilter, *, with_vectors: bool = False
    ) -> list[Neighbour]:
        found = await self._nearest.nearest(limit, where, with_vectors=with_vectors)
        own = await self._own_track(where, with_vectors)
        return ranked([*map(self._shown, found), *own], limit)

    async def among(self, track_ids: Sequence[str], where: TrackFilter) -> list[Neighbour]:
        found = [self._shown(one) for one in await self._nearest.among(track_ids, where)]
        if self._own is not None and self._own.track_id in track_ids:
            found += await self._own_track(where, with_vectors=False)
        return ranked(found, len(found))

    def _shown(self, neighbour: Neighbour) -> Neighbour:
        return replace(neighbour, passages=apart(neighbour.passages, self._passages_each))

    async def _own_track(self, where: TrackFilter, with_vectors: bool) -> list[Neighbour]:
        """The seed's track by the passages that are not the seed itself, where it has such."""
        if self._own is None:
            return []
        name = self._own.track_id
        track = (await self._index.get([name])).get(name)
        if track is None or not where.matches(track):
            return []
        segments = (await self._index.passages([name])).get(name, ())
        compared = self._nearest.compared(segments)
        end = self._own.start_seconds + self._own.length_seconds
        seed = Passage(self._own.start_seconds, end, 1.0)
        others = apart([one for one in compared if not _same(one, seed)], self._passages_each)
        if not others:
            return []
        vector = (await self._index.vectors([name])).get(name) if with_vectors else None
        return [Neighbour(track, others[0].similarity, others, vector)]


def _same(passage: Passage, seed: Passage) -> bool:
    """Whether a stored passage is the seed's, or the one that holds it where it has no length."""
    if seed.end_seconds <= seed.start_seconds:
        return passage.start_seconds <= seed.start_seconds < passage.end_seconds
    return _overlap_half(passage, seed)


def _overlap_half(one: Passage, other: Passage) -> bool:
    overlap = min(one.end_seconds, other.end_seconds) - max(one.start_seconds, other.start_seconds)
    shorter = min(one.end_seconds - one.start_seconds, other.end_seconds - other.start_seconds)
    return overlap > shorter / 2
