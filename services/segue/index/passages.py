"""The passages of tracks: which of them are the best of their track, and all of one in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from segue.index.conditions import Conditions, IsTrack, without
from segue.index.order import MOST_TIES, clipped
from segue.index.payload import PASSAGE_FIELDS
from segue.tracks import Neighbour, Passage, Segment, Track, Vector

MOST_AT_ONCE = 2_048
"""Segments that a round asks for, where nothing ties: about 15 ms of the embedded engine, which
cannot be interrupted."""

Place: TypeAlias = tuple[str, float, float]
"""Track, start and end in seconds of a passage."""

Match: TypeAlias = tuple[str, float, float, float]
"""Track, start and end in seconds of a passage, and its similarity to what is sought."""


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
    """The best passages of every track found so far.

    The adapter asks its engine for :attr:`fetch` segments at a time, within :meth:`conditions`, and
    adds what it gets until :meth:`add` says that nothing better can come. First come the tracks:
    those found are excluded from the next round, so that a three-hour mix with a thousand similar
    segments takes two. Then come, of the tracks that the answer shows alone, the passages that may
    be missing yet; again, whichever has enough is left out of the next round.

    Parameters
    ----------
    limit
        Number of tracks.
    each
        The most passages that an answer shows of a track, at least 1.
    counts_passages
        ``limit`` is a number of passages, of whichever tracks: one answer has them, and shows all.
    """

    def __init__(self, limit: int, each: int = 1, *, counts_passages: bool = False) -> None:
        self._limit = limit
        self._each = limit if counts_passages else max(1, each)
        self._counts_passages = counts_passages
        self._lost = 0
        self._missing: set[str] = set()
        self._completing = False
        self._count, self._last = 0, 1.0
        self._round_of: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
        self.fetch = limit if counts_passages else _fetch(4 * limit)
        self.found: dict[str, list[Passage]] = {}

    def conditions(self, asked: Conditions) -> Conditions:
        """What the segments of the next round satisfy, of those that satisfy ``asked``."""
        if self._completing:
            return Conditions(must=(IsTrack(tuple(sorted(self._missing))),))
        return without(asked, self.found) if self.found else asked

    def add(self, segments: Iterable[Match]) -> bool:
        """Take one answer, best first; say whether it was the last that is needed.

        An answer shorter than :attr:`fetch` is the last of its kind; so is one that reaches below
        the least similar track of the answer, ties included.
        """
        self.take(list(segments))
        return self.close()

    def take(self, segments: Sequence[Match], *, lost: int = 0) -> None:
        """Take the next piece of an answer that :meth:`close` ends.

        Parameters
        ----------
        lost
            How many more the engine gave that are gone since.
        """
        round_of, last = self._round_of, self._last
        for track_id, start, end, similarity in segments:
            last = clipped(similarity)
            round_of[track_id].append((-last, start, end))
        self._last = last
        self._count += len(segments) + lost
        self._lost += lost

    def close(self) -> bool:
        """End an answer; what :meth:`add` says of it."""
        whole, last, round_of = self._count < self.fetch, self._last, self._round_of
        lost = self._lost
        self._count, self._last, self._round_of, self._lost = 0, 1.0, defaultdict(list), 0
        before = len(self._missing)
        for track_id, passages in round_of.items():
            passages.sort()
            # Most of what an engine gives is not shown: it is made for these alone.
            self.found[track_id] = best = [
                Passage(start, end, -below) for below, start, end in passages[: self._each]
            ]
            if whole or (len(best) == self._each and best[-1].similarity > last):
                self._missing.discard(track_id)
            else:
                self._missing.add(track_id)
        if self._counts_passages:
            if lost:
                # Others may have their places: what is gone is not found again.
                self.found.clear()
            return not lost
        if not self._completing:
            if not whole and self._may_miss_tracks(last):
                return False
            self._completing = True
            self._missing.intersection_update(self.ranking()[: self._limit])
        elif whole:
            return True
        elif len(self._missing) == before:
            # As many equally similar passages in one track.
            if self.fetch >= MOST_TIES:
                return True
            self.fetch *= 16
            return False
        self.fetch = _fetch(4 * self._each * len(self._missing))
        return not self._missing

    def ranking(self) -> list[str]:
        """Ids of the tracks found, best first."""
        return sorted(self.found, key=lambda key: (-self.found[key][0].similarity, key))

    def neighbour(self, track: Track, vector: Vector | None = None) -> Neighbour:
        """One of :attr:`found` as an answer, given its track and, if asked for, song vector."""
        best = tuple(self.found[track.track_id])
        return Neighbour(track, best[0].similarity, best, vector)

    def _may_miss_tracks(self, last: float) -> bool:
        if len(self.found) >= self._limit + MOST_TIES:
            return False
        if len(self.found) < self._limit:
            return True
        similarities = sorted((best[0].similarity for best in self.found.values()), reverse=True)
        return similarities[self._limit - 1] <= last


def _fetch(wanted: int) -> int:
    return min(max(32, wanted), MOST_AT_ONCE)
