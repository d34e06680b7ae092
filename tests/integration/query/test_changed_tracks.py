"""Calls that change tracks are noted for whoever keeps a copy of the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from query_service import CATALOGUE, DIMENSION, Service, serve
from segue.index.exact import ExactIndex
from segue.jobs.changed_tracks import ChangedTracks
from segue.query.change_notes import ChangeNotes
from segue.settings import QueueSettings
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from waiting import until_async


@dataclass
class Noted:
    """A service, and what is noted of its default catalogue."""

    service: Service
    changed: ChangedTracks

    async def of(self, method: str, request: object) -> set[str]:
        """What one call has noted."""
        before = await self.changed.position()
        await getattr(self.service.catalog, method)(request)

        async def noted() -> set[str]:
            found = await self.changed.since(before)
            assert found is not None
            return set(found.track_ids)

        return await until_async(noted)  # type: ignore[no-any-return]


@pytest.fixture
async def noted(tmp_path: Path, redis_url: str) -> AsyncIterator[Noted]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    queue = QueueSettings(redis_url=redis_url)
    reader = ChangedTracks(queue)
    start = await reader.position()
    async for service in serve(index, tmp_path, changes=ChangeNotes({"": ChangedTracks(queue)})):

        async def begun() -> bool:
            return await reader.since(start) is None

        await until_async(begun)  # the start itself is noted
        yield Noted(service, reader)
    await reader.close()


async def test_every_call_that_changes_tracks_is_noted(noted: Noted) -> None:
    year = messages.UpdateTrackRequest(
        track_id="a",
        metadata=track_pb2.TrackMetadata(year=1999),
        update_mask=FieldMask(paths=["year"]),
    )
    assert await noted.of("UpdateTrack", year) == {"a"}
    said = track_pb2.Track(track_id="b", metadata=track_pb2.TrackMetadata(title="B"))
    assert await noted.of("DescribeTrack", messages.DescribeTrackRequest(track=said)) == {"b"}
    moves = messages.MoveTracksRequest()
    moves.moves.add(track_id="c", source_uri="file:///c.flac")
    moves.moves.add(track_id="nobody", source_uri="file:///n.flac")
    assert await noted.of("MoveTracks", moves) == {"c"}
    stored = messages.UpsertTracksRequest(embedding_space="bands-v1", only_new=True)
    for name in ("a", "new"):
        stored.tracks.add(track=track_pb2.Track(track_id=name), values=[1.0] + [0.0] * 7)
    assert await noted.of("UpsertTracks", stored) == {"new"}
    assert await noted.of("DeleteTrack", messages.DeleteTrackRequest(track_id="d")) == {"d"}
    gone = messages.DeleteTracksRequest(track_ids=["a", "e", "nobody"])
    assert await noted.of("DeleteTracks", gone) == {"a", "e"}


async def test_what_is_refused_is_not_noted(noted: Noted) -> None:
    before = await noted.changed.position()
    for track_id in ("nobody", ""):
        with pytest.raises(grpc.aio.AioRpcError):
            await noted.service.catalog.UpdateTrack(
                messages.UpdateTrackRequest(track_id=track_id, update_mask=FieldMask(paths=["*"]))
            )
    assert await noted.of("DeleteTrack", messages.DeleteTrackRequest(track_id="b")) == {"b"}
    found = await noted.changed.since(before)
    assert found is not None
    assert found.track_ids == {"b"}
