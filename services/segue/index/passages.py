"""From the nearest segments to the nearest tracks: each track counts once, by its best passage."""

from __future__ import annotations

from collections.abc import Iterable

from segue.index.order import MOST_TIES, clipped, ranked
from segue.tracks import Neighbour, Passage, Track


class BestPassages:
    """The best passage of every track found so far.

    The adapter asks its engine for :attr:`fetch` segments at a time, excluding the tracks in
    :attr:`found` within the search, and adds what it gets until :meth:`add` says that nothing
    better can come. A three-hour mix with a thousand similar segments then takes two rounds.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.fetch = max(32, 4 * limit)
        self.found: dict[str, Passage] = {}

    def add(self, segments: Iterable[tuple[str, float, float, float]]) -> bool:
        """Take one answer, best first; say whether it was the last that is needed.

        A segment is (track id, start, end, similarity). An answer shorter than :attr:`fetch` is the
        last; so is one that reaches below the least similar track of the answer, ties included.
        """
        found = self.found
        count, last = 0, 1.0
        for track_id, start, end, similarity in segments:
            count, last = count + 1, similarity
            known = found.get(track_id)
            if known is None or (similarity, -start) > (known.similarity, -known.start_seconds):
                found[track_id] = Passage(start, end, similarity)
        if count < self.fetch or len(found) >= self._limit + MOST_TIES:
            return True
        if len(found) < self._limit:
            return False
        ranked = sorted((passage.similarity for passage in found.values()), reverse=True)
        return ranked[self._limit - 1] > last

    def neighbours(self, tracks: Iterable[Track]) -> list[Neighbour]:
        """The answer, given the tracks of :attr:`found` that exist."""
        answers = []
        for track in tracks:
            best = self.found[track.track_id]
            passage = Passage(best.start_seconds, best.end_seconds, clipped(best.similarity))
            answers.append(Neighbour(track, passage.similarity, passage))
        return ranked(answers, self._limit)
