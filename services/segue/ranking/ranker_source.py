"""The published ranker, held in memory, and another one when another is to be served."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from segue import telemetry
from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import RankerNotFound, SegueError
from segue.ranker import RankerAbout
from segue.ranking.learned_ranker import LearnedRanker
from segue.ranking.polling import Polling
from segue.ranking.ranker import Ranker

log = logging.getLogger(__name__)

_WHAT = "ranker"


class RankerReader(Protocol):
    """Where rankers are published."""

    async def current_version(self) -> str:
        """Name of the version that is served; empty when there is none."""
        ...

    async def ranker(self, version: str) -> tuple[RankerAbout, bytes]:
        """What is said of a version, and its trees."""
        ...

    async def has_factors(self, learnt_as: str) -> bool:
        """Whether any version of factors is published in which this was learnt of listeners."""
        ...


class RankerSource(Polling):
    """A :class:`~segue.ranking.ranker.Rankers` over what is published.

    Parameters
    ----------
    published
        Where it is; whoever opened it closes it.
    poll_seconds
        How often to look whether another version is to be served.
    catalogue
        Whose it is.
    """

    def __init__(
        self,
        published: RankerReader,
        *,
        poll_seconds: float,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        super().__init__(_WHAT, "the ranker", poll_seconds=poll_seconds, catalogue=catalogue)
        self._published = published
        self._version = ""
        self._ranker: LearnedRanker | None = None
        self._with_factors = False
        self._problem = ""
        self._told = ""

    @property
    def version(self) -> str:
        """The version that is served; empty when there is none."""
        return self._version

    def fitting(self, space: str) -> tuple[Ranker | None, str]:
        """The ranker, where it may order what is found in a space, or why there is none.

        Without a published ranker there is no reason to give.
        """
        ranker = self._ranker
        if ranker is None:
            return None, f"{self._problem}: scores were fused" if self._problem else ""
        if ranker.space != space:
            return None, (
                f"the published ranker is of the space {ranker.space}, and {space} is searched: "
                "scores were fused. Publish another one: segue rank train"
            )
        if not self._with_factors:
            return None, (
                "the factors that the published ranker has learned with are gone: scores were "
                "fused. Publish another one: segue rank train"
            )
        return ranker, ""

    async def look(self) -> None:
        """Load the version that is to be served, unless it is loaded already.

        A version that cannot be used takes the place of the one before all the same: it was chosen.
        While Redis does not answer, what is loaded goes on being served.
        """
        try:
            version = await self._published.current_version()
            if version != self._version:
                ranker = await self._loaded(version) if version else None
                self._ranker, self._version, self._problem = ranker, version, ""
                log.info("%s: %s", self._name, version or "none is published any more")
            if self._ranker is not None:
                learnt_as = self._ranker.about.factors_version
                self._with_factors = await self._published.has_factors(learnt_as)
            self._told = ""
            self._show()
        except RankerNotFound:
            return  # removed between the two questions; the next look sees what there is
        except SegueError as error:
            if not error.retryable:
                self._ranker, self._version = None, version
                self._problem = f"the published ranker cannot be used ({error})"
            if str(error) != self._told:
                log.warning("%s cannot be loaded: %s [%s]", self._name, error, error.reason)
            self._told = str(error)
            telemetry.LEARNED_LOADS.labels(_WHAT, "failed", error.reason).inc()
            self._show()

    async def _loaded(self, version: str) -> LearnedRanker:
        about, trees = await self._published.ranker(version)
        ranker = await asyncio.to_thread(LearnedRanker, about, trees)
        telemetry.LEARNED_LOADS.labels(_WHAT, "loaded", "").inc()
        return ranker

    def _show(self, *, defect: bool = False) -> None:
        loaded = None
        if self._ranker is not None:
            about = self._ranker.about
            loaded = telemetry.Loaded(self._version, about.created_at, about.listeners)
        failing = defect or bool(self._problem)
        telemetry.LEARNED.show(_WHAT, loaded, failing=failing, catalogue=self._catalogue)

    def _show_defect(self) -> None:
        self._show(defect=True)
