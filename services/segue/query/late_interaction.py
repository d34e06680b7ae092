"""Candidates by late interaction: each passage of the seed against those of a track.

The score of a track is the mean, over the seed's passages, of the most similar passage of the
track: ColBERT's rule (Khattab and Zaharia, 2020), with the mean for the sum.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from segue.index.order import clipped, ranked
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.query.candidates import KnownSeeds, leave_out, only_these
from segue.query.similarities import by_passages
from segue.tracks import Granularity, Neighbour, Segment, TrackFilter

MOST_PASSAGES = 12
"""Of a seed with more, so many that lie evenly are compared."""

DEEPEST = 2_000
"""Most tracks that the search by one passage of the seed is asked for."""

_SHALLOWEST = 50
_GROWTH = 4
_READ_AT_ONCE = 16
_ROUNDING = 1e-6


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
        Most that each passage of the seed can find in a track: what it found, or where its answer
        ends.
    unseen
        Most that a track can score that no answer holds; -inf where there is none.
    """

    tracks: dict[str, Neighbour] = field(default_factory=dict)
    bounds: dict[str, float] = field(default_factory=dict)
    unseen: float = -np.inf


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
    whole
        As that of ``IndexQuery``.
    """

    def __init__(
        self,
        index: TrackIndex,
        seeds: KnownSeeds,
        queries: npt.NDArray[np.float64],
        *,
        whole: bool = True,
    ) -> None:
        self._index = index
        self._whole = whole
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
        if limit <= 0:
            return []
        depth = min(DEEPEST, max(_SHALLOWEST, 2 * limit))
        exact: dict[str, Neighbour] = {}
        while True:
            found = await self._searched(depth, where, with_vectors)
            await self._compare_best(found, exact, limit)
            best = ranked(list(exact.values()), limit)
            last = best[-1].similarity if len(best) == limit else -np.inf
            if depth >= DEEPEST or found.unseen <= last + _ROUNDING:
                return best
            depth = min(DEEPEST, depth * _GROWTH)

    async def among(self, track_ids: Sequence[str], where: TrackFilter) -> list[Neighbour]:
        chosen = [one for one in dict.fromkeys(track_ids) if one not in self._seeds.track_ids]
        only = only_these(where, chosen)
        tracks = [one for one in (await self._index.get(chosen)).values() if only.matches(one)]
        compared = await self._scored([Neighbour(one, 0.0) for one in tracks])
        return ranked(compared, len(compared))

    async def _searched(self, depth: int, where: TrackFilter, with_vectors: bool) -> _Found:
        more, without_seeds = leave_out(self._seeds.track_ids, where)
        answers = await self._index.search_many(
            [
                IndexQuery(
                    query.astype(np.float32),
                    depth + more,
                    where=without_seeds,
                    granularity=Granularity.PASSAGES,
                    with_vectors=with_vectors,
                    whole=self._whole,
                )
                for query in self._queries
            ]
        )
        self.engine_searches += len(answers)
        # Thousands of tracks, each by every passage of the seed: others are not kept waiting.
        return await asyncio.to_thread(self._bounded, answers, depth + more)

    def _bounded(self, answers: Sequence[Sequence[Neighbour]], asked: int) -> _Found:
        """What answers leave open of each track, where so many neighbours were asked for."""
        found = _Found()
        ends: list[float] = []
        for answer, scale in zip(answers, self._scales, strict=True):
            whole = len(answer) < asked
            ends.append(-np.inf if whole else answer[-1].similarity * float(scale))
        similarities: dict[str, list[float]] = {}
        for place, (answer, scale) in enumerate(zip(answers, self._scales, strict=True)):
            for one in answer:
                name = one.track.track_id
                if name in self._seeds.track_ids:
                    continue
                found.tracks.setdefault(name, one)
                bounds = similarities.setdefault(name, list(ends))
                bounds[place] = clipped(one.similarity * float(scale))
        if similarities:
            means = np.mean(list(similarities.values()), axis=1)
            found.bounds = dict(zip(similarities, means.tolist(), strict=True))
        found.unseen = float(np.mean(ends))
        return found

    async def _compare_best(self, found: _Found, exact: dict[str, Neighbour], limit: int) -> None:
        waiting = sorted(
            (name for name in found.tracks if name not in exact),
            key=lambda name: (-found.bounds[name], name),
        )
        for start in range(0, len(waiting), _READ_AT_ONCE):
            scores = sorted((one.similarity for one in exact.values()), reverse=True)
            last = scores[limit - 1] if len(scores) >= limit else -np.inf
            if found.bounds[waiting[start]] < last - _ROUNDING:
                return
            names = waiting[start : start + _READ_AT_ONCE]
            for one in await self._scored([found.tracks[name] for name in names]):
                exact[one.track.track_id] = one

    async def _scored(self, neighbours: Sequence[Neighbour]) -> list[Neighbour]:
        """Those that have passages, with their score and the best passage."""
        segments = await self._index.passages([one.track.track_id for one in neighbours])
        return await asyncio.to_thread(self._compared, neighbours, segments)

    def _compared(
        self, neighbours: Sequence[Neighbour], segments: Mapping[str, Sequence[Segment]]
    ) -> list[Neighbour]:
        left = [one for one in neighbours if segments.get(one.track.track_id)]
        compared = by_passages(self._queries, [segments[one.track.track_id] for one in left])
        scores = compared.values.mean(axis=1, dtype=np.float64).astype(np.float32)
        answers = []
        for row, (one, score) in enumerate(zip(left, scores.tolist(), strict=True)):
            values = compared.values[row]
            ties = [compared.passage(row, int(at)) for at in np.flatnonzero(values == values.max())]
            best = min((one for one in ties if one is not None), key=lambda at: at.start_seconds)
            answers.append(Neighbour(one.track, score, (best,), one.vector))
        return answers
