"""No answer is larger than 1 MiB, however much there is to tell: a plain gRPC client reads all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from query_service import CATALOGUE, DIMENSION, Service, embedded, serve
from redis_process import RedisProcess
from refusals import refusal
from segue.errors import SegueError
from segue.index.exact import ExactIndex
from segue.ingest_jobs import DeadLetter, IngestItem, ItemState
from segue.jobs.ledger import FailureKind, JobLedger
from segue.jobs.redis_store import RedisJobStore
from segue.settings import QueueSettings
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import similarity_service_pb2, track_pb2

LARGEST_BYTES = 1024 * 1024
TRACKS = 20_000
AT_ONCE = 10_000


@pytest.fixture
def settings(redis_process: RedisProcess) -> QueueSettings:
    return QueueSettings(redis_url=redis_process.url, task_attempts=2)


@pytest.fixture
def ledger(settings: QueueSettings) -> Iterator[JobLedger]:
    opened = JobLedger(settings)
    yield opened
    opened.close()


@pytest.fixture
async def queued(tmp_path: Path, settings: QueueSettings) -> AsyncIterator[Service]:
    """The service with a real queue."""
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    async for running in serve(index, tmp_path, queue=RedisJobStore(settings)):
        yield running


def path(number: int) -> str:
    return f"file:///music/{'a folder with a long name/' * 7}{number:06}.flac"


async def large_job(settings: QueueSettings) -> str:
    """A job of many tracks, which wait."""
    job_store = RedisJobStore(settings)
    job = None
    for start in range(0, TRACKS, AT_ONCE):
        items = [IngestItem(f"track-{n}", path(n)) for n in range(start, start + AT_ONCE)]
        job = (await job_store.submit(items, job_id=job)).job_id
    await job_store.close()
    assert job is not None
    return job


async def pages(call: Any, request: Any) -> AsyncIterator[Any]:
    """Every page of a list, each no larger than may be."""
    while True:
        page = await call(request)
        assert page.ByteSize() <= LARGEST_BYTES
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


async def test_a_large_job_is_watched_from_its_picture_to_its_end(
    queued: Service, settings: QueueSettings, ledger: JobLedger
) -> None:
    job = await large_job(settings)
    changed = {"track-0", f"track-{TRACKS - 1}"}
    told: dict[str, int] = {}
    indexed: set[str] = set()
    count = 0
    watch = queued.catalog.WatchIngest(messages.WatchIngestRequest(job_id=job))
    async for message in watch:
        assert message.ByteSize() <= LARGEST_BYTES
        assert message.job.total == TRACKS
        assert not message.job.done
        if not count:
            for number in (0, TRACKS - 1):
                assert ledger.claim(f"{job}/{number}", f"me:{number}")
                assert ledger.settle(f"{job}/{number}", f"me:{number}", ItemState.INDEXED)
        count += 1
        told.update({one.track_id: one.state for one in message.changed})
        indexed = {one for one, state in told.items() if state == messages.INGEST_STATE_INDEXED}
        if indexed == changed and not message.more:
            break
    watch.cancel()
    assert count > 1
    assert len(told) == TRACKS
    assert indexed == changed


async def test_the_end_of_a_large_job_is_told_last(
    queued: Service, settings: QueueSettings, ledger: JobLedger
) -> None:
    job_store = RedisJobStore(settings)
    longest = "x" * 15_000
    items = [IngestItem(f"t-{n}", f"file:///{longest}/{n}") for n in range(300)]
    job = (await job_store.submit(items)).job_id
    await job_store.close()
    refused = SegueError("m" * 4_000, reason="AUDIO_EMPTY", next_step="Send audio.")
    for _ in items:
        claim = ledger.take("me:1")
        assert claim is not None
        ledger.fail(claim.item_id, "me:1", FailureKind.REFUSED, refused)
    seen = [
        message
        async for message in queued.catalog.WatchIngest(messages.WatchIngestRequest(job_id=job))
    ]
    assert len(seen) > 4
    assert max(message.ByteSize() for message in seen) <= LARGEST_BYTES
    assert [message.job.done for message in seen] == [False] * (len(seen) - 1) + [True]
    assert [message.more for message in seen] == [True] * (len(seen) - 1) + [False]
    assert {message.job.dead for message in seen} == {300}
    listed = [one.track_id for message in seen for one in message.changed]
    assert listed == [f"t-{n}" for n in range(300)]


async def test_the_tracks_of_a_large_job_come_in_pages(
    queued: Service, settings: QueueSettings
) -> None:
    job = await large_job(settings)
    request = messages.GetIngestJobRequest(job_id=job, include_items=True)
    found = [page async for page in pages(queued.catalog.GetIngestJob, request)]
    assert len(found) > 1
    uris = [item.uri for page in found for item in page.items]
    assert uris == [path(number) for number in range(TRACKS)]

    request = messages.GetIngestJobRequest(job_id=job, include_items=True, page_size=1_500)
    first = await queued.catalog.GetIngestJob(request)
    assert len(first.items) == 1_500
    request.page_token = first.next_page_token
    second = await queued.catalog.GetIngestJob(request)
    assert second.items[0].uri == path(1_500)

    counts = await queued.catalog.GetIngestJob(messages.GetIngestJobRequest(job_id=job))
    assert (len(counts.items), counts.next_page_token, counts.job.total) == (0, "", TRACKS)


async def test_a_page_of_a_job_ends_where_it_was_asked_to(service: Service) -> None:
    items = [IngestItem(f"track-{n}", f"file:///{n}") for n in range(5)]
    job = (await service.job_store.submit(items)).job_id
    request = messages.GetIngestJobRequest(job_id=job, include_items=True, page_size=2)
    found = [page async for page in pages(service.catalog.GetIngestJob, request)]
    assert [len(page.items) for page in found] == [2, 2, 1]

    other = (await service.job_store.submit(items)).job_id
    forged = messages.GetIngestJobRequest(
        job_id=other, include_items=True, page_token=found[0].next_page_token
    )
    assert (await refusal(service.catalog.GetIngestJob(forged))).reason == "PAGE_TOKEN_INVALID"
    large = messages.GetIngestJobRequest(job_id=job, include_items=True, page_size=10_001)
    assert len((await service.catalog.GetIngestJob(large)).items) == len(items)


@pytest.mark.parametrize("view", [track_pb2.TRACK_VIEW_FULL, track_pb2.TRACK_VIEW_SOURCE])
async def test_tracks_with_long_texts_come_in_smaller_pages(
    service: Service, view: track_pb2.TrackView
) -> None:
    long = [embedded(f"long-{n:03}", 45, album="t" * 4_096) for n in range(600)]
    uri = "file:///" + "u" * 8_000
    await service.index.upsert(
        [replace(one, track=replace(one.track, source_uri=uri)) for one in long]
    )
    request = messages.ListTracksRequest(page_size=1_000, view=view)
    found = [page async for page in pages(service.catalog.ListTracks, request)]
    assert len(found) > 2
    ids = [track.track_id for page in found for track in page.tracks]
    assert len(ids) == len(set(ids)) == 605


async def test_one_entry_that_is_larger_than_a_page_is_a_page(service: Service) -> None:
    largest = [
        embedded(
            f"largest-{n}",
            45,
            artists=tuple(f"{m}" + "a" * 4_000 for m in range(100)),
            genres=tuple(f"{m}" + "g" * 250 for m in range(1_000)),
            moods=tuple(f"{m}" + "m" * 250 for m in range(1_000)),
            album_artist="b" * 4_096,
        )
        for n in range(3)
    ]
    predicted = {f"{m}" + "p" * 250: 0.5 for m in range(1_000)}
    await service.index.upsert(
        [replace(one, track=replace(one.track, predicted_genres=predicted)) for one in largest]
    )
    request = messages.ListTracksRequest(page_size=1_000, view=track_pb2.TRACK_VIEW_FULL)
    ids: list[str] = []
    while True:
        page = await service.catalog.ListTracks(request)
        ids += [track.track_id for track in page.tracks]
        if page.ByteSize() > LARGEST_BYTES:
            assert len(page.tracks) == 1
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert sorted(ids) == [*"abcde", "largest-0", "largest-1", "largest-2"]


async def test_found_tracks_with_long_texts_come_in_smaller_pages(service: Service) -> None:
    genres = tuple(f"{m:03}" + "g" * 200 for m in range(100))
    await service.index.upsert(
        [embedded(f"long-{n:03}", n / 100, genres=genres) for n in range(90)]
    )
    request = similarity_service_pb2.SearchSimilarTracksRequest(
        seed={"track_id": "a"}, page_size=100, view=track_pb2.TRACK_VIEW_FULL
    )
    found = [page async for page in pages(service.similarity.SearchSimilarTracks, request)]
    assert len(found) > 1
    ids = [result.track.track_id for page in found for result in page.results]
    assert ids == [*(f"long-{n:03}" for n in range(90)), *"bcde"]


async def test_dead_letters_with_long_texts_come_in_smaller_pages(
    queued: Service, settings: QueueSettings, ledger: JobLedger
) -> None:
    job_store = RedisJobStore(settings)
    long = "x" * 16_000
    await job_store.submit([IngestItem(f"t-{n}", f"file:///{long}/{n}") for n in range(150)])
    await job_store.close()
    for _ in range(150):
        claim = ledger.take("me:1")
        assert claim is not None
        ledger.fail(claim.item_id, "me:1", FailureKind.REFUSED, SegueError("no", reason="NO"))
    request = messages.ListDeadLettersRequest(page_size=1_000)
    found = [page async for page in pages(queued.catalog.ListDeadLetters, request)]
    assert len(found) > 2
    assert {page.total for page in found} == {150}
    letters: list[DeadLetter] = [one for page in found for one in page.dead_letters]
    assert [one.item.track_id for one in letters] == [f"t-{n}" for n in reversed(range(150))]


async def test_more_labels_than_a_page_holds_come_in_pages(service: Service) -> None:
    await service.index.upsert(
        [
            embedded(f"long-{n}", 45, genres=tuple(f"{n}-{m:03} " + "g" * 240 for m in range(900)))
            for n in range(6)
        ]
    )
    found = [page async for page in pages(service.catalog.ListFacets, messages.ListFacetsRequest())]
    assert len(found) > 1
    labels = [(one.label, one.tracks) for page in found for one in page.genres]
    assert len(labels) == len(set(labels)) == 6 * 900 + 3
    assert labels[0] == ("jazz", 3)
    assert labels == sorted(labels, key=lambda one: (-one[1], one[0]))
    assert [one.label for page in found for one in page.moods] == ["calm", "dark"]

    request = messages.ListFacetsRequest(page_size=2)
    request.filter.genres.any_of.append("blues")
    found = [page async for page in pages(service.catalog.ListFacets, request)]
    assert [one.label for page in found for one in page.genres] == ["blues", "jazz"]
