"""Copies of the recordings within the answers of a search."""

from __future__ import annotations

from collections.abc import Collection

from segue.index.port import TrackIndex
from segue.tracks import Track


class Copies:
    """What is known of copies while one search is answered."""

    def __init__(self, index: TrackIndex) -> None:
        self._index = index
        self._members: dict[str, list[str]] = {}

    async def hidden(self, shown: Collection[Track]) -> frozenset[str]:
        """Ids of all tracks, found or not, that are copies of what is shown."""
        recordings = {track.recording for track in shown} - {""}
        await self._read(recordings)
        hidden = {one for recording in recordings for one in self._members[recording]}
        return frozenset(hidden - {track.track_id for track in shown})

    async def others(self, tracks: Collection[Track]) -> list[int]:
        """How many other copies there are of each of the tracks."""
        recordings = {track.recording for track in tracks} - {""}
        if not recordings:
            return [0] * len(tracks)
        await self._read(recordings)
        return [
            sum(one != track.track_id for one in self._members.get(track.recording, ()))
            for track in tracks
        ]

    async def _read(self, recordings: set[str]) -> None:
        missing = sorted(recordings - self._members.keys())
        if missing:
            found = await self._index.recordings.members(missing)
            self._members |= {recording: found.get(recording, []) for recording in missing}
