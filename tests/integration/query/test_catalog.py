"""The catalogue over real gRPC."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from query_service import CATALOGUE, DIMENSION, NOW, Service, direction, serve
from refusals import refusal
from segue.callers import Caller
from segue.errors import IndexUnavailable, QueueUnavailable
from segue.index.exact import ExactIndex
from segue.ingest_jobs import (
    DeadLetter,
    IngestItem,
    QueueState,
    Submission,
)
from segue.layers import MetadataLayers
from segue.tracks import TrackMetadata
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.v1.similarity_service_pb2 import SearchTracksRequest
from waiting import until_async


async def stream(*chunks: bytes, **header: object) -> AsyncIterator[messages.UploadTrackRequest]:
    yield messages.UploadTrackRequest(header=header)
    for chunk in chunks:
        yield messages.UploadTrackRequest(data=chunk)


def vectors(track_id: str, degrees: float = 45, **fields: object) -> messages.TrackVectors:
    return messages.TrackVectors(
        track={"track_id": track_id}, values=direction(degrees).tolist(), **fields
    )


async def listed(service: Service) -> set[str]:
    response = await service.catalog.ListTracks(messages.ListTracksRequest(page_size=1000))
    return {track.track_id for track in response.tracks}


async def test_ingest_accepts_tracks_in_order(service: Service) -> None:
    request = messages.IngestTracksRequest(
        items=[
            {"track_id": "one", "uri": "file:///a.mp3", "metadata": {"genres": ["Jazz"]}},
            {"uri": "https://host/b.mp3", "force": True, "replace_given": True},
        ]
    )
    first = await service.catalog.IngestTracks(request)
    again = await service.catalog.IngestTracks(request)
    assert first.track_ids[0] == "one"
    assert first.track_ids == again.track_ids, "an id that is derived from a URI stays the same"
    items = service.job_store.jobs[first.job_id]
    assert items[0].metadata.genres == ("jazz",)
    assert items[1] == IngestItem(
        first.track_ids[1],
        "https://host/b.mp3",
        force=True,
        caller=Caller.ADMITTED,
        expected_new=True,
        replace_given=True,
    )
    assert not items[0].replace_given


async def test_accepted_tracks_tell_whether_they_are_new_to_the_index(service: Service) -> None:
    request = messages.IngestTracksRequest(
        items=[{"track_id": key, "uri": f"file:///{key}.mp3"} for key in ("a", "new")]
    )
    job_id = (await service.catalog.IngestTracks(request)).job_id
    await service.catalog.UploadTrack(stream(b"x", track_id="b", job_id=job_id))
    await service.catalog.UploadTrack(stream(b"x", track_id="other", job_id=job_id))
    marks = {item.track_id: item.expected_new for item in service.job_store.jobs[job_id]}
    assert marks == {"a": False, "new": True, "b": False, "other": True}


class AbsentIndex(ExactIndex):
    """An index that stopped answering once it was open: at once, or without an end."""

    hangs = False

    async def existing(self, track_ids: Collection[str]) -> set[str]:
        if self.hangs:
            await asyncio.Event().wait()
        raise IndexUnavailable("gone")


@pytest.mark.parametrize("hangs", [False, True])
async def test_tracks_are_accepted_while_the_index_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr("segue.query.catalog_ingest.LOOK_UP_SECONDS", 0.05)
    index = AbsentIndex(space="bands-v1", dimension=DIMENSION)
    index.hangs = hangs
    async for service in serve(index, tmp_path):
        request = messages.IngestTracksRequest(items=[{"uri": "file:///a.mp3"}])
        accepted = await service.catalog.IngestTracks(request)
        (item,) = service.job_store.jobs[accepted.job_id]
        assert not item.expected_new


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([], "items"),
        ([{"uri": "file:///a"}] * 10_001, "items"),
        ([{"track_id": "a"}], "items[0].uri"),
        ([{"uri": "/music/a.mp3"}], "items[0].uri"),
        ([{"uri": "file://music/a.mp3"}], "items[0].uri"),
        ([{"uri": "ftp://host/a.mp3"}], "items[0].uri"),
        ([{"uri": "http:///a.mp3"}], "items[0].uri"),
        ([{"uri": "http://[::1/a.mp3"}], "items[0].uri"),
        ([{"uri": "spool://stolen"}], "items[0].uri"),
        ([{"uri": "file:///a", "track_id": "x" * 257}], "items[0].track_id"),
        ([{"uri": "file:///a", "metadata": {"year": 3}}], "items[0].metadata.year"),
        ([{"uri": "file:///a"}, {"uri": "file:///a"}], "items[1].track_id"),
    ],
)
async def test_a_wrong_item_refuses_the_whole_request(
    service: Service, items: list[dict[str, object]], field: str
) -> None:
    refused = await refusal(service.catalog.IngestTracks(messages.IngestTracksRequest(items=items)))
    assert refused.field == field
    assert not service.job_store.jobs


async def test_an_upload_reaches_the_spool_and_the_queue(service: Service) -> None:
    response = await service.catalog.UploadTrack(
        stream(
            b"abc",
            b"",
            b"def",
            file_name="/é/my\x1b song.mp3",
            metadata={"title": "Song"},
            replace_given=True,
        )
    )
    digest = hashlib.sha256(b"abcdef").hexdigest()
    assert (response.size_bytes, response.content_sha256) == (6, digest)
    assert response.track_id == f"sha256-{digest[:32]}"
    (item,) = service.job_store.jobs[response.job_id]
    assert item.metadata.title == "Song"
    assert item.file_name == "my song.mp3"
    assert item.replace_given
    name = item.uri.removeprefix("spool://")
    assert (service.spool / name).read_bytes() == b"abcdef"
    second = await service.catalog.UploadTrack(stream(b"x", track_id="own", job_id=response.job_id))
    assert (second.job_id, second.track_id) == (response.job_id, "own")
    assert len(service.job_store.jobs[response.job_id]) == 2


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "INVALID_ARGUMENT"),
        ([{"data": b"x"}], "INVALID_ARGUMENT"),
        ([{"header": {}}], "AUDIO_EMPTY"),
        ([{"header": {}}, {"header": {}}], "INVALID_ARGUMENT"),
        ([{"header": {}}, {}], "INVALID_ARGUMENT"),
        ([{"header": {"track_id": "x" * 257}}, {"data": b"x"}], "INVALID_ARGUMENT"),
        ([{"header": {}}, {"data": b"x" * 600_000}, {"data": b"x" * 600_000}], "AUDIO_TOO_LARGE"),
        ([{"header": {"job_id": "nobody"}}, {"data": b"x"}], "JOB_NOT_FOUND"),
    ],
)
async def test_a_wrong_upload_leaves_nothing(
    service: Service, parts: list[dict[str, object]], reason: str
) -> None:
    async def requests() -> AsyncIterator[messages.UploadTrackRequest]:
        for part in parts:
            yield messages.UploadTrackRequest(**part)

    refused = await refusal(service.catalog.UploadTrack(requests()))
    assert refused.reason == reason
    assert not service.job_store.jobs
    assert not service.spool.exists() or not list(service.spool.iterdir())


async def test_an_upload_that_the_client_breaks_off_leaves_nothing(service: Service) -> None:
    call = service.catalog.UploadTrack()
    await call.write(messages.UploadTrackRequest(header={}))
    await call.write(messages.UploadTrackRequest(data=b"half"))
    await until_async(lambda: list(service.spool.glob("incoming-*")))
    call.cancel()
    await until_async(lambda: not list(service.spool.iterdir()))
    assert not service.job_store.jobs


async def test_an_upload_that_cannot_be_queued_is_not_taken_in(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object, **__: object) -> QueueState:
        raise QueueUnavailable("no queue")

    monkeypatch.setattr(service.job_store, "queue_state", down)
    refused = await refusal(service.catalog.UploadTrack(stream(b"x")))
    assert refused.reason == "QUEUE_UNAVAILABLE"
    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert not service.spool.exists() or not list(service.spool.iterdir())


async def test_an_upload_that_may_have_been_queued_is_kept_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = str(uuid.uuid4())

    async def accepted_without_a_word(*_: object, **__: object) -> Submission:
        raise QueueUnavailable("the connection broke")

    with monkeypatch.context() as patched:
        patched.setattr(service.job_store, "submit", accepted_without_a_word)
        for _ in range(3):
            refused = await refusal(
                service.catalog.UploadTrack(stream(b"x", request_id=request_id))
            )
            assert refused.reason == "QUEUE_UNAVAILABLE"
    (kept,) = service.spool.iterdir()
    await service.catalog.UploadTrack(stream(b"x", request_id=request_id))
    ((item,),) = service.job_store.jobs.values()
    assert item.uri == f"spool://{kept.name}"
    assert list(service.spool.iterdir()) == [kept]


@pytest.mark.parametrize("request_id", ["1", "x" * 36])
async def test_a_request_id_that_may_be_anothers_is_refused(
    service: Service, request_id: str
) -> None:
    item = messages.IngestItem(uri="file:///a")
    calls = [
        service.catalog.IngestTracks(
            messages.IngestTracksRequest(items=[item], request_id=request_id)
        ),
        service.catalog.UploadTrack(stream(b"x", request_id=request_id)),
        service.catalog.ReplayDeadLetters(
            messages.ReplayDeadLettersRequest(all=True, request_id=request_id)
        ),
    ]
    fields = [(await refusal(call)).field for call in calls]
    assert fields == ["request_id", "header.request_id", "request_id"]
    assert not service.job_store.jobs


async def test_a_job_is_watched_until_it_is_done(service: Service) -> None:
    job = await service.catalog.IngestTracks(
        messages.IngestTracksRequest(items=[{"uri": "file:///a"}, {"uri": "file:///b"}])
    )
    watch = service.catalog.WatchIngest(messages.WatchIngestRequest(job_id=job.job_id))
    seen = [message async for message in watch]
    assert [message.job.done for message in seen] == [False, True]
    assert [message.job.queued for message in seen] == [2, 0]
    assert seen[1].job.indexed == seen[1].job.total == 2
    assert seen[1].job.HasField("finished_at")
    assert {one.state for one in seen[1].changed} == {messages.INGEST_STATE_INDEXED}
    got = await service.catalog.GetIngestJob(
        messages.GetIngestJobRequest(job_id=job.job_id, include_items=True)
    )
    assert [item.uri for item in got.items] == ["file:///a", "file:///b"]


@pytest.mark.parametrize(("job_id", "reason"), [("no", "JOB_NOT_FOUND"), ("", "INVALID_ARGUMENT")])
async def test_an_unknown_job(service: Service, job_id: str, reason: str) -> None:
    got = service.catalog.GetIngestJob(messages.GetIngestJobRequest(job_id=job_id))
    assert (await refusal(got)).reason == reason

    async def watched() -> None:
        async for _ in service.catalog.WatchIngest(messages.WatchIngestRequest(job_id=job_id)):
            pass

    assert (await refusal(watched())).reason == reason


async def test_get_track(service: Service) -> None:
    response = await service.catalog.GetTrack(
        messages.GetTrackRequest(track_id="b", include_vector=True)
    )
    assert response.track.source_uri == "file:///music/b.flac"
    assert response.embedding_space == "bands-v1"
    assert list(response.vector) == pytest.approx(direction(10).tolist())
    small = await service.catalog.GetTrack(
        messages.GetTrackRequest(track_id="b", view=track_pb2.TRACK_VIEW_ID)
    )
    assert small.track == track_pb2.Track(track_id="b")
    assert not small.vector


async def test_a_track_that_may_be_missing_is_asked_for_without_an_error(service: Service) -> None:
    request = messages.GetTrackRequest(track_id="nobody", allow_missing=True)
    missing = await service.catalog.GetTrack(request)
    assert not missing.HasField("track")
    assert missing.embedding_space == "bands-v1"
    request.track_id = "b"
    assert (await service.catalog.GetTrack(request)).track.track_id == "b"


async def test_many_tracks_are_given_at_once_and_the_absent_named(service: Service) -> None:
    request = messages.GetTracksRequest(track_ids=["c", "nobody", "a", "c"])
    answer = await service.catalog.GetTracks(request)
    assert [track.track_id for track in answer.tracks] == ["c", "a"]
    assert answer.tracks[0].content_sha256
    assert answer.missing_track_ids == ["nobody"]
    assert answer.embedding_space == "bands-v1"

    request.view = track_pb2.TRACK_VIEW_ID
    answer = await service.catalog.GetTracks(request)
    assert answer.tracks[0] == track_pb2.Track(track_id="c")


@pytest.mark.parametrize(
    ("track_ids", "field"),
    [([], "track_ids"), (["x"] * 1_001, "track_ids"), (["a", ""], "track_ids[1]")],
)
async def test_wrong_lists_of_ids_are_refused(
    service: Service, track_ids: list[str], field: str
) -> None:
    for call, request in (
        (service.catalog.GetTracks, messages.GetTracksRequest),
        (service.catalog.DeleteTracks, messages.DeleteTracksRequest),
    ):
        refused = await refusal(call(request(track_ids=track_ids)))
        assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", field)


async def test_list_tracks_in_pages(service: Service) -> None:
    where = {"genres": {"any_of": ["jazz"]}}
    seen: list[str] = []
    token = ""
    while True:
        page = await service.catalog.ListTracks(
            messages.ListTracksRequest(filter=where, page_size=2, page_token=token)
        )
        seen += [track.track_id for track in page.tracks]
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen) == ["a", "b", "e"]


async def test_update_replaces_only_what_the_mask_names(service: Service) -> None:
    response = await service.catalog.UpdateTrack(
        messages.UpdateTrackRequest(
            track_id="b",
            metadata={"genres": ["Polka", "polka"], "title": "ignored"},
            update_mask={"paths": ["genres", "year"]},
        )
    )
    metadata = response.track.metadata
    assert list(metadata.genres) == ["polka"]
    assert not metadata.HasField("year")
    assert (metadata.title, metadata.artist) == ("B", "Bob")


async def test_corrections_at_the_same_time_do_not_undo_one_another(service: Service) -> None:
    await asyncio.gather(
        *(
            service.catalog.UpdateTrack(
                messages.UpdateTrackRequest(
                    track_id="b", metadata={path: "new"}, update_mask={"paths": [path]}
                )
            )
            for path in ("title", "artist", "album")
        )
    )
    track = (await service.index.get(["b"]))["b"]
    assert (track.metadata.title, track.metadata.artist, track.metadata.album) == ("new",) * 3


def corrected(**fields: object) -> messages.UpdateTrackRequest:
    """A correction of b: ``reset`` names fields to reset, the others are what they are to be."""
    reset = fields.pop("reset", ())
    return messages.UpdateTrackRequest(
        track_id="b",
        metadata=fields,
        update_mask={"paths": list(fields)},
        reset_mask={"paths": reset},
    )


async def test_a_correction_tells_its_source_and_is_taken_back(service: Service) -> None:
    sources = track_pb2.FieldSource
    track = (await service.catalog.UpdateTrack(corrected(title="T", genres=[], year=1971))).track
    assert (track.metadata.title, list(track.metadata.genres)) == ("T", [])
    assert {name: sources.Name(one)[13:] for name, one in track.field_sources.items()} == {
        "title": "CORRECTED",
        "genres": "CORRECTED",
        "year": "CORRECTED",
        "artist": "GIVEN",
        "artists": "GIVEN",
        "moods": "GIVEN",
    }
    assert track.hidden_tags == track_pb2.TrackMetadata(title="B")
    assert track.hidden_given == track_pb2.TrackMetadata(genres=["jazz", "blues"], year=1970)

    request = corrected(album="A", reset=["genres"])
    track = (await service.catalog.UpdateTrack(request)).track
    assert list(track.metadata.genres) == ["jazz", "blues"]
    assert (track.metadata.title, track.metadata.album) == ("T", "A")

    track = (await service.catalog.UpdateTrack(corrected(reset=["*"]))).track
    assert (track.metadata.title, track.metadata.album, track.metadata.year) == ("B", "", 1970)
    assert sources.FIELD_SOURCE_CORRECTED not in track.field_sources.values()
    assert not track.HasField("hidden_tags")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reset": ["loudness"]}, "reset_mask"),
        ({"reset": ["title", ""]}, "reset_mask"),
        ({"title": "T", "reset": ["title"]}, "reset_mask"),
        ({"artist": "A", "reset": ["artists"]}, "reset_mask"),
        ({"title": "T", "reset": ["*"]}, "reset_mask"),
        ({}, "update_mask"),
    ],
)
async def test_a_wrong_mask_of_what_to_reset_is_refused(
    service: Service, fields: dict[str, object], field: str
) -> None:
    refused = await refusal(service.catalog.UpdateTrack(corrected(**fields)))
    assert refused.field == field
    track = (await service.index.get(["b"]))["b"]
    assert track == CATALOGUE[1].track


async def test_what_an_earlier_version_stored_is_corrected_but_not_reset(service: Service) -> None:
    flat = replace(
        CATALOGUE[1], track=replace(CATALOGUE[1].track, layers=None, content_sha256="cd" * 32)
    )
    await service.index.upsert([flat])
    track = (await service.catalog.UpdateTrack(corrected(title="T"))).track
    assert (track.metadata.title, list(track.metadata.genres)) == ("T", ["jazz", "blues"])
    assert not track.field_sources
    refused = await refusal(service.catalog.UpdateTrack(corrected(reset=["title"])))
    assert refused.field == "reset_mask"
    assert "with force" in refused.message


async def test_what_tags_and_givers_say_is_replaced_below_the_corrections(
    service: Service,
) -> None:
    await service.catalog.UpdateTrack(corrected(title="T"))
    told = track_pb2.Track(track_id="b", metadata={"title": "New", "genres": ["Soul"]})
    told.field_sources["title"] = track_pb2.FIELD_SOURCE_TAGS
    answer = await service.catalog.DescribeTrack(messages.DescribeTrackRequest(track=told))
    assert answer.exists
    track = (await service.index.get(["b"]))["b"]
    assert track.metadata == TrackMetadata("T", genres=("soul",))
    assert track.layers == MetadataLayers(
        TrackMetadata("New"), TrackMetadata(genres=("soul",)), {"title": "T"}
    )
    assert track.content_sha256 == CATALOGUE[1].track.content_sha256
    told.track_id = "nobody"
    answer = await service.catalog.DescribeTrack(messages.DescribeTrackRequest(track=told))
    assert not answer.exists
    told.metadata.key = "H"
    refused = await refusal(
        service.catalog.DescribeTrack(messages.DescribeTrackRequest(track=told))
    )
    assert refused.field == "track.metadata.key"


async def test_a_mask_of_a_star_corrects_every_field(service: Service) -> None:
    request = messages.UpdateTrackRequest(
        track_id="b", metadata={"title": "T"}, update_mask={"paths": ["*"]}
    )
    track = (await service.catalog.UpdateTrack(request)).track
    assert track.metadata == track_pb2.TrackMetadata(title="T")


async def test_a_change_of_what_has_changed_since_is_refused(service: Service) -> None:
    async def read() -> track_pb2.Track:
        return (await service.catalog.GetTrack(messages.GetTrackRequest(track_id="b"))).track

    def titled(title: str, etag: str) -> messages.UpdateTrackRequest:
        request = corrected(title=title)
        request.etag = etag
        return request

    first = await read()
    assert first.etag == (await read()).etag
    changed = (await service.catalog.UpdateTrack(titled("T", first.etag))).track
    assert changed.etag == (await read()).etag != first.etag
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await service.catalog.UpdateTrack(titled("U", first.etag))
    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert (await read()).metadata.title == "T"


@pytest.mark.parametrize("paths", [[], ["loudness"], ["metadata.title"], ["title", "track_id"]])
async def test_a_wrong_mask_is_refused(service: Service, paths: list[str]) -> None:
    refused = await refusal(
        service.catalog.UpdateTrack(
            messages.UpdateTrackRequest(track_id="b", update_mask={"paths": paths})
        )
    )
    assert refused.field == "update_mask"


async def test_delete(service: Service) -> None:
    await service.catalog.DeleteTrack(messages.DeleteTrackRequest(track_id="b"))
    assert await listed(service) == {"a", "c", "d", "e"}


async def test_many_are_deleted_at_once_and_the_absent_ones_named(service: Service) -> None:
    request = messages.DeleteTracksRequest(track_ids=["b", "nobody", "d", "b"])
    answer = await service.catalog.DeleteTracks(request)
    assert (answer.deleted, list(answer.missing_track_ids)) == (2, ["nobody"])
    assert await listed(service) == {"a", "c", "e"}
    answer = await service.catalog.DeleteTracks(request)
    assert (answer.deleted, list(answer.missing_track_ids)) == (0, ["b", "nobody", "d"])


async def test_a_move_changes_the_source_alone(service: Service) -> None:
    before = (await service.catalog.GetTrack(messages.GetTrackRequest(track_id="b"))).track
    moves = [
        {"track_id": "b", "source_uri": "file:///new/caf%E9.mp3"},
        {"track_id": "nobody", "source_uri": "file:///n.mp3"},
    ]
    answer = await service.catalog.MoveTracks(messages.MoveTracksRequest(moves=moves))
    assert list(answer.missing_track_ids) == ["nobody"]
    after = (await service.catalog.GetTrack(messages.GetTrackRequest(track_id="b"))).track
    assert after.source_uri == "file:///new/caf%E9.mp3"
    before.source_uri = after.source_uri
    assert after == before


@pytest.mark.parametrize(
    ("method", "field", "entries"),
    [
        ("DeleteTracks", "track_ids", []),
        ("DeleteTracks", "track_ids", ["x"] * 1001),
        ("DeleteTracks", "track_ids[1]", ["a", ""]),
        ("MoveTracks", "moves", []),
        ("MoveTracks", "moves[0].source_uri", [{"track_id": "a", "source_uri": "/a.mp3"}]),
        ("MoveTracks", "moves[0].track_id", [{"source_uri": "file:///a.mp3"}]),
        (
            "MoveTracks",
            "moves[1].track_id",
            [{"track_id": "a", "source_uri": "file:///a.mp3"}] * 2,
        ),
    ],
)
async def test_what_is_not_deleted_or_moved(
    service: Service, method: str, field: str, entries: list[object]
) -> None:
    name = field.partition("[")[0]
    request = getattr(messages, f"{method}Request")(**{name: entries})
    refused = await refusal(getattr(service.catalog, method)(request))
    assert (refused.code, refused.field) == (grpc.StatusCode.INVALID_ARGUMENT, field)
    assert await listed(service) == {"a", "b", "c", "d", "e"}


async def test_sources_are_listed_without_the_rest(service: Service) -> None:
    request = messages.ListTracksRequest(page_size=2, view=track_pb2.TRACK_VIEW_SOURCE)
    found = []
    while True:
        answer = await service.catalog.ListTracks(request)
        found += answer.tracks
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    for track in found:
        asked = messages.GetTrackRequest(track_id=track.track_id)
        full = (await service.catalog.GetTrack(asked)).track
        assert track == track_pb2.Track(
            track_id=full.track_id,
            source_uri=full.source_uri,
            content_sha256=full.content_sha256,
            provenance=full.provenance,
        )
    assert {track.track_id for track in found} == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize("method", ["GetTrack", "DeleteTrack", "UpdateTrack"])
async def test_an_unknown_track(service: Service, method: str) -> None:
    request = getattr(messages, f"{method}Request")(track_id="nobody")
    if method == "UpdateTrack":
        request.update_mask.paths.append("title")
    refused = await refusal(getattr(service.catalog, method)(request))
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "TRACK_NOT_FOUND")
    assert refused.detail(error_details_pb2.ResourceInfo).resource_name == "nobody"


async def test_upserted_tracks_are_found(service: Service) -> None:
    full = messages.TrackVectors(
        track={"track_id": "v", "metadata": {"genres": ["JAZZ"]}, "content_sha256": "cd" * 32},
        values=(5 * direction(45)).tolist(),
        segments=[{"start_seconds": 0, "end_seconds": 10, "values": direction(44).tolist()}],
    )
    response = await service.catalog.UpsertTracks(
        messages.UpsertTracksRequest(tracks=[full, vectors("w")], embedding_space="bands-v1")
    )
    assert response.upserted == 2
    got = await service.catalog.GetTrack(
        messages.GetTrackRequest(track_id="v", include_vector=True)
    )
    assert list(got.track.metadata.genres) == ["jazz"]
    assert list(got.vector) == pytest.approx(direction(45).tolist(), abs=1e-6)
    assert got.track.HasField("ingested_at")
    assert (await service.index.info()).segments == 11


async def test_only_new_tracks_are_stored_when_that_is_asked(service: Service) -> None:
    before = (await service.index.get(["a"]))["a"]
    request = messages.UpsertTracksRequest(
        tracks=[vectors("w"), vectors("a")], embedding_space="bands-v1", only_new=True
    )
    response = await service.catalog.UpsertTracks(request)
    assert (response.upserted, list(response.existing_track_ids)) == (1, ["a"])
    assert (await service.index.get(["a"]))["a"] == before
    response = await service.catalog.UpsertTracks(request)
    assert (response.upserted, list(response.existing_track_ids)) == (0, ["a", "w"])


@pytest.mark.parametrize(
    ("bad", "space", "reason"),
    [
        (vectors("bad"), "other-v1", "SPACE_MISMATCH"),
        (vectors("bad"), "", "INVALID_ARGUMENT"),
        (vectors(""), "bands-v1", "INVALID_ARGUMENT"),
        (vectors("good"), "bands-v1", "INVALID_ARGUMENT"),
        (vectors("bad", float("nan")), "bands-v1", "VECTOR_INVALID"),
        (messages.TrackVectors(track={"track_id": "bad"}), "bands-v1", "VECTOR_INVALID"),
        (vectors("bad", segments=[{"end_seconds": 1, "values": [1.0]}]), "bands-v1",
         "VECTOR_INVALID"),
        (vectors("bad", segments=[{"start_seconds": 1}]), "bands-v1", "INVALID_ARGUMENT"),
    ],
)  # fmt: skip
async def test_one_bad_track_keeps_all_of_them_out(
    service: Service, bad: messages.TrackVectors, space: str, reason: str
) -> None:
    refused = await refusal(
        service.catalog.UpsertTracks(
            messages.UpsertTracksRequest(tracks=[vectors("good"), bad], embedding_space=space)
        )
    )
    assert refused.reason == reason
    assert await listed(service) == set("abcde")


async def test_facets(service: Service) -> None:
    response = await service.catalog.ListFacets(messages.ListFacetsRequest())
    assert [(one.label, one.tracks) for one in response.genres] == [
        ("jazz", 3), ("metal", 2), ("blues", 1),
    ]  # fmt: skip
    assert (response.total_tracks, response.matching_tracks) == (5, 5)
    assert response.embedding_space == "bands-v1"
    calm = await service.catalog.ListFacets(
        messages.ListFacetsRequest(filter={"moods": {"any_of": ["calm"]}})
    )
    assert [(one.label, one.tracks) for one in calm.moods] == [("calm", 3)]
    assert (calm.total_tracks, calm.matching_tracks) == (5, 3)


async def test_what_the_model_hears_is_counted_and_filtered(service: Service) -> None:
    heard = [
        messages.TrackVectors(
            track={
                "track_id": name,
                "predicted_genres": [{"label": "soul", "probability": probability}],
            },
            values=direction(45).tolist(),
        )
        for name, probability in (("p", 0.9), ("q", 0.4))
    ]
    await service.catalog.UpsertTracks(
        messages.UpsertTracksRequest(tracks=heard, embedding_space="bands-v1")
    )
    for minimum, tracks in ((None, 1), (0.4, 2), (0.95, 0)):
        request = messages.ListFacetsRequest(minimum_probability=minimum)
        response = await service.catalog.ListFacets(request)
        found = {one.label: one.tracks for one in response.predicted_genres}
        assert found.get("soul", 0) == tracks
        match = {"any_of": ["Soul"], "source": "LABEL_SOURCE_PREDICTED"}
        where = track_pb2.TrackFilter(genres={**match, "minimum_probability": minimum})
        listing = await service.catalog.ListTracks(messages.ListTracksRequest(filter=where))
        assert len(listing.tracks) == tracks
    refused = await refusal(
        service.catalog.ListFacets(messages.ListFacetsRequest(minimum_probability=0.01))
    )
    assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", "minimum_probability")


async def test_tracks_are_listed_in_an_order(service: Service) -> None:
    async def listed(**asked: object) -> tuple[list[str], str]:
        answer = await service.catalog.ListTracks(messages.ListTracksRequest(**asked))
        return [one.track_id for one in answer.tracks], answer.next_page_token

    assert (await listed(order_by="year desc"))[0] == ["d", "c", "b", "a", "e"]
    assert (await listed(order_by="title", view="TRACK_VIEW_ID"))[0] == list("abcde")
    assert (await listed(order_by="duration_seconds desc"))[0] == list("edcba")
    first, token = await listed(order_by="year", page_size=2)
    assert first == ["a", "b"]
    assert await listed(order_by="year", page_size=9, page_token=token) == (["c", "d", "e"], "")
    refused = await refusal(listed(order_by="title", page_token=token))
    assert refused.reason == "PAGE_TOKEN_INVALID"
    for order_by in ("genre", "year, title", "year up", "y" * 300):
        refused = await refusal(listed(order_by=order_by))
        assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", "order_by")
    found = await service.similarity.SearchTracks(
        SearchTracksRequest(query="", order_by="artist desc", page_size=2)
    )
    assert [one.track_id for one in found.tracks] == ["e", "d"]


async def test_years_and_lengths_are_counted_in_ranges(service: Service) -> None:
    answer = await service.catalog.ListFacets(messages.ListFacetsRequest(page_size=1))
    assert [(one.minimum, one.below, one.tracks) for one in answer.years] == [
        (1960, 1970, 1), (1970, 1980, 1), (1980, 1990, 1), (1990, 2000, 1),
    ]  # fmt: skip
    assert answer.tracks_without_year == 1
    counted = {one.minimum: one.tracks for one in answer.durations if one.tracks}
    assert counted == {60: 4, 120: 1}  # 60 to 90 s, and 140
    assert not answer.durations[-1].HasField("below")
    request = messages.ListFacetsRequest(
        filter={"artists": {"any_of": ["Ann"]}},
        year_bounds=[1965, 1985],
        duration_bounds=[0, 75],
        page_size=1,
    )
    answer = await service.catalog.ListFacets(request)
    assert [one.tracks for one in answer.years] == [1, 0]
    assert [one.tracks for one in answer.durations] == [1, 1]
    request.page_token = answer.next_page_token
    further = await service.catalog.ListFacets(request)
    assert (len(further.years), len(further.durations)) == (0, 0)
    for field in ("year_bounds", "duration_bounds"):
        for bounds in ([2, 1], [float("nan")], range(99)):
            refused = await refusal(
                service.catalog.ListFacets(messages.ListFacetsRequest(**{field: bounds}))
            )
            assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", field)


async def test_one_artist_of_several_is_corrected_with_the_name_that_is_shown(
    service: Service,
) -> None:
    async def masked(mask: str, **metadata: object) -> track_pb2.TrackMetadata:
        response = await service.catalog.UpdateTrack(
            messages.UpdateTrackRequest(
                track_id="b", metadata=metadata, update_mask={"paths": [mask]}
            )
        )
        return response.track.metadata

    several = await masked("artists", artists=["Ann", "Bob"])
    assert (several.artist, list(several.artists)) == ("Ann, Bob", ["Ann", "Bob"])
    one = await masked("artist", artist="Cid")
    assert (one.artist, list(one.artists)) == ("Cid", ["Cid"])
    none = await masked("artist")
    assert (none.artist, list(none.artists)) == ("", [])


async def test_dead_letters_are_listed_and_replayed(service: Service) -> None:
    service.job_store.letters = [
        DeadLetter(
            f"l{n}", "job", IngestItem(f"t{n}", "file:///x"), reason, "broken", "fix it", 1, NOW
        )
        for n, reason in enumerate(["AUDIO_EMPTY", "AUDIO_SILENT", "AUDIO_EMPTY"])
    ]
    request = messages.ListDeadLettersRequest(page_size=1, reason="AUDIO_EMPTY")
    page = await service.catalog.ListDeadLetters(request)
    assert page.total == 2
    assert [one.dead_letter_id for one in page.dead_letters] == ["l0"]
    assert page.dead_letters[0].next_step == "fix it"
    request.page_token = page.next_page_token
    last = await service.catalog.ListDeadLetters(request)
    assert [one.dead_letter_id for one in last.dead_letters] == ["l2"]
    assert not last.next_page_token
    refused = await refusal(
        service.catalog.ReplayDeadLetters(
            messages.ReplayDeadLettersRequest(dead_letter_ids=["nobody"])
        )
    )
    assert refused.reason == "NOT_FOUND"
    replayed = await service.catalog.ReplayDeadLetters(
        messages.ReplayDeadLettersRequest(reason="AUDIO_EMPTY")
    )
    assert replayed.replayed == 2
    assert len(service.job_store.jobs[replayed.job_id]) == 2
    none = await service.catalog.ReplayDeadLetters(
        messages.ReplayDeadLettersRequest(reason="AUDIO_EMPTY")
    )
    assert (none.job_id, none.replayed) == ("", 0)


@pytest.mark.parametrize("verb", ["Replay", "Dismiss"])
async def test_what_is_meant_must_be_said(service: Service, verb: str) -> None:
    service.job_store.letters = [
        DeadLetter("l0", "job", IngestItem("t0", "file:///x"), "INTERNAL", "broken", "fix", 1, NOW)
    ]
    call = getattr(service.catalog, f"{verb}DeadLetters")
    make = getattr(messages, f"{verb}DeadLettersRequest")
    for request, field in (
        (make(), "dead_letter_ids"),
        (make(all=True, reason="INTERNAL"), "all"),
        (make(all=True, dead_letter_ids=["l0"]), "all"),
    ):
        refused = await refusal(call(request))
        assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", field)
        assert len(service.job_store.letters) == 1

    answer = await call(make(all=True))

    assert getattr(answer, "replayed" if verb == "Replay" else "dismissed") == 1
    assert service.job_store.letters == []
