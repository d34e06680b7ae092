"""Candidates that one search has found so far, and which further searches could add to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from segue.index.port import TrackIndex
from segue.query.candidates import Candidates
from segue.query.rules import Exclusions
from segue.tracks import Neighbour, TrackFilter


class Pool:
    """Everything that was found stays: an approximate search may miss it the next time.

    Parameters
    ----------
    with_vectors
        Whether ``found`` shall have song vectors.

    Attributes
    ----------
    found
        Candidates by track id.
    acoustic
        Ids of those that the engine found; the others were added.
    """

    def __init__(
        self,
        index: TrackIndex,
        candidates: Candidates,
        where: TrackFilter,
        *,
        with_vectors: bool = False,
    ) -> None:
        self._index = index
        self._candidates = candidates
        self._where = where
        self._with_vectors = with_vectors
        self._emptied: list[Exclusions] = []
        self.found: dict[str, Neighbour] = {}
        self.acoustic: set[str] = set()

    async def search(self, limit: int, exclusions: Exclusions) -> None:
        """Add the ``limit`` best candidates that the exclusions leave."""
        found = await self._candidates.nearest(
            limit, exclusions.within(self._where), with_vectors=self._with_vectors
        )
        if len(found) < limit:
            self._emptied.append(exclusions)
        self.acoustic.update(one.track.track_id for one in found)
        await self._add(found)

    async def add_first(self, track_ids: Iterable[str], most: int) -> tuple[int, int]:
        """Add the first of these tracks that are stored and satisfy the filter.

        Parameters
        ----------
        track_ids
            The best first; those that were found already are passed over.

        Returns
        -------
        tuple
            How many were added, at most ``most``, and how many before the last of them were not.
        """
        left = [one for one in track_ids if one not in self.found]
        added = unfit = 0
        asked = most
        while left and added < most:
            these, left = left[:asked], left[asked:]
            fitting = {
                one.track.track_id: one for one in await self._candidates.among(these, self._where)
            }
            chosen = []
            for name in these:
                if added == most:
                    break
                if name in fitting:
                    chosen.append(fitting[name])
                    added += 1
                else:
                    unfit += 1
            await self._add(chosen)
            # Few satisfy the filter: as many questions again would be asked for the rest.
            asked *= 2
        return added, unfit

    def is_empty_under(self, exclusions: Exclusions) -> bool:
        """Whether the engine has nothing more that the exclusions leave."""
        return any(one <= exclusions for one in self._emptied)

    def left(self, exclusions: Exclusions) -> int:
        """How many that are known already a search under the exclusions finds again."""
        return sum(exclusions.leave(one.track) for one in self.found.values())

    def in_order(self) -> list[Neighbour]:
        """Candidates by falling similarity, ties by rising track id."""
        return sorted(self.found.values(), key=lambda one: (-one.similarity, one.track.track_id))

    async def _add(self, found: list[Neighbour]) -> None:
        if self._with_vectors:
            missing = [
                one.track.track_id
                for one in found
                if one.vector is None and one.track.track_id not in self.found
            ]
            if missing:
                vectors = await self._index.vectors(missing)
                found = [
                    replace(one, vector=vectors.get(one.track.track_id, one.vector))
                    for one in found
                ]
        for one in found:
            # The first stays, so that its similarity does not change with the path of the search.
            self.found.setdefault(one.track.track_id, one)
