"""Groups of tracks that are the same recording, on a Qdrant server."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from qdrant_client import AsyncQdrantClient, models

from segue.fingerprints import Fingerprint
from segue.index.conditions import Conditions, HasLabel
from segue.index.payload import NOT_OF_A_TRACK, fingerprint_from_payload, track_from_payload
from segue.index.qdrant.collections import collection_filter, server_errors
from segue.index.schema import DUE, FINGERPRINT, RECORDING, RECORDING_KEYS, REGROUP, TRACKS
from segue.index.slices import slices
from segue.tracks import Track, track_point_id

_BATCH = 256
"""Tracks per request."""

_PAGE = 1_000

_MOST_GROUPS = 1_000_000


class QdrantRecordings:
    """Fulfils ``RecordingStore``.

    Parameters
    ----------
    collection
        Name of the collection of tracks.
    timeout_seconds
        Longest wait for one answer.
    """

    def __init__(self, client: AsyncQdrantClient, collection: str, timeout_seconds: float) -> None:
        self._client = client
        self._collection = collection
        self._timeout = timeout_seconds

    async def of(self, track_ids: Collection[str]) -> dict[str, str]:
        """Groups of those of the tracks that are in one."""
        found: dict[str, str] = {}
        for piece in slices(track_ids, _BATCH):
            for record in await self._retrieve(piece, ["track_id", RECORDING]):
                payload = record.payload or {}
                if payload.get(RECORDING):
                    found[payload["track_id"]] = payload[RECORDING]
        return found

    async def due(self, limit: int) -> list[str]:
        return [track_id for track_id, _ in await self._having(REGROUP, (DUE,), limit)]

    async def fingerprints(self, track_ids: Collection[str]) -> dict[str, Fingerprint]:
        found: dict[str, Fingerprint] = {}
        for piece in slices(track_ids, _BATCH):
            fields = ["track_id", FINGERPRINT, RECORDING_KEYS]
            for record in await self._retrieve(piece, fields):
                payload = record.payload or {}
                found[payload["track_id"]] = fingerprint_from_payload(payload)
        return found

    async def sharing(self, keys: Collection[str], limit: int) -> list[str]:
        if not keys:
            return []
        return [track_id for track_id, _ in await self._having(RECORDING_KEYS, tuple(keys), limit)]

    async def members(self, recordings: Collection[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for piece in slices(recordings, _BATCH):
            for track_id, recording in await self._having(RECORDING, tuple(piece)):
                found.setdefault(recording, []).append(track_id)
        return {recording: sorted(track_ids) for recording, track_ids in found.items()}

    async def sizes(self) -> dict[str, int]:
        async with server_errors("counting copies", self._timeout):
            answer = await self._client.facet(
                self._collection, RECORDING, limit=_MOST_GROUPS, exact=True
            )
        return {str(hit.value): hit.count for hit in answer.hits if hit.count}

    async def assign(self, recordings: Mapping[str, str], seen: Collection[Track]) -> bool:
        before = {track.track_id: track for track in seen}
        # What another process writes in the moment between is looked at when it is written again.
        for piece in slices(before, _BATCH):
            records = await self._retrieve(
                piece, models.PayloadSelectorExclude(exclude=NOT_OF_A_TRACK)
            )
            now = [track_from_payload(record.payload or {}) for record in records]
            if {track.track_id: track for track in now} != {key: before[key] for key in piece}:
                return False
        for piece in slices(recordings, _BATCH):
            operations = [
                models.SetPayloadOperation(
                    set_payload=models.SetPayload(
                        payload={RECORDING: recordings[track_id] or None, REGROUP: None},
                        points=[str(track_point_id(track_id))],
                    )
                )
                for track_id in piece
            ]
            async with server_errors("grouping copies", self._timeout):
                await self._client.batch_update_points(self._collection, operations, wait=True)
        return True

    async def unsettle(self, recordings: Collection[str]) -> None:
        """Have the tracks of groups that lost one looked at again."""
        if not recordings:
            return
        where = self._filter(RECORDING, tuple(recordings))
        async with server_errors("grouping copies", self._timeout):
            await self._client.set_payload(
                self._collection, {REGROUP: DUE}, models.FilterSelector(filter=where)
            )

    async def _having(
        self, field: str, labels: tuple[str, ...], limit: int | None = None
    ) -> list[tuple[str, str]]:
        """Id and group of tracks whose field has one of the labels, in the order of points."""
        found: list[tuple[str, str]] = []
        start: Any = None
        while True:
            most = _PAGE if limit is None else min(_PAGE, limit - len(found))
            async with server_errors("looking for copies", self._timeout):
                records, start = await self._client.scroll(
                    self._collection,
                    scroll_filter=self._filter(field, labels),
                    limit=most,
                    offset=start,
                    with_payload=["track_id", RECORDING],
                )
            for record in records:
                payload = record.payload or {}
                found.append((payload["track_id"], payload.get(RECORDING) or ""))
            if start is None or (limit is not None and len(found) >= limit):
                return found

    def _filter(self, field: str, labels: tuple[str, ...]) -> models.Filter:
        where = collection_filter(TRACKS, Conditions(must=(HasLabel(field, labels),)))
        assert where is not None  # noqa: S101  # there is a condition
        return where

    async def _retrieve(
        self, track_ids: Collection[str], fields: list[str] | models.PayloadSelectorExclude
    ) -> list[models.Record]:
        ids = [str(track_point_id(track_id)) for track_id in track_ids]
        async with server_errors("reading copies", self._timeout):
            return await self._client.retrieve(self._collection, ids, with_payload=fields)
