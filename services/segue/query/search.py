"""The search itself, in terms of the domain: candidates from both sides, mixed into one order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from segue import deadlines, telemetry
from segue.callers import handed_on
from segue.errors import CollaborativeUnavailable
from segue.index.port import TrackIndex
from segue.limits import MOST_SEARCH_ANSWERS
from segue.mix import Mix, MixStatus
from segue.query.copies import Copies
from segue.ranking.collaborative import CollaborativeSource, ScoreQuery, ask
from segue.ranking.fusion import fuse, ordered
from segue.tracks import Granularity, Neighbour, Track, TrackFilter, Vector

CANDIDATES = 200
"""Acoustic candidates of a mixed search: all its pages together rank these and the suggestions."""

SUGGESTIONS = 50
"""Tracks that a collaborative source may add to a mixed search."""

_TIME_FOR_HOOK = 0.8
"""Share of the caller's remaining time that the collaborative source may use up."""


@dataclass(frozen=True, slots=True)
class SimilarityQuery:
    """One page of a search.

    Attributes
    ----------
    seed_track_id
        Track that ``vector`` belongs to: never among its own answers. Empty for other seeds.
    offset, size
        Answers on the pages before, and on this one.
    all_copies
        Whether to answer with every copy of a recording. Otherwise each is answered by the copy
        that comes first in the order, the seed's too.
    """

    vector: Vector
    offset: int
    size: int
    seed_track_id: str = ""
    where: TrackFilter = TrackFilter()
    granularity: Granularity = Granularity.TRACKS
    mix: Mix | None = None
    all_copies: bool = False


@dataclass(slots=True)
class Ranked:
    """One answer; without a mix its score is its similarity.

    Attributes
    ----------
    others
        Number of other tracks that are the same recording; 0 when every copy is asked for.
    """

    neighbour: Neighbour
    score: float
    collaborative_score: float | None = None
    others: int = 0


@dataclass(slots=True)
class Page:
    """Answers of one page; ``more`` says whether another follows."""

    answers: Sequence[Ranked]
    more: bool
    mix_status: MixStatus = MixStatus.NOT_ASKED
    mix_message: str = ""


class SimilaritySearch:
    """Searches one index, and asks one collaborative source."""

    def __init__(
        self, source: CollaborativeSource | None, *, collaborative_timeout_seconds: float
    ) -> None:
        self._source = source
        self._collaborative_timeout_seconds = collaborative_timeout_seconds
        self._observe_ann = _stage("ann")
        self._observe_collaborative = _stage("collaborative")
        self._observe_fuse = _stage("fuse")

    async def page(self, index: TrackIndex, query: SimilarityQuery) -> Page:
        """Answer one page.

        Raises
        ------
        InvalidVector
            When the seed's vector has the wrong length, is not finite, or has no direction.
        IndexUnavailable
            When the index does not answer.
        """
        if query.mix is not None:
            return await self._mixed(index, query, query.mix)
        end = min(query.offset + query.size, MOST_SEARCH_ANSWERS)
        copies = None if query.all_copies else Copies(index)
        found = await self._distinct(index, query, end + 1, copies)
        answers = [Ranked(one, one.similarity) for one in found[query.offset : end]]
        await _count_others(answers, copies)
        return Page(answers, more=len(found) > end and end < MOST_SEARCH_ANSWERS)

    async def _mixed(self, index: TrackIndex, query: SimilarityQuery, mix: Mix) -> Page:
        copies = None if query.all_copies else Copies(index)
        found = await self._distinct(index, query, CANDIDATES, copies)
        status, message = MixStatus.USED, ""
        scores: Mapping[str, float] = {}
        try:
            scores = await self._scores(query, mix, found)
        except CollaborativeUnavailable as error:
            status, message = MixStatus.UNAVAILABLE, str(error)
        found = [*found, *await self._suggested(index, query, scores, found)]
        started = time.perf_counter()
        known = {one.track.track_id for one in found}
        scores = {track: score for track, score in scores.items() if track in known}
        if status is MixStatus.USED and not scores:
            status = MixStatus.NO_SCORES
        ranked = _fused(found, scores, mix)
        if copies is not None:
            ranked = copies.first_of_each(ranked, _track_of_ranked)
        end = query.offset + query.size
        page = Page(ranked[query.offset : end], len(ranked) > end, status, message)
        self._observe_fuse(time.perf_counter() - started)
        telemetry.COLLABORATIVE_TOTAL.labels(status.value).inc()
        await _count_others(page.answers, copies)
        return page

    async def _distinct(
        self, index: TrackIndex, query: SimilarityQuery, limit: int, copies: Copies | None
    ) -> list[Neighbour]:
        """The nearest tracks, one of each recording, as many as there are.

        Copies lie near one another. Where an answer holds some, all others of their recordings are
        excluded within another search, which makes up for them.
        """
        found = await self._acoustic(index, query, limit)
        if copies is None:
            return found
        shown = copies.first_of_each(found, _track_of)
        everything = {one.track.track_id: one for one in found}
        excluded: set[str] = set()
        while len(shown) < limit <= len(found):
            hidden = await copies.hidden(map(_track_of, everything.values()), map(_track_of, shown))
            if hidden <= excluded:
                break
            excluded |= hidden
            left_out = tuple(sorted(excluded.union(query.where.exclude_track_ids)))
            where = replace(query.where, exclude_track_ids=left_out)
            found = await self._acoustic(index, replace(query, where=where), limit)
            # What was found stays: with another filter, an approximate search may miss it.
            everything |= {one.track.track_id: one for one in found}
            in_order = sorted(
                everything.values(), key=lambda one: (-one.similarity, one.track.track_id)
            )
            shown = copies.first_of_each(in_order, _track_of)[:limit]
        return shown

    async def _acoustic(
        self, index: TrackIndex, query: SimilarityQuery, limit: int
    ) -> list[Neighbour]:
        started = time.perf_counter()
        # Dropping the seed afterwards is cheaper than a filter, and one more makes up for it.
        found = await index.search(
            query.vector,
            limit=limit + 1 if query.seed_track_id else limit,
            where=query.where,
            granularity=query.granularity,
        )
        if query.seed_track_id:
            found = [one for one in found if one.track.track_id != query.seed_track_id][:limit]
        self._observe_ann(time.perf_counter() - started)
        return found

    async def _scores(
        self, query: SimilarityQuery, mix: Mix, found: Sequence[Neighbour]
    ) -> Mapping[str, float]:
        if mix.scores is not None:
            return mix.scores
        if self._source is None:
            raise CollaborativeUnavailable(
                "no collaborative source is configured (SEGUE_COLLABORATIVE_URL is empty)"
            )
        started = time.perf_counter()
        left = _TIME_FOR_HOOK * deadlines.remaining_seconds(float("inf"))
        try:
            return await ask(
                self._source,
                ScoreQuery(
                    user_id=mix.user_id,
                    seed_track_ids=(query.seed_track_id,) if query.seed_track_id else (),
                    candidate_track_ids=[one.track.track_id for one in found],
                    suggestion_limit=SUGGESTIONS,
                    where=query.where,
                    caller_metadata=handed_on(),
                ),
                timeout_seconds=min(self._collaborative_timeout_seconds, left),
            )
        finally:
            self._observe_collaborative(time.perf_counter() - started)

    async def _suggested(
        self,
        index: TrackIndex,
        query: SimilarityQuery,
        scores: Mapping[str, float],
        found: Sequence[Neighbour],
    ) -> list[Neighbour]:
        known = {one.track.track_id for one in found}
        new = tuple(
            track for track in scores if track not in known and track != query.seed_track_id
        )
        if not new:
            return []
        return await index.search(
            query.vector,
            limit=len(new),
            where=replace(query.where, only_track_ids=new),
            granularity=query.granularity,
            exact=True,
        )


async def _count_others(answers: Sequence[Ranked], copies: Copies | None) -> None:
    if copies is not None:
        numbers = await copies.others([one.neighbour.track for one in answers])
        for answer, others in zip(answers, numbers, strict=True):
            answer.others = others


def _track_of(neighbour: Neighbour) -> Track:
    return neighbour.track


def _track_of_ranked(answer: Ranked) -> Track:
    return answer.neighbour.track


def _fused(found: Sequence[Neighbour], scores: Mapping[str, float], mix: Mix) -> list[Ranked]:
    neighbours = {one.track.track_id: one for one in found}
    acoustic = {track: one.similarity for track, one in neighbours.items()}
    final = fuse(acoustic, scores, method=mix.method, weight=mix.weight) if scores else acoustic
    return [Ranked(neighbours[track], final[track], scores.get(track)) for track in ordered(final)]


def _stage(name: str) -> Callable[[float], None]:
    observe: Callable[[float], None] = telemetry.QUERY_STAGE_SECONDS.labels(name).observe
    return observe
