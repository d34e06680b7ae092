"""Candidates by the seed that is most similar: one engine search for each seed, merged exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segue.index.order import ranked
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.query.candidates import KnownSeeds, leave_out, only_these, scaled
from segue.query.seed_points import Point
from segue.query.similarities import MOST_COMPARED_INLINE, compare
from segue.tracks import Granularity, Neighbour, TrackFilter
from segue.turns import Pace

DEEPEST = 4_000
"""Most answers that a seed's search is asked for, however many of them lie nearer to a seed
against."""

_GROWTH = 4
_ROUNDING = 1e-6

_SPARE = 8
"""Seeds that are reckoned with among the first answers for one of them."""

_LEAST_COMPARED = 32


def best_scores(
    similarities: npt.NDArray[np.float32], weights: Sequence[float]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Scores by the best seed, and which one that is.

    The largest of the similarities to the seeds for, each times its weight over the largest weight.
    A track that is more similar to a seed against than to any seed for gets -1 - (1 + s) / 2 for
    its similarity s to that: below all others, the less the nearer it is.

    Parameters
    ----------
    similarities
        Shape (tracks, seeds), in [-1, 1].
    weights
        One for each seed; negative: it counts against. At least one is positive.

    Returns
    -------
    tuple
        Shape (tracks,): the scores, float64; places of the best seeds for.
    """
    wanted = np.flatnonzero(np.asarray(weights) > 0)
    against = np.flatnonzero(np.asarray(weights) < 0)
    shares = np.asarray(weights)[wanted] / max(weights)
    towards = similarities[:, wanted].astype(np.float64)
    weighted = towards * shares
    best = wanted[weighted.argmax(axis=1)]
    scores = weighted.max(axis=1)
    if len(against):
        away = similarities[:, against].astype(np.float64).max(axis=1)
        behind = away > towards.max(axis=1)
        scores = np.where(behind, -1.0 - (1.0 + away) / 2.0, scores)
    return scores, best


class _Towards(NamedTuple):
    """What was found, and its best similarity to the seeds for, as they weigh."""

    score: float
    neighbour: Neighbour

    def scored(self) -> Neighbour:
        """With its score as similarity."""
        return replace(
            self.neighbour, similarity=self.score, to_best_seed=self.neighbour.similarity
        )


class BestOfSeeds:
    """Candidates by the best of several points, less those that are nearer to one against.

    Parameters
    ----------
    points
        At least one of positive weight.
    queries
        Shape (points, dimension): what stored vectors are multiplied by; in the genre space, the
        points themselves.
    whole
        As that of ``IndexQuery``.
    """

    def __init__(
        self,
        index: TrackIndex,
        seeds: KnownSeeds,
        points: Sequence[Point],
        queries: npt.NDArray[np.float64],
        granularity: Granularity,
        *,
        whole: bool = True,
    ) -> None:
        self._index = index
        self._seeds = seeds
        self._weights = [one.weight for one in points]
        self._queries = queries
        self._granularity = granularity
        self._whole = whole
        self._scales = [1.0] * len(queries)
        if granularity is not Granularity.GENRES:
            lengths = np.linalg.norm(queries, axis=1)
            # Rounding is no weighing.
            self._scales = np.where(abs(lengths - 1) < _ROUNDING, 1.0, lengths).tolist()
        self._against = any(weight < 0 for weight in self._weights)
        self.engine_searches = 0

    @property
    def seeds(self) -> KnownSeeds:
        return self._seeds

    async def nearest(
        self, limit: int, where: TrackFilter, *, with_vectors: bool = False
    ) -> list[Neighbour]:
        if limit <= 0:
            return []
        # Without seeds against, the first ``limit`` of every seed hold the first of all. With some,
        # it is looked further until what is not seen yet cannot be better.
        depths = {place: limit for place, weight in enumerate(self._weights) if weight > 0}
        answers: dict[int, list[Neighbour]] = {}
        exact: dict[str, Neighbour] = {}
        asked = dict(depths)
        while True:
            answers |= await self._asked(asked, where, with_vectors)
            found = await self._towards(answers)
            if self._against:
                await self._compare_best(found, exact, limit)
                best = ranked(list(exact.values()), limit)
            else:
                best = [one.scored() for one in found[:limit]]
            asked = {}
            if self._against:
                last = best[-1].similarity if len(best) == limit else -np.inf
                for place, depth in depths.items():
                    if self._may_hold_better(answers[place], depth, place, last):
                        asked[place] = min(DEEPEST, depth * _GROWTH)
            if not asked:
                return best
            depths |= asked

    async def among(self, track_ids: Sequence[str], where: TrackFilter) -> list[Neighbour]:
        chosen = [one for one in dict.fromkeys(track_ids) if one not in self._seeds.track_ids]
        if not chosen:
            return []
        only = only_these(where, chosen)
        queries = [
            replace(self._query(place, len(chosen), only), exact=True)
            for place in range(len(self._weights))
        ]
        found = await self._index.search_many(queries)
        self.engine_searches += len(queries)
        by_place = [
            {one.track.track_id: scaled(one, scale) for one in answer}
            for answer, scale in zip(found, self._scales, strict=True)
        ]
        names = [name for name in by_place[0] if all(name in answer for answer in by_place)]
        if not names:
            return []
        values = np.array(
            [[answer[name].similarity for answer in by_place] for name in names], dtype=np.float32
        )
        scores, best = best_scores(values, self._weights)
        merged = [
            replace(
                by_place[place][name],
                similarity=float(np.float32(score)),
                to_best_seed=by_place[place][name].similarity,
            )
            for name, score, place in zip(names, scores, best, strict=True)
        ]
        return ranked(merged, len(merged))

    def _query(
        self, place: int, limit: int, where: TrackFilter, *, with_vectors: bool = False
    ) -> IndexQuery:
        return IndexQuery(
            self._queries[place].astype(np.float32),
            limit,
            where=where,
            granularity=self._granularity,
            with_vectors=with_vectors,
            whole=self._whole,
        )

    async def _asked(
        self, depths: Mapping[int, int], where: TrackFilter, with_vectors: bool
    ) -> dict[int, list[Neighbour]]:
        more, without_seeds = leave_out(self._seeds.track_ids, where)
        spare = min(more, _SPARE)
        left = await self._left(
            {place: (depth, depth + spare) for place, depth in depths.items()},
            without_seeds,
            with_vectors,
        )
        # More seeds than were reckoned with may lie among the first.
        again = {
            place: (depth, depth + more)
            for place, depth in depths.items()
            if spare < more and left[place] is None
        }
        left |= await self._left(again, without_seeds, with_vectors) if again else {}
        return {place: answer or [] for place, answer in left.items()}

    async def _left(
        self, asked: Mapping[int, tuple[int, int]], where: TrackFilter, with_vectors: bool
    ) -> dict[int, list[Neighbour] | None]:
        """What is left of the answers of points without the seeds.

        Parameters
        ----------
        asked
            By the place of the point, how many are to be left, and how many are asked for.

        Returns
        -------
        dict
            None: so many seeds were among them that too few are left.
        """
        found = await self._index.search_many(
            [
                self._query(place, number, where, with_vectors=with_vectors)
                for place, (_, number) in asked.items()
            ]
        )
        self.engine_searches += len(asked)
        answers: dict[int, list[Neighbour] | None] = {}
        pace = Pace()
        for (place, (depth, number)), answer in zip(asked.items(), found, strict=True):
            left = [one for one in answer if one.track.track_id not in self._seeds.track_ids]
            few = len(left) < depth and len(answer) == number
            scale = self._scales[place]
            if scale != 1.0:
                left = [scaled(one, scale) for one in left[:depth]]
            answers[place] = None if few else left[:depth]
            await pace.step()
        return answers

    async def _compare_best(
        self, found: Sequence[_Towards], exact: dict[str, Neighbour], limit: int
    ) -> None:
        """Score what may be among the best ``limit``, with every seed; what has its score stays.

        Parameters
        ----------
        found
            The best first: none can score more than it has.
        """
        waiting = [one for one in found if one.neighbour.track.track_id not in exact]
        most = min(max(limit, _LEAST_COMPARED), MOST_COMPARED_INLINE)
        start = 0
        while start < len(waiting):
            scores = sorted((one.similarity for one in exact.values()), reverse=True)
            if len(scores) >= limit and waiting[start].score < scores[limit - 1] - _ROUNDING:
                return
            piece = [one.neighbour for one in waiting[start : start + most]]
            exact.update((one.track.track_id, one) for one in await self._scored(piece))
            start += len(piece)

    async def _scored(self, tracks: Sequence[Neighbour]) -> list[Neighbour]:
        """Tracks with their scores as similarities."""
        compared = await compare(self._index, self._granularity, self._queries, tracks)
        scores, best = best_scores(compared.values, self._weights)
        merged = []
        for row, (one, score, place) in enumerate(zip(tracks, scores, best, strict=True)):
            passage = compared.passage(row, int(place))
            passages = one.passages if passage is None else (passage,)
            merged.append(
                replace(
                    one,
                    similarity=float(np.float32(score)),
                    passages=passages,
                    to_best_seed=float(compared.values[row, place]),
                )
            )
        return merged

    async def _towards(self, answers: Mapping[int, Sequence[Neighbour]]) -> list[_Towards]:
        """All that was found, by its best similarity to the seeds for, as they weigh, falling."""
        largest = max(self._weights)
        merged: dict[str, tuple[float, Neighbour]] = {}
        pace = Pace()
        for place, answer in answers.items():
            share = self._weights[place] / largest
            for one in answer:
                score = one.similarity * share
                known = merged.get(one.track.track_id)
                if known is None or score > known[0]:
                    merged[one.track.track_id] = score, one
            await pace.step()
        scores = np.array([score for score, _ in merged.values()], dtype=np.float32).tolist()
        found = [
            _Towards(score, one) for score, (_, one) in zip(scores, merged.values(), strict=True)
        ]
        found.sort(key=lambda one: (-one.score, one.neighbour.track.track_id))
        return found

    def _may_hold_better(
        self, answer: Sequence[Neighbour], depth: int, place: int, last: float
    ) -> bool:
        if len(answer) < depth or depth >= DEEPEST:
            return False
        share = self._weights[place] / max(self._weights)
        return answer[-1].similarity * share > last + _ROUNDING
