"""The passages of tracks: which of them is the best of its track, and all of a track in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segue.index.order import MOST_TIES, clipped, ranked
from segue.index.payload import PASSAGE_FIELDS
from segue.tracks import Neighbour, Passage, Segment, Track, Vector


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as an engine gives it, in whatever order."""

    track_id: str
    start_seconds: float
    end_seconds: float
    vector: Vector

    @classmethod
    def of(cls, payload: Mapping[str, Any], vector: Vector) -> StoredPassage:
        """Read the fields of a payload that an answer needs to know."""
        track_id, start, end = (payload[name] for name in PASSAGE_FIELDS)
        return cls(track_id, start, end, vector)


def segments_by_track(stored: Iterable[StoredPassage]) -> Mapping[str, Sequence[Segment]]:
    """The passages of each track in order of time, numbered from 0; nothing for one without any."""
    of_track: defaultdict[str, list[StoredPassage]] = defaultdict(list)
    for one in stored:
        of_track[one.track_id].append(one)
    found: dict[str, Sequence[Segment]] = defaultdict(list)
    for track_id, passages in of_track.items():
        passages.sort(key=lambda one: (one.start_seconds, one.end_seconds))
        found[track_id] = [
            Segment(number, one.start_seconds, one.end_seconds, one.vector)
            for number, one in enumerate(passages)
        ]
    return found


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
            answers.append(Neighbour(track, passage.similarity, (passage,)))
        return ranked(answers, self._limit)
