"""Several catalogues behind one query service, over real gRPC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from query_service import CATALOGUE, DIMENSION, NOW, Service, embedded, serve
from refusals import refusal
from segue.index.exact import ExactIndex
from segue.ingest_jobs import DeadLetter, IngestItem
from segue.jobs.map_store import MapStore
from segue.settings import QueueSettings
from segue.v1 import (
    catalog_service_pb2,
    similarity_service_pb2,
    status_service_pb2,
)
from served_services import served_methods

WITHOUT_CATALOGUES = frozenset({"GetStatus"})
"""The status is of the whole stack."""


@pytest.fixture
async def shops(tmp_path: Path) -> AsyncIterator[Service]:
    """The usual tracks in the default catalogue; one of the same id and one more in ``archive``."""
    own = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await own.upsert(CATALOGUE)
    other = ExactIndex(space="bands-v1", dimension=DIMENSION, catalogue="archive")
    await other.upsert([embedded("a", 90, artist="Zoe", genres=("polka",)), embedded("z", 80)])
    nowhere = QueueSettings(redis_url=f"unix://{tmp_path}/no.sock?db=0")
    maps = [MapStore(nowhere), MapStore(nowhere, catalogue="archive")]
    async for service in serve(own, tmp_path, others=[other], map_stores=maps):
        yield service


def methods() -> list[MethodDescriptor]:
    return [method for method in served_methods() if method.name not in WITHOUT_CATALOGUES]


async def call(service: Service, method: MethodDescriptor, catalogue: str) -> None:
    """Call a method of the API with nothing but the name of a catalogue."""
    request = GetMessageClass(method.input_type)()
    kind = "stream" if method.client_streaming else "unary"
    if method.client_streaming:
        request.header.catalogue = catalogue
    else:
        request.catalogue = catalogue
    answers = "stream" if method.server_streaming else "unary"
    make: Any = getattr(service.channel, f"{kind}_{answers}")
    path = f"/{method.containing_service.full_name}/{method.name}"
    stub = make(
        path,
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    answer = stub(iter([request]) if method.client_streaming else request)
    if method.server_streaming:
        async for _ in answer:
            pass
    else:
        await answer


@pytest.mark.parametrize("method", [pytest.param(one, id=one.name) for one in methods()])
async def test_every_call_refuses_a_catalogue_that_is_not_there(
    shops: Service, method: MethodDescriptor
) -> None:
    refused = await refusal(call(shops, method, "attic"))
    assert refused.code is grpc.StatusCode.NOT_FOUND
    assert refused.reason == "CATALOGUE_UNKNOWN"
    assert "archive" in refused.message


async def test_the_server_says_which_there_are(shops: Service) -> None:
    info = await shops.status.GetServerInfo(status_service_pb2.GetServerInfoRequest())
    assert list(info.catalogues) == ["archive"]
    status = await shops.status.GetStatus(status_service_pb2.GetStatusRequest())
    assert status.index.tracks == len(CATALOGUE) + 2


async def test_searches_find_what_is_in_theirs(shops: Service) -> None:
    request = similarity_service_pb2.SearchSimilarTracksRequest(
        seed={"track_id": "a"}, filter={"genres": {"any_of": ["polka", "jazz"]}}
    )
    own = await shops.similarity.SearchSimilarTracks(request)
    assert [one.track.track_id for one in own.results] == ["b", "e"]
    assert list(own.unknown_labels) == ["polka"]
    request.catalogue = "archive"
    request.ClearField("filter")
    other = await shops.similarity.SearchSimilarTracks(request)
    assert [one.track.track_id for one in other.results] == ["z"]
    asked = [query.catalogue for query, _ in shops.recommender.asked]
    assert asked == []
    request.mix.user_id = "ann"
    await shops.similarity.SearchSimilarTracks(request)
    assert [query.catalogue for query, _ in shops.recommender.asked] == ["archive"]


async def test_labels_that_are_known_in_one_are_not_in_another(shops: Service) -> None:
    request = similarity_service_pb2.SearchSimilarTracksRequest(
        seed={"track_id": "a"}, filter={"genres": {"any_of": ["polka"]}}, catalogue="archive"
    )
    assert not (await shops.similarity.SearchSimilarTracks(request)).unknown_labels
    request.catalogue = ""
    answer = await shops.similarity.SearchSimilarTracks(request)
    assert list(answer.unknown_labels) == ["polka"]


async def test_a_page_of_one_catalogue_is_not_followed_by_one_of_another(shops: Service) -> None:
    request = catalog_service_pb2.ListTracksRequest(page_size=1)
    request.page_token = (await shops.catalog.ListTracks(request)).next_page_token
    assert (await shops.catalog.ListTracks(request)).tracks
    request.catalogue = "archive"
    refused = await refusal(shops.catalog.ListTracks(request))
    assert refused.reason == "PAGE_TOKEN_INVALID"


async def test_a_batch_is_of_one_catalogue(shops: Service) -> None:
    searches = [
        similarity_service_pb2.SearchSimilarTracksRequest(
            seed={"track_id": "a"}, page_size=1, catalogue=name
        )
        for name in ("", "archive", "test")
    ]
    request = similarity_service_pb2.BatchSearchSimilarTracksRequest(
        requests=searches, catalogue="archive"
    )
    first, second, third = (await shops.similarity.BatchSearchSimilarTracks(request)).results
    assert [one.track.track_id for one in first.response.results] == ["z"]
    assert first == second
    assert third.failure.reason == "INVALID_ARGUMENT"
    # What follows is asked for alone.
    request.catalogue = ""
    (first, *_) = (await shops.similarity.BatchSearchSimilarTracks(request)).results
    following = similarity_service_pb2.SearchSimilarTracksRequest(
        seed={"track_id": "a"}, page_size=1, page_token=first.response.next_page_token
    )
    answer = await shops.similarity.SearchSimilarTracks(following)
    assert [one.track.track_id for one in answer.results] == ["c"]


async def test_jobs_and_dead_letters_are_those_of_the_catalogue(shops: Service) -> None:
    request = catalog_service_pb2.IngestTracksRequest(
        items=[{"track_id": "z", "uri": "file:///z.mp3"}], catalogue="archive"
    )
    job_id = (await shops.catalog.IngestTracks(request)).job_id
    (item,) = shops.job_store.jobs[job_id]
    assert (item.catalogue, item.expected_new) == ("archive", False)
    wanted = catalog_service_pb2.GetIngestJobRequest(job_id=job_id, catalogue="archive")
    assert (await shops.catalog.GetIngestJob(wanted)).job.catalogue == "archive"
    for method, message in (
        ("GetIngestJob", catalog_service_pb2.GetIngestJobRequest(job_id=job_id)),
        ("CancelIngestJob", catalog_service_pb2.CancelIngestJobRequest(job_id=job_id)),
    ):
        refused = await refusal(getattr(shops.catalog, method)(message))
        assert refused.reason == "JOB_NOT_FOUND"
    listing = catalog_service_pb2.ListIngestJobsRequest()
    assert not (await shops.catalog.ListIngestJobs(listing)).jobs
    listing.catalogue = "archive"
    assert [job.job_id for job in (await shops.catalog.ListIngestJobs(listing)).jobs] == [job_id]

    letter = DeadLetter(
        "l",
        job_id,
        IngestItem("z", "file:///z", catalogue="archive"),
        "AUDIO_EMPTY",
        "",
        "",
        1,
        NOW,
    )
    shops.job_store.letters.append(letter)
    letters = catalog_service_pb2.ListDeadLettersRequest()
    assert (await shops.catalog.ListDeadLetters(letters)).total == 0
    letters.catalogue = "archive"
    assert (await shops.catalog.ListDeadLetters(letters)).total == 1


async def test_an_upload_is_not_added_to_a_job_of_another_catalogue(shops: Service) -> None:
    request = catalog_service_pb2.IngestTracksRequest(items=[{"uri": "file:///a.mp3"}])
    job_id = (await shops.catalog.IngestTracks(request)).job_id

    async def upload(catalogue: str) -> Any:
        header = {"job_id": job_id, "catalogue": catalogue}
        parts = [
            catalog_service_pb2.UploadTrackRequest(header=header),
            catalog_service_pb2.UploadTrackRequest(data=b"bytes"),
        ]
        return await shops.catalog.UploadTrack(iter(parts))

    assert (await refusal(upload("archive"))).reason == "JOB_NOT_FOUND"
    assert not list(shops.spool.glob("*")), "no byte of it was taken in"
    assert (await upload("")).job_id == job_id
