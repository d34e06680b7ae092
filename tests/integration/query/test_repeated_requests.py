"""Requests that are sent again, over real gRPC and a real Redis: nothing is accepted twice."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from query_service import DIMENSION, Service, serve
from segue.index.exact import ExactIndex
from segue.ingest_jobs import ItemState
from segue.jobs.ledger import JobLedger
from segue.jobs.redis_store import RedisJobStore
from segue.settings import QueueSettings
from segue.v1 import catalog_service_pb2 as messages


@pytest.fixture
async def service(tmp_path: Path, redis_url: str) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    async for running in serve(
        index, tmp_path, queue=RedisJobStore(QueueSettings(redis_url=redis_url))
    ):
        yield running


@pytest.fixture
def ledger(redis_url: str) -> Iterator[JobLedger]:
    opened = JobLedger(QueueSettings(redis_url=redis_url))
    yield opened
    opened.close()


def request_id() -> str:
    return str(uuid.uuid4())


async def upload(service: Service, **header: str) -> messages.UploadTrackResponse:
    async def parts() -> AsyncIterator[messages.UploadTrackRequest]:
        yield messages.UploadTrackRequest(header=header)
        yield messages.UploadTrackRequest(data=b"music")

    return await service.catalog.UploadTrack(parts())


async def total(service: Service, job_id: str) -> int:
    request = messages.GetIngestJobRequest(job_id=job_id)
    return (await service.catalog.GetIngestJob(request)).job.total


async def test_an_upload_counts_once_and_leaves_one_file(
    service: Service, ledger: JobLedger
) -> None:
    header = {"file_name": "a.mp3", "request_id": request_id()}
    first = await upload(service, **header)
    assert await upload(service, **header) == first
    added = {"file_name": "b.mp3", "request_id": request_id(), "job_id": first.job_id}
    for _ in range(3):
        assert (await upload(service, **added)).job_id == first.job_id
    # Earlier ones are still known after later ones.
    assert await upload(service, **header) == first
    assert await total(service, first.job_id) == 2
    assert len(list(service.spool.iterdir())) == 2


async def test_an_upload_that_was_ingested_meanwhile_leaves_no_file(
    service: Service, ledger: JobLedger
) -> None:
    header = {"file_name": "a.mp3", "request_id": request_id()}
    first = await upload(service, **header)
    claim = ledger.claim(f"{first.job_id}/0", "me")
    assert claim is not None
    # While it is read it is needed; the worker removes it when it is done.
    await upload(service, **header)
    (spooled,) = service.spool.iterdir()
    assert claim.item.uri == f"spool://{spooled.name}"
    ledger.settle(claim.item_id, "me", ItemState.INDEXED)
    spooled.unlink()
    assert await upload(service, **header) == first
    assert list(service.spool.iterdir()) == []


async def test_tracks_by_uri_are_accepted_once(service: Service) -> None:
    request = messages.IngestTracksRequest(
        items=[{"uri": "file:///a"}, {"uri": "file:///b"}], request_id=request_id()
    )
    first = await service.catalog.IngestTracks(request)
    assert await service.catalog.IngestTracks(request) == first
    assert await total(service, first.job_id) == 2
    # In another spelling it is the same id.
    request.request_id = request.request_id.upper()
    assert await service.catalog.IngestTracks(request) == first
    request.request_id = request_id()
    assert (await service.catalog.IngestTracks(request)).job_id != first.job_id
