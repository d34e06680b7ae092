"""The client against a real gRPC server that answers as a test wants it to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from segue.cli.client import RemoteError, SegueClient
from segue.cli.patience import Patience
from segue.errors import CatalogueUnknown, IndexUnavailable, SegueError, TrackNotFound
from segue.stack.folder import StackNotFound
from segue.stack.ports import free_ports
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import catalog_service_pb2_grpc, status_service_pb2, status_service_pb2_grpc
from segue.wire.errors import error_to_message, trailing_metadata

Deed = Callable[[Any, Any], Any]
LONG_SECONDS = 60.0


class Scripted(catalog_service_pb2_grpc.CatalogServiceServicer):
    """A catalogue whose n-th call of any method does the n-th deed; the last one repeats."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []
        self.requests: list[Any] = []
        self.left: list[float] = []

    def _do(self, request: Any, context: Any) -> Any:
        deed = self.deeds[min(len(self.requests), len(self.deeds) - 1)]
        self.requests.append(request)
        self.left.append(context.time_remaining())
        return deed(request, context)

    GetTrack = IngestTracks = ReplayDeadLetters = _do

    def UploadTrack(self, requests: Any, context: Any) -> Any:  # noqa: N802
        return self._do(list(requests), context)

    def WatchIngest(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        yield from self._do(request, context)


def away(_: Any, context: Any) -> None:
    """What a client hears when the server goes away."""
    context.abort(grpc.StatusCode.UNAVAILABLE, "going away")


def refuse(error: SegueError, code: grpc.StatusCode) -> Deed:
    def deed(_: Any, context: Any) -> None:
        status = error_to_message(error)
        context.set_trailing_metadata(trailing_metadata(status))
        context.abort(code, status.message)

    return deed


INDEX_AWAY = refuse(IndexUnavailable("loading"), grpc.StatusCode.UNAVAILABLE)
UNKNOWN_TRACK = refuse(TrackNotFound("x", "m-v1"), grpc.StatusCode.NOT_FOUND)


def give(answer: Any) -> Deed:
    return lambda _, __: answer


@pytest.fixture
def catalogue() -> Scripted:
    return Scripted()


@pytest.fixture
def address(catalogue: Scripted) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(catalogue, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


TRACK = messages.GetTrackResponse(embedding_space="m-v1")
ASK = messages.GetTrackRequest(track_id="x")


def test_a_question_is_asked_again_of_a_server_that_restarts(
    catalogue: Scripted, address: str
) -> None:
    def slowly_away(request: Any, context: Any) -> None:
        time.sleep(2.5)
        away(request, context)

    catalogue.deeds = [slowly_away, INDEX_AWAY, give(TRACK)]
    with SegueClient(address, timeout_seconds=LONG_SECONDS) as client:
        assert client.catalog("GetTrack", ASK) == TRACK
    # All attempts share the one deadline, which travels in whole seconds.
    assert all(left < LONG_SECONDS - 1 for left in catalogue.left[1:])


def test_a_refusal_is_no_reason_to_ask_again(catalogue: Scripted, address: str) -> None:
    catalogue.deeds = [UNKNOWN_TRACK]
    with SegueClient(address) as client, pytest.raises(RemoteError) as refused:
        client.catalog("GetTrack", ASK)
    assert refused.value.reason == "TRACK_NOT_FOUND"
    assert len(catalogue.requests) == 1


def test_the_timeout_ends_every_attempt(catalogue: Scripted, address: str) -> None:
    catalogue.deeds = [away]
    with SegueClient(address, timeout_seconds=0.5) as client, pytest.raises(SegueError) as failed:
        client.catalog("GetTrack", ASK)
    assert isinstance(failed.value, StackNotFound) or failed.value.retryable
    assert catalogue.requests


def test_nobody_there_is_said() -> None:
    port = free_ports(1)[0]
    with (
        SegueClient(f"127.0.0.1:{port}", timeout_seconds=0.5) as client,
        pytest.raises(SegueError, match=str(port)),
    ):
        client.catalog("GetTrack", ASK)


@pytest.mark.parametrize(
    ("method", "request_", "answer"),
    [
        (
            "IngestTracks",
            messages.IngestTracksRequest(items=[{"uri": "file:///a"}]),
            messages.IngestTracksResponse(job_id="j"),
        ),
        (
            "ReplayDeadLetters",
            messages.ReplayDeadLettersRequest(all=True),
            messages.ReplayDeadLettersResponse(job_id="j"),
        ),
    ],
)
def test_what_changes_something_is_known_again(
    catalogue: Scripted, address: str, method: str, request_: Any, answer: Any
) -> None:
    catalogue.deeds = [away, give(answer)]
    with SegueClient(address, timeout_seconds=LONG_SECONDS) as client:
        for _ in range(2):
            assert client.catalog(method, request_) == answer
    assert not request_.request_id
    first, again, other = (request.request_id for request in catalogue.requests)
    assert first == again != other
    assert first
    assert other


def test_an_upload_is_sent_again_as_a_whole(
    catalogue: Scripted, address: str, tmp_path: Path
) -> None:
    song = tmp_path / "song.mp3"
    song.write_bytes(b"music" * 200_000)
    answer = messages.UploadTrackResponse(job_id="j", track_id="t")
    catalogue.deeds = [away, INDEX_AWAY, give(answer)]
    told: list[SegueError | None] = []
    patience = Patience(LONG_SECONDS, tell=told.append)
    with SegueClient(address, patience=patience) as client:
        assert client.upload(song, messages.UploadHeader(file_name="song.mp3")) == answer
    ids = {sent[0].header.request_id for sent in catalogue.requests}
    assert len(ids) == 1
    assert ids != {""}
    for sent in catalogue.requests:
        assert b"".join(part.data for part in sent[1:]) == song.read_bytes()
    assert isinstance(told[0], StackNotFound)
    assert told[1:] == [None]


def test_a_file_that_cannot_be_read_is_this_sides_error(
    catalogue: Scripted, address: str, tmp_path: Path
) -> None:
    with SegueClient(address) as client, pytest.raises(FileNotFoundError):
        client.upload(tmp_path / "missing.mp3", messages.UploadHeader())
    assert not catalogue.requests


def progress(**fields: Any) -> messages.WatchIngestResponse:
    return messages.WatchIngestResponse(job=messages.IngestJob(job_id="j", **fields))


def test_a_watch_is_taken_up_however_long_it_was_silent_before(
    catalogue: Scripted, address: str
) -> None:
    def silent_then_away(_: Any, context: Any) -> Iterator[Any]:
        yield progress(queued=1)
        time.sleep(1.5)
        away(None, context)

    catalogue.deeds = [silent_then_away, give([]), give([progress(indexed=1, done=True)])]
    with SegueClient(address, patience=Patience(1.0)) as client:
        told = list(client.watch("j"))
    assert [change.progress.done for change in told] == [False, True]


def test_a_watch_goes_on_while_more_follows(catalogue: Scripted, address: str) -> None:
    first = progress(indexed=2)
    first.more = True
    first.changed.add(track_id="a", state=messages.INGEST_STATE_INDEXED)
    last = progress(indexed=2, done=True)
    last.changed.add(track_id="b", state=messages.INGEST_STATE_INDEXED)
    catalogue.deeds = [give([first, last])]
    with SegueClient(address) as client:
        told = [status.track_id for change in client.watch("j") for status in change.changed]
    assert told == ["a", "b"]


def test_a_watch_of_an_unknown_job_ends(catalogue: Scripted, address: str) -> None:
    catalogue.deeds = [refuse(TrackNotFound("x", "m-v1"), grpc.StatusCode.NOT_FOUND)]
    with SegueClient(address) as client, pytest.raises(RemoteError):
        list(client.watch("j"))


def test_an_older_service_is_named_as_such(address: str) -> None:
    with SegueClient(address) as client, pytest.raises(RemoteError) as refused:
        client.status()
    assert refused.value.reason == "UNIMPLEMENTED"
    assert "older" in str(refused.value)
    assert not refused.value.retryable


class Status(status_service_pb2_grpc.StatusServiceServicer):
    """Tells which catalogues there are, as often as it is asked."""

    def __init__(self) -> None:
        self.catalogues: list[str] = []
        self.asked = 0

    def GetServerInfo(  # noqa: N802
        self, request: Any, context: Any
    ) -> status_service_pb2.GetServerInfoResponse:
        self.asked += 1
        return status_service_pb2.GetServerInfoResponse(catalogues=self.catalogues)


@pytest.fixture
def stack(catalogue: Scripted) -> Iterator[tuple[str, Status]]:
    """The scripted catalogue, and what tells of the server."""
    server, status = grpc.server(ThreadPoolExecutor(4)), Status()
    catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(catalogue, server)
    status_service_pb2_grpc.add_StatusServiceServicer_to_server(status, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", status
    server.stop(0).wait()


def test_every_call_names_the_catalogue(
    catalogue: Scripted, stack: tuple[str, Status], tmp_path: Path
) -> None:
    address, status = stack
    status.catalogues = ["archive"]
    done = messages.WatchIngestResponse(job=messages.IngestJob(job_id="j", done=True))
    done.job.created_at.GetCurrentTime()
    catalogue.deeds = [
        give(TRACK),
        give(messages.UploadTrackResponse(job_id="j")),
        lambda _, __: iter([done]),
        give(messages.IngestTracksResponse(job_id="j")),
    ]
    file = tmp_path / "a.wav"
    file.write_bytes(b"audio")
    with SegueClient(address, catalogue="archive") as client:
        client.catalog("GetTrack", messages.GetTrackRequest(track_id="x"))
        client.upload(file, messages.UploadHeader(file_name="a.wav"))
        assert list(client.watch("j"))
        client.catalog("IngestTracks", messages.IngestTracksRequest())
    asked, uploaded, watched, ingested = catalogue.requests
    assert {asked.catalogue, watched.catalogue, ingested.catalogue} == {"archive"}
    assert [part.header.catalogue for part in uploaded] == ["archive", ""]
    assert uploaded[1].data == b"audio"
    assert status.asked == 1


def test_a_server_without_the_catalogue_is_not_asked_for_anything_else(
    catalogue: Scripted, stack: tuple[str, Status]
) -> None:
    """One that knows of no catalogues would answer from the only one that it has."""
    address, status = stack
    catalogue.deeds = [give(TRACK)]
    for there in ([], ["test"]):
        status.catalogues = there
        with (
            SegueClient(address, catalogue="archive") as client,
            pytest.raises(CatalogueUnknown, match="archive"),
        ):
            client.catalog("GetTrack", messages.GetTrackRequest(track_id="x"))
    assert catalogue.requests == []
    asked = status.asked
    with SegueClient(address) as client:
        client.catalog("GetTrack", messages.GetTrackRequest(track_id="x"))
    assert catalogue.requests[0].catalogue == ""
    assert status.asked == asked
