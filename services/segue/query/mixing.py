"""The collaborative side of a search: scores of its candidates, and tracks that it adds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from segue import deadlines, telemetry
from segue.callers import current_call
from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import CollaborativeUnavailable
from segue.mix import SUGGESTIONS, SUGGESTIONS_UNDER_FILTER, Mix, MixStatus
from segue.query.candidates import KnownSeeds
from segue.query.guest_views import shown_message
from segue.query.pool import Pool
from segue.ranking.collaborative import CollaborativeSource, ScoreQuery, ask
from segue.tracks import TrackFilter

_TIME_FOR_HOOK = 0.8
"""Share of the caller's remaining time that the collaborative source may use up."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """What the collaborative side said.

    Attributes
    ----------
    scores
        By track id, of candidates alone.
    personal
        Whether they are one listener's.
    suggested
        Number of tracks that it added.
    unfit
        Number of those that it named and that cannot be answers: the filter leaves them out, or
        they are not stored.
    message
        One sentence when it was not available.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    personal: bool = False
    suggested: int = 0
    unfit: int = 0
    status: MixStatus = MixStatus.NOT_ASKED
    message: str = ""


class Mixing:
    """Asks one collaborative source, or takes the scores that a search brings along."""

    def __init__(
        self,
        source: CollaborativeSource | None,
        *,
        timeout_seconds: float,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._source = source
        self._catalogue = catalogue
        self._timeout_seconds = timeout_seconds
        self._observe = telemetry.QUERY_STAGE_SECONDS.labels("collaborative").observe

    async def mixed(
        self, pool: Pool, mix: Mix, seeds: KnownSeeds, where: TrackFilter = TrackFilter()
    ) -> Mixed:
        """Score what was found, and add to it what else the collaborative side names.

        It is asked about the seeds for: whoever likes what the seeds against are made of says
        nothing of what is looked for.
        """
        status, message = MixStatus.USED, ""
        scores: Mapping[str, float] = {}
        personal = False
        try:
            scores, personal = await self._scores(pool, mix, seeds.towards_ids, where)
        except CollaborativeUnavailable as error:
            status, message = MixStatus.UNAVAILABLE, shown_message(error)
        named = sorted(scores.keys() - seeds.track_ids, key=lambda track: (-scores[track], track))
        suggested, unfit = await pool.add_first(
            named, SUGGESTIONS if mix.scores is None else len(named)
        )
        if status is MixStatus.USED and scores.keys().isdisjoint(pool.found):
            status = MixStatus.NO_SCORES
        telemetry.COLLABORATIVE_TOTAL.labels(status.value).inc()
        return Mixed(scores, personal, suggested, unfit, status, message)

    async def _scores(
        self, pool: Pool, mix: Mix, seed_ids: frozenset[str], where: TrackFilter
    ) -> tuple[Mapping[str, float], bool]:
        """Scores, and whether they are one listener's."""
        if mix.scores is not None:
            return mix.scores, False
        if self._source is None:
            raise CollaborativeUnavailable(
                "no collaborative source is configured (SEGUE_COLLABORATIVE_URL is empty)"
            )
        query = ScoreQuery(
            user_id=mix.user_id,
            seed_track_ids=sorted(seed_ids),
            candidate_track_ids=[one.track.track_id for one in pool.in_order()],
            suggestion_limit=SUGGESTIONS_UNDER_FILTER if where else SUGGESTIONS,
            where=where,
            caller_metadata=current_call().handed_on,
            catalogue=self._catalogue,
        )
        started = time.perf_counter()
        try:
            scores = await self._asked(self._source, query)
            if not scores and query.user_id and query.user_id == current_call().listener:
                # Who has an account and is new hears what listeners like, as anybody else does.
                query = replace(query, user_id="")
                scores = await self._asked(self._source, query)
            return scores, bool(query.user_id)
        finally:
            self._observe(time.perf_counter() - started)

    async def _asked(self, source: CollaborativeSource, query: ScoreQuery) -> Mapping[str, float]:
        left = _TIME_FOR_HOOK * deadlines.remaining_seconds(float("inf"))
        return await ask(source, query, timeout_seconds=min(self._timeout_seconds, left))
