"""Copies of one recording within the answers of a search."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from segue.index.port import TrackIndex
from segue.tracks import Track

A = TypeVar("A")


class Copies:
    """What is known of copies while one search is answered."""

    def __init__(self, index: TrackIndex) -> None:
        self._index = index
        self._members: dict[str, list[str]] = {}

    def first_of_each(self, answers: Iterable[A], track: Callable[[A], Track]) -> list[A]:
        """The first answer of each recording; tracks without a known copy all stay."""
        shown: list[A] = []
        seen: set[str] = set()
        for one in answers:
            recording = track(one).recording
            if not recording or recording not in seen:
                shown.append(one)
                seen.add(recording)
        return shown

    async def hidden(self, found: Iterable[Track], shown: Iterable[Track]) -> set[str]:
        """Ids of all tracks, found or not, that are copies of what was found and are not shown."""
        recordings = {track.recording for track in found} - {""}
        await self._read(recordings)
        kept = {track.track_id for track in shown}
        hidden = {one for recording in recordings for one in self._members[recording]}
        return hidden - kept

    async def others(self, tracks: Collection[Track]) -> list[int]:
        """How many other copies there are of each of the tracks."""
        await self._read({track.recording for track in tracks} - {""})
        return [
            sum(one != track.track_id for one in self._members.get(track.recording, ()))
            for track in tracks
        ]

    async def _read(self, recordings: set[str]) -> None:
        missing = sorted(recordings - self._members.keys())
        if missing:
            found = await self._index.recordings.members(missing)
            self._members |= {recording: found.get(recording, []) for recording in missing}
