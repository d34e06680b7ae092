"""Candidates by late interaction: each passage of the seed against those of a track.

The score of a track is the mean, over the seed's passages, of the most similar passage of the
track: ColBERT's rule (Khattab and Zaharia, 2020), with the mean for the sum.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from segue.index.order import clipped, ranked
from segue.index.passages import MOST_AT_ONCE
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.index.slices import slices
from segue.query.candidates import KnownSeeds, leave_out, only_these
from segue.query.similarities import by_passages
from segue.tracks import Granularity, Neighbour, Track, TrackFilter
from segue.turns import Pace

MOST_PASSAGES = 12
"""Of a seed with more, so many that lie evenly are compared."""

DEEPEST = 2_000
"""Most tracks that the search by one passage of the seed is asked for."""

_SHALLOWEST = 50
_GROWTH = 4
_READ_AT_ONCE = 16
_MOST_READ_AT_ONCE = 64
_ROUNDING = 1e-6
_PASSAGES_OF_A_TRACK = 4
"""So many of one are looked for among a passage's nearest."""


def thinned(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """At most ``MOST_PASSAGES`` of the rows, evenly, with the first and the last."""
    if len(rows) <= MOST_PASSAGES:
        return rows
    kept = np.linspace(0, len(rows) - 1, MOST_PASSAGES).round().astype(int)
    some: npt.NDArray[np.float32] = rows[kept]
    return some


@dataclass(slots=True)
class _Found:
    """What the searches by single passages say of tracks.

    Attributes
    ----------
    bounds
        By track id, the mean of the most that each passage of the seed can find in it: what it
        found, or where its answer ends.
    unseen
        Most that a track can score that no answer holds; -inf where there is none.
    """

    bounds: dict[str, float]
    unseen: float


def _passages(answer: Sequence[Neighbour]) -> int:
    return sum(len(one.passages) for one in answer)


class _Compared:
    """Tracks whose scores are known, and the best so many of them.

    Attributes
    ----------
    known
        Ids of those that need not be compared any more: they were, or are gone.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._exact: dict[str, Neighbour] = {}
        self._best_scores: list[float] = []
        self.known: set[str] = set()

    @property
    def last(self) -> float:
        """Score of the last that is an answer; -inf while there are not enough."""
        return self._best_scores[0] if len(self._best_scores) == self._limit else -math.inf

    @property
    def missing(self) -> int:
        """How many answers there are too few."""
        return self._limit - len(self._best_scores)

    def add(self, track_ids: Sequence[str], scored: Sequence[Neighbour]) -> None:
        """Take the scores of those of the tracks that have some."""
        self.known.update(track_ids)
        for one in scored:
            self._exact[one.track.track_id] = one
            if self.missing:
                heapq.heappush(self._best_scores, one.similarity)
            else:
                heapq.heappushpop(self._best_scores, one.similarity)

    def drop(self, track_ids: Iterable[str]) -> None:
        """Forget tracks that are gone."""
        for name in track_ids:
            del self._exact[name]
        scores = (one.similarity for one in self._exact.values())
        self._best_scores = heapq.nlargest(self._limit, scores)
        heapq.heapify(self._best_scores)

    def best(self) -> list[Neighbour]:
        """The answers, best first, ties by rising track id."""
        return ranked(list(self._exact.values()), self._limit)


class LateInteraction:
    """Candidates by the mean of the best matches of a seed's passages.

    Engines are asked for the tracks nearest to each passage. A track's score is at most the mean of
    what these answers leave open, so tracks are compared exactly in the order of that bound until
    the next one, seen or not, cannot be better (the threshold algorithm of Fagin, Lotem and Naor,
    2003). Beyond ``DEEPEST`` tracks for each passage it looks no further.

    Parameters
    ----------
    queries
        Shape (passages, dimension), at least one: what stored passages are multiplied by.
    """

    def __init__(
        self, index: TrackIndex, seeds: KnownSeeds, queries: npt.NDArray[np.float64]
    ) -> None:
        self._index = index
        self._seeds = seeds
        self._queries = queries
        self._scales = np.linalg.norm(queries, axis=1)
        self.engine_searches = 0

    @property
    def seeds(self) -> KnownSeeds:
        return self._seeds

    async def nearest(
        self, limit: int, where: TrackFilter, *, with_vectors: bool = False
    ) -> list[Neighbour]:
        del with_vectors  # who wants them of the answers reads those
        if limit <= 0:
            return []
        depth = min(DEEPEST, max(_SHALLOWEST, 2 * limit))
        compared = _Compared(limit)
        # Few tracks may crowd a list of passages, and it mostly leaves open too little to matter:
        # a list of so many tracks, which takes the engine more than one search, comes after it.
        found = await self._searched(depth, where, counts_passages=True)
        await self._compare_best(found, compared)
        while found.unseen > compared.last + _ROUNDING:
            found = await self._searched(depth, where)
            await self._compare_best(found, compared)
            if depth >= DEEPEST:
                break
            depth = min(DEEPEST, depth * _GROWTH)
        return await self._answers(compared, found)

    async def among(self, track_ids: Sequence[str], where: TrackFilter) -> list[Neighbour]:
        chosen = [one for one in dict.fromkeys(track_ids) if one not in self._seeds.track_ids]
        only = only_these(where, chosen)
        tracks = [one for one in (await self._index.get(chosen)).values() if only.matches(one)]
        by_id = {one.track_id: one for one in tracks}
        found = [
            replace(one, track=by_id[one.track.track_id])
            for names in slices(by_id, _MOST_READ_AT_ONCE)
            for one in await self._scored(names)
        ]
        return ranked(found, len(found))

    async def _searched(
        self, depth: int, where: TrackFilter, *, counts_passages: bool = False
    ) -> _Found:
        more, without_seeds = leave_out(self._seeds.track_ids, where)
        asked = depth + more
        if counts_passages:
            asked = min(MOST_AT_ONCE, _PASSAGES_OF_A_TRACK * asked)
        answers = await self._index.search_many(
            [
                IndexQuery(
                    query.astype(np.float32),
                    asked,
                    where=without_seeds,
                    granularity=Granularity.PASSAGES,
                    only_ids=True,
                    counts_passages=counts_passages,
                )
                for query in self._queries
            ]
        )
        self.engine_searches += len(answers)
        sizes = [_passages(one) if counts_passages else len(one) for one in answers]
        return await self._bounded(answers, [size < asked for size in sizes])

    async def _bounded(
        self, answers: Sequence[Sequence[Neighbour]], whole: Sequence[bool]
    ) -> _Found:
        """What answers leave open of each track; of those that are whole nothing is missing."""
        ends = [
            -np.inf if all_of_it else scale * min(one.passages[-1].similarity for one in answer)
            for answer, all_of_it, scale in zip(answers, whole, self._scales.tolist(), strict=True)
        ]
        similarities: dict[str, list[float]] = {}
        pace = Pace()
        for place, (answer, scale) in enumerate(zip(answers, self._scales.tolist(), strict=True)):
            for one in answer:
                bounds = similarities.get(one.track.track_id)
                if bounds is None:
                    bounds = similarities[one.track.track_id] = ends.copy()
                bounds[place] = clipped(one.similarity * scale)
            await pace.step()
        for name in self._seeds.track_ids:
            similarities.pop(name, None)
        if not similarities:
            return _Found({}, float(np.mean(ends)))
        means = np.mean(list(similarities.values()), axis=1)
        return _Found(dict(zip(similarities, means.tolist(), strict=True)), float(np.mean(ends)))

    async def _compare_best(self, found: _Found, compared: _Compared) -> None:
        waiting = [name for name in found.bounds if name not in compared.known]
        order = np.argsort([-found.bounds[name] for name in waiting], kind="stable").tolist()
        start = 0
        while start < len(order):
            if found.bounds[waiting[order[start]]] < compared.last - _ROUNDING:
                return
            size = min(max(_READ_AT_ONCE, compared.missing), _MOST_READ_AT_ONCE)
            names = [waiting[place] for place in order[start : start + size]]
            compared.add(names, await self._scored(names))
            start += size

    async def _answers(self, compared: _Compared, found: _Found) -> list[Neighbour]:
        """The best of what was compared, with the tracks of those that are still there."""
        while True:
            best = compared.best()
            tracks = await self._index.get([one.track.track_id for one in best])
            gone = [one.track.track_id for one in best if one.track.track_id not in tracks]
            if not gone:
                return [replace(one, track=tracks[one.track.track_id]) for one in best]
            compared.drop(gone)
            await self._compare_best(found, compared)

    async def _scored(self, names: Sequence[str]) -> list[Neighbour]:
        """Those that have passages, with their score and the best passage, and no more."""
        segments = await self._index.passages(names)
        left = [name for name in names if segments.get(name)]
        compared = by_passages(self._queries, [segments[name] for name in left])
        scores = compared.values.mean(axis=1, dtype=np.float64).astype(np.float32)
        answers = []
        for row, (name, score) in enumerate(zip(left, scores.tolist(), strict=True)):
            values = compared.values[row]
            ties = [compared.passage(row, int(at)) for at in np.flatnonzero(values == values.max())]
            best = min((one for one in ties if one is not None), key=lambda at: at.start_seconds)
            answers.append(Neighbour(Track(name), score, (best,)))
        return answers
