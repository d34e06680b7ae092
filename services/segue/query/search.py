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
from segue.query.candidates import Candidates
from segue.query.copies import Copies
from segue.ranking.collaborative import CollaborativeSource, ScoreQuery, ask
from segue.ranking.fusion import fuse, ordered
from segue.tracks import Neighbour, Track, TrackFilter

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
    candidates
        Of the index that is searched, in the order of the seeds.
    offset, size
        Answers on the pages before, and on this one.
    all_copies
        Whether to answer with every copy of a recording. Otherwise each is answered by the copy
        that comes first in the order, the seed's too.
    """

    candidates: Candidates
    offset: int
    size: int
    where: TrackFilter = TrackFilter()
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
        TrackNotFound, InvalidVector, GenreSpaceMissing, IndexUnavailable
            As ``Candidates.nearest``.
        """
        if query.mix is not None:
            return await self._mixed(index, query, query.mix)
        end = min(query.offset + query.size, MOST_SEARCH_ANSWERS)
        copies = None if query.all_copies else Copies(index)
        found = await self._distinct(query, end + 1, copies)
        answers = [Ranked(one, one.similarity) for one in found[query.offset : end]]
        await _count_others(answers, copies)
        return Page(answers, more=len(found) > end and end < MOST_SEARCH_ANSWERS)

    async def _mixed(self, index: TrackIndex, query: SimilarityQuery, mix: Mix) -> Page:
        copies = None if query.all_copies else Copies(index)
        found = await self._distinct(query, CANDIDATES, copies)
        status, message = MixStatus.USED, ""
        scores: Mapping[str, float] = {}
        try:
            scores = await self._scores(query, mix, found)
        except CollaborativeUnavailable as error:
            status, message = MixStatus.UNAVAILABLE, str(error)
        found = [*found, *await self._suggested(query, scores, found)]
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
        self, query: SimilarityQuery, limit: int, copies: Copies | None
    ) -> list[Neighbour]:
        """The nearest tracks, one of each recording, as many as there are.

        Copies lie near one another. Where an answer holds some, all others of their recordings are
        excluded within another search, which makes up for them.
        """
        found = await self._acoustic(query.candidates, limit, query.where)
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
            found = await self._acoustic(query.candidates, limit, where)
            # What was found stays: with another filter, an approximate search may miss it.
            everything |= {one.track.track_id: one for one in found}
            in_order = sorted(
                everything.values(), key=lambda one: (-one.similarity, one.track.track_id)
            )
            shown = copies.first_of_each(in_order, _track_of)[:limit]
        return shown

    async def _acoustic(
        self, candidates: Candidates, limit: int, where: TrackFilter
    ) -> list[Neighbour]:
        started = time.perf_counter()
        found = await candidates.nearest(limit, where)
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
                    seed_track_ids=tuple(sorted(query.candidates.seeds.track_ids)),
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
        query: SimilarityQuery,
        scores: Mapping[str, float],
        found: Sequence[Neighbour],
    ) -> list[Neighbour]:
        known = {one.track.track_id for one in found}
        new = [track for track in scores if track not in known]
        return await query.candidates.among(new, query.where) if new else []


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
