"""The search itself, in terms of the domain: from candidates to one page of answers.

Its stages: *candidates* are searched for, the collaborative side is *mixed* in, the scores are
*boosted*, all is put in its *order*, in which the rules of variety *drop* what is too much; what is
dropped is made up for by further searches. What is left is the *page*.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from segue import telemetry
from segue.catalogues import DEFAULT_CATALOGUE
from segue.embedding.halves import Half
from segue.index.port import TrackIndex
from segue.limits import MOST_SEARCH_ANSWERS
from segue.mix import CANDIDATES, Mix, MixStatus
from segue.query.candidates import Candidates
from segue.query.copies import Copies
from segue.query.mixing import Mixed, Mixing
from segue.query.ordering import Ordered, ordered
from segue.query.pool import Pool
from segue.query.ranking_facts import FactFinder
from segue.query.rules import Drop, Exclusions, Rules
from segue.query.scoring import Ranked, Scoring
from segue.query.shown import Shown
from segue.ranking.boosts import Popularity
from segue.ranking.collaborative import CollaborativeSource
from segue.ranking.ranker import Ranker, Rankers
from segue.tracks import TrackFilter
from segue.variety import Boost, PopularityBoost, Variety

MOST_SEARCHES = 24
"""Searches of the engine for one page. Each finds at least one more answer, while there are any,
and mostly all that are missing."""

_LEAST_REORDERED = 100
_REORDERED_PER_ANSWER = 5
_MOST_BEHIND = 2_000

_MOST_ORDERED_AT_ONCE = 500
"""Candidates whose order takes a few milliseconds, so that nobody else is kept waiting."""

_MOST_COMPARED_AT_ONCE = 5_000
"""Pairs of candidates and answers that are compared for diversity within a millisecond."""


@dataclass(frozen=True, slots=True)
class SimilarityQuery:
    """One page of a search.

    Attributes
    ----------
    candidates
        Of the index that is searched, in the order of the seeds.
    size
        Most answers of this page.
    shown
        Answers of the pages before.
    all_copies
        Whether to answer with every copy of a recording. Otherwise each is answered by the copy
        that comes first in the order, the seed's too.
    halves
        Of the served model, for a ranker that looks at them.
    whole_tracks
        Whether song vectors are compared, as a ranker has learned from.
    """

    candidates: Candidates
    size: int
    shown: Shown
    where: TrackFilter = TrackFilter()
    mix: Mix | None = None
    all_copies: bool = False
    variety: Variety = Variety()
    boosts: tuple[Boost, ...] = ()
    halves: tuple[Half, ...] = ()
    whole_tracks: bool = True


@dataclass(slots=True)
class Explanation:
    """How a page came about.

    Attributes
    ----------
    candidates
        By the stage that found them: ``acoustic``, ``collaborative``.
    dropped
        By reason.
    engine_searches
        Searches that the engine was asked for.
    ranker
        What the order was made by.
    fallback
        One sentence when less was done than was asked for.
    """

    candidates: Mapping[str, int]
    dropped: Mapping[Drop, int]
    engine_searches: int
    ranker: str
    fallback: str = ""


@dataclass(slots=True)
class Page:
    """Answers of one page; ``more`` says whether another follows.

    Attributes
    ----------
    acoustic
        Ids of the tracks that were found by similarity; others were suggested.
    """

    answers: list[Ranked]
    more: bool
    explanation: Explanation
    mix_status: MixStatus = MixStatus.NOT_ASKED
    mix_message: str = ""
    acoustic: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Plan:
    """How much a page takes.

    Attributes
    ----------
    first
        Candidates that the first search asks for.
    wanted
        Answers for which further searches are made, with one that tells whether a page follows.
    """

    first: int
    wanted: int


@dataclass(slots=True)
class _Running:
    """One page while it is made."""

    query: SimilarityQuery
    plan: _Plan
    pool: Pool
    rules: Rules
    scoring: Scoring
    copies: Copies | None
    finder: FactFinder | None = None
    searches: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: {"ann": 0.0, "fuse": 0.0})


class SimilaritySearch:
    """Makes pages of searches in one catalogue.

    Parameters
    ----------
    source
        Collaborative source of mixed searches.
    popularity
        None: no track is known to be popular.
    rankers
        Gives the published one; None: scores are fused.
    """

    def __init__(
        self,
        source: CollaborativeSource | None,
        *,
        collaborative_timeout_seconds: float,
        popularity: Popularity | None = None,
        rankers: Rankers | None = None,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._mixing = Mixing(
            source, timeout_seconds=collaborative_timeout_seconds, catalogue=catalogue
        )
        self._popularity = popularity
        self._rankers = rankers
        # 0 is shown before the first one.
        for drop in Drop:
            telemetry.SEARCH_DROPPED.labels(drop.value)
        for missing in ("ranker", "variety"):
            telemetry.SEARCH_FALLBACKS.labels(missing)

    async def page(self, index: TrackIndex, query: SimilarityQuery) -> Page:
        """Answer one page.

        Raises
        ------
        InvalidVector, TrackNotFound, GenreSpaceMissing, IndexUnavailable
            As ``Candidates.nearest``.
        """
        seeds = query.candidates.seeds
        ranker, fallback = self._fitting(index.space, query)
        with_vectors = bool(query.variety.diversity)
        running = _Running(
            query,
            _plan(query),
            Pool(index, query.candidates, query.where, with_vectors=with_vectors),
            Rules.of(
                query.variety,
                seeds.track_ids,
                seeds.tracks,
                query.shown,
                all_copies=query.all_copies,
            ),
            Scoring(query.shown.began.year, boosts=query.boosts),
            None if query.all_copies else Copies(index),
        )
        if query.mix is None:
            return await _page(running, await self._filled(running, running.rules), Mixed(), "")
        # The other side is asked about enough that may be answers; their order comes afterwards.
        alike = replace(running.rules, variety=replace(query.variety, diversity=0.0))
        await self._filled(running, alike)
        mixed = await self._mixing.mixed(running.pool, query.mix, seeds, query.where)
        running.scoring = replace(
            running.scoring,
            mix=query.mix,
            scores=mixed.scores,
            personal=mixed.personal,
            ranker=ranker,
        )
        if ranker is not None:
            running.finder = FactFinder(index, seeds, ranker.uses, query.halves)
        return await _page(running, await self._filled(running, running.rules), mixed, fallback)

    def _fitting(self, space: str, query: SimilarityQuery) -> tuple[Ranker | None, str]:
        """The ranker, where the search leaves the order to it, or why there is none."""
        mix = query.mix
        if self._rankers is None or mix is None or not mix.leaves_order_open:
            return None, ""
        if mix.scores is not None or not query.whole_tracks:
            return None, ""  # no ranker has learned from these
        return self._rankers.fitting(space)

    async def _filled(self, running: _Running, rules: Rules) -> Ordered:
        """Search until there are enough answers, or no more."""
        pool, wanted = running.pool, running.plan.wanted
        if not running.searches:
            await _search(running, running.plan.first, Exclusions())
        while True:
            await self._learn_popularity(running)
            if running.finder is not None and running.scoring.scores:
                await running.finder.learn(pool.found.keys())
                running.scoring = replace(running.scoring, facts=running.finder.facts)
            started = time.perf_counter()
            result = await _ordered(pool, running.scoring, rules, running.query.size + 1)
            running.seconds["fuse"] += time.perf_counter() - started
            missing = wanted - len(result.answers)
            if missing <= 0 and not result.stuck:
                return result
            exclusions = await _exclusions(running, result)
            if missing <= 0:
                # What ends a run can only be by others. As many as are asked for may be needed.
                exclusions = replace(exclusions, artists=exclusions.artists | result.stuck)
                missing = wanted
            if running.searches >= MOST_SEARCHES or pool.is_empty_under(exclusions):
                return result
            unseen = len(running.query.shown) - sum(
                drop is Drop.SHOWN_BEFORE for drop in result.turns.dropped.values()
            )
            # Ever more: where much is full, what is found fills the next artist or album.
            behind = min((missing + unseen) << running.searches, _MOST_BEHIND)
            await _search(running, pool.left(exclusions) + behind, exclusions)

    async def _learn_popularity(self, running: _Running) -> None:
        asked = any(isinstance(one, PopularityBoost) for one in running.query.boosts)
        if self._popularity is None or not (asked or running.scoring.ranker is not None):
            return
        new = running.pool.found.keys() - running.scoring.popularity.keys()
        if new:
            known = self._popularity.of(new)
            popularity = {**running.scoring.popularity, **dict.fromkeys(new, 0.0), **known}
            running.scoring = replace(running.scoring, popularity=popularity)


async def _ordered(pool: Pool, scoring: Scoring, rules: Rules, limit: int) -> Ordered:
    """Order what was found; where that takes long, beside the event loop."""
    number = len(pool.found)
    compared = number * min(limit, number) if rules.variety.diversity else 0
    if number > _MOST_ORDERED_AT_ONCE or compared > _MOST_COMPARED_AT_ONCE:
        return await asyncio.to_thread(ordered, pool, scoring, rules, limit)
    return ordered(pool, scoring, rules, limit)


def _plan(query: SimilarityQuery) -> _Plan:
    before = len(query.shown)
    wanted = min(query.size, MOST_SEARCH_ANSWERS - before) + 1
    first = before + wanted
    if query.variety.drops:
        first += wanted // 2 + 10
    if query.variety.diversity or query.boosts:
        reordered = max(_LEAST_REORDERED, _REORDERED_PER_ANSWER * query.size)
        first = max(first, before + reordered)
    if query.boosts:
        first = max(first, before + CANDIDATES)
    if query.mix is not None:
        first = max(first, CANDIDATES)
        wanted = min(wanted, CANDIDATES - before)
    return _Plan(first, wanted)


async def _search(running: _Running, limit: int, exclusions: Exclusions) -> None:
    started = time.perf_counter()
    await running.pool.search(limit, exclusions)
    running.seconds["ann"] += time.perf_counter() - started
    running.searches += 1


async def _exclusions(running: _Running, result: Ordered) -> Exclusions:
    exclusions = result.turns.exclusions()
    if running.copies is None:
        return exclusions
    hidden = await running.copies.hidden(result.turns.admitted)
    return replace(exclusions, track_ids=exclusions.track_ids | hidden)


async def _page(running: _Running, result: Ordered, mixed: Mixed, fallback: str) -> Page:
    query = running.query
    left = MOST_SEARCH_ANSWERS - len(query.shown)
    answers = result.answers[: min(query.size, left)]
    enough = len(result.answers) > len(answers)
    cut_short = len(result.answers) < running.plan.wanted and not running.pool.is_empty_under(
        await _exclusions(running, result)
    )
    if running.copies is not None:
        numbers = await running.copies.others([one.neighbour.track for one in answers])
        for answer, others in zip(answers, numbers, strict=True):
            answer.others = others
    shorter = ""
    if cut_short and len(answers) < query.size:
        shorter = (
            f"{running.searches} searches of the index found no more that the rules allow: "
            "the page is shorter"
        )
    found_by = {"acoustic": len(running.pool.acoustic)}
    if mixed.suggested:
        found_by["collaborative"] = mixed.suggested
    engine_searches = query.candidates.engine_searches
    if running.finder is not None:
        engine_searches += running.finder.engine_searches
    dropped = Counter(result.turns.dropped.values())
    if mixed.unfit:
        dropped[Drop.SUGGESTION_UNFIT] = mixed.unfit
    explanation = Explanation(
        found_by,
        dropped,
        engine_searches,
        result.ranker,
        fallback or shorter or result.fallback,
    )
    telemetry.observe_search(
        running.seconds,
        found_by,
        {drop.value: count for drop, count in explanation.dropped.items()},
        engine_searches,
    )
    if fallback or result.fallback:
        telemetry.SEARCH_FALLBACKS.labels("ranker").inc()
    if shorter:
        telemetry.SEARCH_FALLBACKS.labels("variety").inc()
    more = len(answers) < left and bool(answers) and (enough or cut_short)
    return Page(
        answers,
        more,
        explanation,
        mixed.status,
        mixed.message,
        frozenset(running.pool.acoustic),
    )
