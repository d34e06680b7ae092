"""Writing through a query service, as a worker beside an embedded index does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from query_service import CATALOGUE, DIMENSION, TOKEN, Service, direction, serve
from segue import deadlines
from segue.errors import IndexUnavailable, InvalidVector, SpaceMismatch
from segue.index.exact import ExactIndex
from segue.index.remote import RemoteStore
from segue.layers import MetadataLayers
from segue.query.access import Access
from segue.settings import IndexSettings
from segue.tracks import Granularity, Provenance, Segment, TrackMetadata

SPACE = "bands-v1"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async for running in serve(ExactIndex(space=SPACE, dimension=DIMENSION), tmp_path):
        yield running


@pytest.fixture
async def store(service: Service) -> AsyncIterator[RemoteStore]:
    settings = IndexSettings(index_url=f"segue://{service.address}", index_timeout_seconds=60)
    opened = await RemoteStore.open(settings, space=SPACE, token=TOKEN)
    yield opened
    await opened.close()


async def test_tracks_arrive_whole(service: Service, store: RemoteStore) -> None:
    await store.upsert(CATALOGUE)
    # Binary fractions: single precision on the way carries them exactly.
    expected = {one.track.track_id: one.track for one in CATALOGUE}
    assert await service.index.get(list(expected)) == expected
    assert await store.get([*expected, "nobody", "a"]) == expected
    found = await service.index.search(direction(13), limit=1, granularity=Granularity.PASSAGES)
    assert found[0].track.track_id == "b"
    assert found[0].passage is not None
    assert found[0].passage.start_seconds == 10.0


async def test_insert_names_what_is_there_already(service: Service, store: RemoteStore) -> None:
    await service.index.upsert(CATALOGUE[:2])
    renamed = [
        replace(one, track=replace(one.track, metadata=TrackMetadata("Renamed")))
        for one in CATALOGUE
    ]
    known = {one.track.track_id for one in CATALOGUE[:2]}
    assert await store.insert(renamed) == known
    assert await store.insert(renamed) == {one.track.track_id for one in CATALOGUE}
    for one in CATALOGUE:
        key = one.track.track_id
        stored = (await service.index.get([key]))[key].metadata
        assert stored == (one.track.metadata if key in known else TrackMetadata("Renamed"))
    with pytest.raises(SpaceMismatch):
        await store.insert([replace(CATALOGUE[0], space="other-v1")])


async def test_large_upserts_are_cut_to_what_a_server_takes(
    service: Service, store: RemoteStore
) -> None:
    many = [Segment(n, float(n), n + 1.0, direction(n % 90)) for n in range(20_000)]
    tracks = [
        replace(one, track=replace(one.track, track_id=f"long-{n}"), segments=many)
        for n, one in enumerate(CATALOGUE)
    ]
    assert 5 * 20_000 * (4 * DIMENSION + 18) > 4 * 1024 * 1024
    await store.upsert(tracks)
    assert (await service.index.info()).segments == 5 * 20_000


async def test_what_is_said_of_a_track_is_replaced_and_corrections_stand(
    service: Service, store: RemoteStore
) -> None:
    await store.upsert(CATALOGUE)
    await service.index.correct("b", {"title": "Corrected", "moods": ()})
    stored = (await store.get(["b"]))["b"]
    assert stored == (await service.index.get(["b"]))["b"]
    assert stored.layers is not None
    assert stored.layers.given.moods == ("dark",), "what a correction hides comes along"

    layers = MetadataLayers(TrackMetadata("Tag", "Ann"), TrackMetadata(genres=("soul",)))
    assert await store.describe("b", layers)
    assert await store.get(["b"]) == await service.index.get(["b"])
    assert (await store.get(["b"]))["b"].metadata == TrackMetadata(
        "Corrected", "Ann", genres=("soul",)
    )
    assert not await store.describe("nobody", layers)

    await store.upsert(CATALOGUE)
    assert (await service.index.get(["b"]))["b"] == stored


async def test_refusals_keep_their_kind(service: Service, store: RemoteStore) -> None:
    with pytest.raises(InvalidVector) as refused:
        await store.upsert([replace(CATALOGUE[0], vector=np.ones(3, np.float32))])
    assert not refused.value.retryable
    with pytest.raises(SpaceMismatch):
        await store.upsert([replace(CATALOGUE[0], space="other-v1")])
    other = RemoteStore(service.address, space="other-v1")
    with pytest.raises(SpaceMismatch):
        await other.upsert([replace(CATALOGUE[0], space="other-v1")])
    await other.close()
    assert (await service.index.info()).tracks == 0


async def test_only_the_owners_word_on_provenance_counts(service: Service) -> None:
    ingested = replace(CATALOGUE[0].track, provenance=Provenance.INGESTED)
    for token, told in ((TOKEN, Provenance.INGESTED), ("", Provenance.GIVEN)):
        store = RemoteStore(service.address, space=SPACE, token=token)
        await store.upsert([replace(CATALOGUE[0], track=ingested)])
        assert (await store.get(["a"]))["a"].provenance is told
        await store.close()


@pytest.mark.parametrize(("token", "reason"), [("", "OWNER_ONLY"), ("x" * 40, "TOKEN_INVALID")])
async def test_a_worker_that_is_not_known_waits_for_an_operator(
    tmp_path: Path, token: str, reason: str
) -> None:
    index = ExactIndex(space=SPACE, dimension=DIMENSION)
    async for service in serve(index, tmp_path, access=Access(TOKEN)):
        store = RemoteStore(service.address, space=SPACE, token=token)
        with pytest.raises(IndexUnavailable) as refused:
            await store.upsert(CATALOGUE)
        assert refused.value.reason == reason
        assert "SEGUE_OWNER_TOKEN_FILE" in refused.value.next_step
        await store.close()


async def test_a_service_that_is_gone_may_come_back(service: Service, store: RemoteStore) -> None:
    await service.server.stop()
    described = store.describe("a", MetadataLayers())
    for call in (store.upsert(CATALOGUE), store.get(["a"]), described):
        with pytest.raises(IndexUnavailable) as failed:
            await call
        assert failed.value.retryable


async def test_the_caller_s_time_bounds_the_call(store: RemoteStore) -> None:
    deadlines.set_remaining_seconds(0.0)
    with pytest.raises(IndexUnavailable):
        await store.get(["a"])
