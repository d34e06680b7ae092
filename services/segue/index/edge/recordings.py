"""Groups of tracks that are the same recording, in the embedded index."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from uuid import UUID

from segue.fingerprints import Fingerprint
from segue.index.conditions import Conditions, HasLabel
from segue.index.edge.shard import SCROLL_PAGE, Shard
from segue.index.payload import fingerprint_from_payload, track_from_payload
from segue.index.schema import DUE, FINGERPRINT, RECORDING, RECORDING_KEYS, REGROUP
from segue.index.slices import slices
from segue.tracks import Track, track_point_id
from segue.turns import Pace

_SLICE = 64
"""Tracks that are read or written at once: about 2 ms."""


class EdgeRecordings:
    """Fulfils ``RecordingStore``.

    Parameters
    ----------
    tracks
        The index's tracks.
    writing
        Held by whoever writes to the index.
    forget
        Drops what is kept of tracks in memory.
    """

    def __init__(
        self, tracks: Shard, writing: asyncio.Lock, forget: Callable[[Iterable[UUID]], None]
    ) -> None:
        self._tracks = tracks
        self._writing = writing
        self._forget = forget
        self._sizes: dict[str, int] | None = None

    async def due(self, limit: int) -> list[str]:
        return [track_id for track_id, _ in self._having(REGROUP, (DUE,), limit)]

    async def fingerprints(self, track_ids: Collection[str]) -> dict[str, Fingerprint]:
        found: dict[str, Fingerprint] = {}
        pace = Pace()
        fields = ["track_id", FINGERPRINT, RECORDING_KEYS]
        for piece in slices(map(track_point_id, track_ids), _SLICE):
            for payload in self._tracks.payloads(piece, fields).values():
                found[payload["track_id"]] = fingerprint_from_payload(payload)
            await pace.step()
        return found

    async def sharing(self, keys: Collection[str], limit: int) -> list[str]:
        if not keys:
            return []
        return [track_id for track_id, _ in self._having(RECORDING_KEYS, tuple(keys), limit)]

    async def members(self, recordings: Collection[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        pace = Pace()
        for piece in slices(recordings, _SLICE):
            for track_id, recording in self._having(RECORDING, tuple(piece)):
                found.setdefault(recording, []).append(track_id)
            await pace.step()
        return {recording: sorted(track_ids) for recording, track_ids in found.items()}

    async def sizes(self) -> dict[str, int]:
        # Counting 20,000 groups keeps everybody waiting for a quarter of a second.
        if self._sizes is None:
            counted = self._tracks.facet(RECORDING, None)
            self._sizes = {name: number for name, number in counted if number}
        return dict(self._sizes)

    def forget_sizes(self) -> None:
        """Count anew: tracks were stored or deleted."""
        self._sizes = None

    async def assign(self, recordings: Mapping[str, str], seen: Collection[Track]) -> bool:
        before = {track_point_id(track.track_id): track for track in seen}
        keys: dict[str, list[UUID]] = {}
        for track_id, recording in recordings.items():
            keys.setdefault(recording, []).append(track_point_id(track_id))
        async with self._writing:
            for piece in slices(before, _SLICE):
                now = self._tracks.payloads(piece)
                if any(
                    key not in now or track_from_payload(now[key]) != before[key] for key in piece
                ):
                    return False
                await asyncio.sleep(0)
            for recording, members in keys.items():
                for piece in slices(members, _SLICE):
                    self._forget(piece)
                    self._tracks.set_payload(piece, {RECORDING: recording or None, REGROUP: None})
                    self.forget_sizes()
                    await asyncio.sleep(0)
        return True

    def unsettle(self, recordings: Collection[str]) -> None:
        """Have the tracks of groups that lost one looked at again. Called while writing."""
        if recordings:
            where = Conditions(must=(HasLabel(RECORDING, tuple(recordings)),))
            left = list(self._tracks.ids(self._tracks.filter(where)))
            self._tracks.set_payload(left, {REGROUP: DUE})

    def _having(
        self, field: str, labels: tuple[str, ...], limit: int | None = None
    ) -> Iterator[tuple[str, str]]:
        """Id and group of tracks whose field has one of the labels, in the order of points."""
        where = self._tracks.filter(Conditions(must=(HasLabel(field, labels),)))
        start: UUID | None = None
        while limit is None or limit > 0:
            most = SCROLL_PAGE if limit is None else min(SCROLL_PAGE, limit)
            records, start = self._tracks.page(most, start, where, payload=["track_id", RECORDING])
            for _, payload in records:
                yield payload["track_id"], payload.get(RECORDING) or ""
            if start is None:
                return
            if limit is not None:
                limit -= len(records)
