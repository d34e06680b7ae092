"""The built-in recommender: scores from published factors, held in memory.

One table of tracks is loaded whole, and another one when another version is to be served. A
listener's factors are asked for with each search: who is forgotten is forgotten at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Protocol

from segue import telemetry
from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import CollaborativeUnavailable, FactorsNotFound, SegueError
from segue.factors import FactorsAbout, FactorTable, Floats
from segue.ranking.collaborative import CheckedSource, ScoreQuery
from segue.ranking.polling import Polling

log = logging.getLogger(__name__)

_WHAT = "factors"


class FactorReader(Protocol):
    """Where factors are published."""

    async def current_version(self) -> str:
        """Name of the version that is served; empty when there is none."""
        ...

    async def about(self, version: str) -> FactorsAbout:
        """What is said of a version."""
        ...

    async def table(self, version: str) -> FactorTable:
        """Factors of all tracks of a version."""
        ...

    async def listener(self, version: str, user_id: str) -> Floats | None:
        """Factors of a listener, shape (F,); None when the version does not know them."""
        ...


class FactorsSource(Polling, CheckedSource):
    """A :class:`~segue.ranking.collaborative.CollaborativeSource` over published factors.

    For a listener, a track's score is the product of both factors; a listener who is not known has
    no scores. Without a listener it is the mean cosine to the seeds' factors.

    Parameters
    ----------
    published
        Where they are; whoever opened it closes it.
    poll_seconds
        How often to look whether another version is to be served.
    catalogue
        Whose they are.
    """

    def __init__(
        self,
        published: FactorReader,
        *,
        poll_seconds: float,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        super().__init__(_WHAT, "factors", poll_seconds=poll_seconds, catalogue=catalogue)
        self._published = published
        self._version = ""
        self._about: FactorsAbout | None = None
        self._table: FactorTable | None = None
        self._asked = False
        self._problem = ""
        self._failing = False

    @property
    def version(self) -> str:
        """The version that is served; empty when there is none."""
        return self._version

    async def look(self) -> None:
        """Load the version that is to be served, unless it is loaded already.

        What cannot be had is told in the log, and what is loaded goes on being served.
        """
        try:
            version = await self._published.current_version()
            if version != self._version:
                about, table = await self._read(version) if version else (None, None)
                self._version, self._about, self._table = version, about, table
                log.info("%s: %s", self._name, version or "none are published any more")
        except FactorsNotFound:
            return  # removed between the two questions; the next look sees what there is
        except SegueError as error:
            if str(error) != self._problem:
                log.warning("%s cannot be loaded: %s [%s]", self._name, error, error.reason)
            self._problem = str(error)
            telemetry.LEARNED_LOADS.labels(_WHAT, "failed", error.reason).inc()
            # While Redis is away nobody knows what is to be served.
            self._failing = self._failing or not error.retryable
        else:
            self._problem, self._failing = "", False
        self._asked = True
        self._show()

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> Mapping[str, float]:
        del timeout_seconds
        version, table = self._version, self._table
        if table is None:
            why = self._problem or ("" if self._asked else "they are on their way")
            raise CollaborativeUnavailable(
                f"factors are not loaded: {why}" if why else "no factors are published"
            )
        candidates, limit = query.candidate_track_ids, query.suggestion_limit
        if not query.user_id:
            return await asyncio.to_thread(
                table.for_seeds, query.seed_track_ids, candidates, limit=limit
            )
        try:
            listener = await self._published.listener(version, query.user_id)
        except SegueError as exc:
            raise CollaborativeUnavailable(f"the listener's factors: {exc}") from exc
        if listener is None or len(listener) != table.factors.shape[1]:
            return {}
        return await asyncio.to_thread(
            table.for_listener, listener, candidates, limit=limit, without=query.seed_track_ids
        )

    def of(self, track_ids: Collection[str]) -> dict[str, float]:
        """Popularity in [0, 1] of those tracks that have factors."""
        table = self._table
        if table is None:
            return {}
        known = [track for track in track_ids if track in table.rows]
        found = table.popularity[[table.rows[track] for track in known]]
        return dict(zip(known, found.tolist(), strict=True))

    async def check(self, *, timeout_seconds: float) -> bool:
        """Whether factors are published, and can be loaded."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self.look()
        except TimeoutError as exc:
            raise CollaborativeUnavailable("the factors were not loaded in time") from exc
        if self._problem:
            raise CollaborativeUnavailable(f"factors cannot be loaded: {self._problem}")
        return self._table is not None

    async def _read(self, version: str) -> tuple[FactorsAbout, FactorTable]:
        read = await self._published.about(version), await self._published.table(version)
        telemetry.LEARNED_LOADS.labels(_WHAT, "loaded", "").inc()
        return read

    def _show(self) -> None:
        about = self._about
        loaded = None
        if about is not None:
            loaded = telemetry.Loaded(
                self._version, about.created_at, about.listeners, about.tracks
            )
        telemetry.LEARNED.show(_WHAT, loaded, failing=self._failing, catalogue=self._catalogue)

    def _show_defect(self) -> None:
        self._failing = True
        self._show()
