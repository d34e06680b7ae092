"""The published ranker, in the queue's Redis, beside the factors that it has learned with."""

from __future__ import annotations

from dataclasses import replace

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import FactorsNotFound, RankerInUse, RankerNotFound, RankerUnusable
from segue.jobs.connection import StoreOnRedis
from segue.jobs.factor_store import published_factors
from segue.jobs.published_versions import (
    Published,
    PublishedVersions,
    WholeVersions,
    new_version,
)
from segue.jobs.records import key_prefix
from segue.ranker import RankerAbout
from segue.settings import QueueSettings

MOST_BYTES = 16 * 1024 * 1024
"""Of the trees of one version; a thousand trees take some two MiB."""


class RankerStore(StoreOnRedis):
    """Versions of the ranker of one catalogue, over Redis.

    Every method raises ``QueueUnavailable`` when Redis does not answer.

    Parameters
    ----------
    timeout_seconds
        Longest wait for one answer.
    catalogue
        Whose searches it orders.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(
        self,
        queue: QueueSettings,
        *,
        timeout_seconds: float = 5.0,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        super().__init__(queue, connections=2, timeout_seconds=timeout_seconds, binary=True)
        key = f"{key_prefix(catalogue)}ranker:"
        self._versions = WholeVersions(
            self._redis,
            Published(key, "a ranker", RankerAbout.from_json, RankerNotFound, RankerInUse),
            timeout_seconds=timeout_seconds,
            value=":trees",
        )
        self._factors = PublishedVersions(
            self._redis, published_factors(catalogue), timeout_seconds=timeout_seconds
        )

    async def publish(self, trees: bytes, about: RankerAbout) -> RankerAbout:
        """Publish a version and serve it: all of it at once, or nothing.

        What was served before stays, to go back to; all others go.

        Parameters
        ----------
        about
            Its version and size are set here.

        Raises
        ------
        RankerUnusable
            When it takes more than ``MOST_BYTES``.
        FactorsNotFound
            When the factors that it has learned with are gone.
        QueueFull
            When the queue's memory is full.
        """
        if len(trees) > MOST_BYTES:
            raise RankerUnusable(
                f"the ranker takes {len(trees) / 2**20:.1f} MiB, and may take {MOST_BYTES >> 20}",
                next_step="Learn fewer or smaller trees.",
            )
        if not await self.has_factors(about.factors_version):
            raise FactorsNotFound(
                f"the factors {about.factors_version!r} that the ranker has learned with are gone"
            )
        whole = replace(about, version=new_version(), size_bytes=len(trees))
        await self._versions.publish(whole.version, whole.to_json(), trees)
        return whole

    async def current_version(self) -> str:
        """Name of the version that is served; empty when there is none."""
        return await self._versions.current()

    async def versions(self) -> list[RankerAbout]:
        """What is said of all versions, the newest first."""
        return await self._versions.every()

    async def ranker(self, version: str) -> tuple[RankerAbout, bytes]:
        """What is said of a version, and its trees.

        Raises
        ------
        RankerNotFound
            When there is none of this name, or it was removed meanwhile.
        """
        return await self._versions.read(version)

    async def has_factors(self, learnt_as: str) -> bool:
        """Whether any version of factors is published in which this was learnt of listeners."""
        return any(one.learnt_as == learnt_as for one in await self._factors.every())

    async def use(self, version: str) -> None:
        """Serve a version from now on.

        Raises
        ------
        RankerNotFound
            When there is none of this name.
        """
        await self._versions.use(version)

    async def remove(self, version: str, *, current: bool = False) -> None:
        """Remove a version.

        Parameters
        ----------
        current
            Whether it may be the one that is served: then none is.

        Raises
        ------
        RankerNotFound
            When there is none of this name.
        RankerInUse
            When it is served, and that was not said to be fine.
        """
        await self._versions.remove(version, current=current)
