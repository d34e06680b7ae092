"""Finds out which tracks are the same recording, a moment after they were stored.

Whoever stores a track, a worker on another machine too, only marks it. The groups follow from what
is stored and from nothing else, so that several query services may find them out at the same time.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence

from segue.errors import SegueError
from segue.fingerprints import Fingerprint
from segue.index.port import TrackIndex
from segue.query.backends import Backends
from segue.recordings.components import components, recording_name
from segue.recordings.rule import of_owner, recording_keys, same_recording
from segue.tracks import Track
from segue.turns import Pace, give_way

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
"""Between two looks for tracks that were written."""

PAUSE_AFTER_FAILURE_SECONDS = 10.0

BATCH_TRACKS = 64
"""Tracks that are looked up as due at once."""

MOST_COMPARED = 1_000
"""Tracks that one track is compared with: as many may share a sound that stands in many songs."""

MOST_OF_OTHERS = 128
"""Comparisons for one track of somebody else than the owner, those that its group asks for
included: anybody may send in thousands that are alike. What is left out then hangs on the order."""


class RecordingKeeper:
    """Keeps the groups of the live indexes up to date until it is cancelled."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    async def keep(self) -> None:
        """Look for tracks that are due, for ever; who calls meanwhile goes first."""
        give_way()
        while True:
            # One that fails keeps those of other catalogues waiting no longer than itself.
            settled = [await _settled(index) for index in list(self._backends.opened.values())]
            await asyncio.sleep(PAUSE_SECONDS if all(settled) else PAUSE_AFTER_FAILURE_SECONDS)


async def _settled(index: TrackIndex) -> bool:
    """Group all tracks of an index that are due; False where that failed."""
    try:
        await settle(index)
    except SegueError as error:
        log.warning("copies of recordings are looked for later: %s", error)
        return False
    except Exception:
        log.exception("copies of recordings could not be looked for")
        return False
    return True


async def settle(index: TrackIndex) -> None:
    """Group all tracks that are due; one that changes meanwhile stays due.

    Raises
    ------
    IndexUnavailable
        When the index does not answer.
    """
    left: set[str] = set()
    pace = Pace()
    while True:
        due = await index.recordings.due(len(left) + BATCH_TRACKS)
        fresh = [track_id for track_id in due if track_id not in left]
        if not fresh:
            return
        done: set[str] = set()
        for track_id in fresh:
            if track_id in done:
                continue  # in the group of another one
            settled = await _Grouping(index, pace).settle(track_id)
            done |= settled
            if track_id not in settled:
                left.add(track_id)


class _Grouping:
    """Finds the groups that one track touches, those that it may have left included."""

    def __init__(self, index: TrackIndex, pace: Pace) -> None:
        self._index = index
        self._pace = pace
        self._tracks: dict[str, Track] = {}
        self._prints: dict[str, Fingerprint] = {}
        self._left = math.inf

    async def settle(self, track_id: str) -> set[str]:
        """Put the track and all that it touches into their groups; ids of those."""
        await self._read([track_id])
        if track_id not in self._tracks:
            return set()  # deleted meanwhile, and with it its mark
        recordings = self._index.recordings
        affected = [track_id]
        recording = self._tracks[track_id].recording
        if recording:
            affected += (await recordings.members([recording])).get(recording, [])
        assigned: dict[str, str] = {}
        most = None
        if not of_owner(self._tracks[track_id]):
            self._left = most = MOST_OF_OTHERS
        async for group in components(affected, self._copies, most=most):
            name = recording_name(group) if len(group) > 1 else ""
            assigned.update(dict.fromkeys(group, name))
            if self._left <= 0:
                break  # the rest stays where it is
        await self._read(list(assigned))
        seen = [self._tracks[one] for one in assigned if one in self._tracks]
        done = await recordings.assign(assigned, seen)
        await self._pace.step()
        return set(assigned) if done else set()

    async def _copies(self, track_id: str, known: set[str]) -> list[str]:
        """Tracks that are the same recording as one, except the known ones."""
        await self._read([track_id])
        if track_id not in self._tracks or self._left <= 0:
            return []
        track, fingerprint = self._tracks[track_id], self._prints[track_id]
        most = MOST_COMPARED if of_owner(track) else MOST_OF_OTHERS
        sharing = await self._index.recordings.sharing(recording_keys(track, fingerprint), most)
        await self._pace.step()
        candidates = [one for one in sharing if one not in known]
        if not of_owner(track):
            candidates = candidates[: int(self._left)]
            self._left -= len(candidates)
        await self._read(candidates)
        # Comparing two takes milliseconds, in which NumPy lets others on.
        return [
            other
            for other in candidates
            if other in self._tracks
            and await asyncio.to_thread(
                same_recording, track, fingerprint, self._tracks[other], self._prints[other]
            )
        ]

    async def _read(self, track_ids: Sequence[str]) -> None:
        missing = [track_id for track_id in track_ids if track_id not in self._tracks]
        if missing:
            # In this order, a track that is stored anew in between is seen to have changed.
            tracks = await self._index.get(missing)
            prints = await self._index.recordings.fingerprints(missing)
            self._tracks |= {key: track for key, track in tracks.items() if key in prints}
            self._prints |= prints
            await self._pace.step()
