"""Audio and pictures of tracks over real gRPC, and what is kept of uploads."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC, Picture

from query_service import CATALOGUE, DIMENSION, OPEN, TOKEN, USUAL, Service, serve
from refusals import Refusal
from segue.callers import COUNTED_FOR
from segue.index.exact import ExactIndex
from segue.media.kept_rows import Use
from segue.media.kept_uploads import KeptUploads
from segue.owner_token import token_metadata
from segue.query.access import Access
from segue.query.catalog_audio import PIECE_BYTES
from segue.query.kept_sweep import sweep
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from waiting import until_async

OWNER = token_metadata(TOKEN)
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 100_000


def flac(path: Path) -> bytes:
    """A FLAC file with a picture: its bytes, of more than two pieces."""
    noise = np.random.default_rng(1).standard_normal(22_050 * 20) / 10
    soundfile.write(path, noise, 22_050, format="FLAC")
    tagged = FLAC(path)
    for kind, data in ((4, b"\xff\xd8\xffback"), (3, PNG)):
        picture = Picture()
        picture.type, picture.mime, picture.data = kind, "image/x", data
        tagged.add_picture(picture)
    tagged.save()
    return path.read_bytes()


@pytest.fixture
def kept(tmp_path: Path) -> KeptUploads:
    return KeptUploads(tmp_path / "kept", most_bytes=20_000_000)


@pytest.fixture
def audio(tmp_path: Path) -> bytes:
    return flac(tmp_path / "song.flac")


@pytest.fixture
async def index(kept: KeptUploads, audio: bytes, tmp_path: Path) -> ExactIndex:
    """A: a kept upload; b: a file; c: an upload that is gone; d: a URL; e: of no source."""
    made = ExactIndex(space="bands-v1", dimension=DIMENSION)
    sha256 = hashlib.sha256(audio).hexdigest()
    with (tmp_path / "song.flac").open("rb") as file:
        kept.keep(file, sha256, Use("a", "bands-v1", sha256, "Song.flac"), guests=False)
    sources = {
        "a": f"kept://{sha256}",
        "b": (tmp_path / "song.flac").as_uri(),
        "c": f"kept://{'0' * 64}",
        "d": "https://music.example/d.mp3?token=1",
        "e": "",
    }
    for one in CATALOGUE:
        track = replace(
            one.track,
            source_uri=sources[one.track.track_id],
            file_name="Song.flac" if one.track.track_id == "a" else "",
        )
        await made.upsert([replace(one, track=track)])
    return made


@pytest.fixture
async def service(index: ExactIndex, kept: KeptUploads, tmp_path: Path) -> AsyncIterator[Service]:
    async for running in serve(index, tmp_path, kept=kept, access=Access(TOKEN)):
        yield running


async def read(
    service: Service, track_id: str, offset: int = 0, length: int = 0
) -> tuple[messages.MediaInfo, bytes]:
    request = messages.ReadAudioRequest(track_id=track_id, offset=offset, length=length)
    first, *rest = [part async for part in service.catalog.ReadAudio(request, metadata=OWNER)]
    assert first.WhichOneof("part") == "info"
    assert all(0 < len(part.data) <= PIECE_BYTES for part in rest)
    return first.info, b"".join(part.data for part in rest)


async def bytes_given(service: Service, method: str, track_id: str, metadata: Any) -> int:
    request = getattr(messages, f"{method}Request")(track_id=track_id)
    asked = getattr(service.catalog, method)(request, metadata=metadata)
    return sum([len(part.data) async for part in asked])


async def audio_of(service: Service, track_id: str) -> int:
    request = messages.GetTrackRequest(track_id=track_id)
    return (await service.catalog.GetTrack(request, metadata=OWNER)).track.audio


@pytest.mark.parametrize("track_id", ["a", "b"])
async def test_audio_is_read_from_any_byte_on(
    service: Service, audio: bytes, track_id: str
) -> None:
    info, whole = await read(service, track_id)
    assert whole == audio
    assert (info.size_bytes, info.media_type) == (len(audio), "audio/flac")
    assert info.file_name == {"a": "Song.flac", "b": "song.flac"}[track_id]
    end = len(audio)
    for offset, length in ((0, 1), (7, 2 * PIECE_BYTES), (end - 5, 0), (end - 5, 100), (end, 0)):
        expected = audio[offset : offset + length if length else end]
        assert await read(service, track_id, offset, length) == (info, expected)


async def test_another_file_has_another_etag(service: Service, tmp_path: Path) -> None:
    before, content = await read(service, "b")
    (tmp_path / "song.flac").write_bytes(content)
    after, _ = await read(service, "b")
    assert before.etag != after.etag
    assert len(after.etag) == 32


@pytest.mark.parametrize("part", [{"offset": -1}, {"length": -1}, {"offset": 1 << 40}])
async def test_a_range_that_is_none_names_its_field(service: Service, part: dict[str, int]) -> None:
    request = messages.ReadAudioRequest(track_id="a", **part)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(service.catalog.ReadAudio(request, metadata=OWNER)))
    refused = Refusal(caught.value)
    assert refused.reason == "INVALID_ARGUMENT"
    assert next(iter(part)) in str(refused.message)


@pytest.mark.parametrize("method", ["ReadAudio", "ReadCover"])
@pytest.mark.parametrize(
    ("track_id", "code", "reason"),
    [
        ("c", grpc.StatusCode.NOT_FOUND, "AUDIO_GONE"),
        ("d", grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_ELSEWHERE"),
        ("e", grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_ELSEWHERE"),
        ("nobody", grpc.StatusCode.NOT_FOUND, "TRACK_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_given_says_why(
    service: Service, method: str, track_id: str, code: grpc.StatusCode, reason: str
) -> None:
    request = getattr(messages, f"{method}Request")(track_id=track_id)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(getattr(service.catalog, method)(request, metadata=OWNER)))
    refused = Refusal(caught.value)
    assert (caught.value.code(), refused.reason) == (code, reason)
    assert "token=1" not in refused.message


async def test_a_file_that_is_gone_says_so(service: Service, tmp_path: Path) -> None:
    (tmp_path / "song.flac").unlink()
    for method in ("ReadAudio", "ReadCover"):
        request = getattr(messages, f"{method}Request")(track_id="b")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(aiter(getattr(service.catalog, method)(request, metadata=OWNER)))
        assert Refusal(caught.value).reason == "SOURCE_NOT_FOUND"


@pytest.mark.parametrize("track_id", ["a", "b"])
async def test_the_front_cover_is_given(service: Service, track_id: str) -> None:
    request = messages.ReadCoverRequest(track_id=track_id)
    first, *rest = [part async for part in service.catalog.ReadCover(request, metadata=OWNER)]
    assert b"".join(part.data for part in rest) == PNG
    assert first.info.media_type == "image/png"
    assert first.info.size_bytes == len(PNG)


async def test_a_file_without_a_picture_says_so(service: Service, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.flac", np.zeros(22_050), 22_050, format="FLAC")
    request = messages.ReadCoverRequest(track_id="b")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(service.catalog.ReadCover(request, metadata=OWNER)))
    assert Refusal(caught.value).reason == "COVER_NOT_FOUND"


async def test_a_stack_that_is_open_to_everybody_gives_uploads_and_no_files(
    index: ExactIndex, kept: KeptUploads, audio: bytes, tmp_path: Path
) -> None:
    async for service in serve(index, tmp_path, kept=kept, access=OPEN):
        catalog = service.catalog
        # Anybody there may say where a track lies.
        moves = messages.MoveTracksRequest(
            moves=[{"track_id": "d", "source_uri": "file:///etc/hostname"}]
        )
        await catalog.MoveTracks(moves)
        for track_id in ("b", "d"):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await anext(aiter(catalog.ReadAudio(messages.ReadAudioRequest(track_id=track_id))))
            assert Refusal(caught.value).reason == "OWNER_ONLY"
        given = [part async for part in catalog.ReadAudio(messages.ReadAudioRequest(track_id="a"))]
        assert b"".join(part.data for part in given) == audio


async def test_accounts_hear_files_below_the_media_folders_only(
    index: ExactIndex, kept: KeptUploads, audio: bytes, tmp_path: Path
) -> None:
    music, elsewhere = tmp_path / "music", tmp_path / "elsewhere.flac"
    music.mkdir()
    for path in (music / "song.flac", elsewhere):
        path.write_bytes(audio)
    (music / "link.flac").symlink_to(elsewhere)
    account = (*OWNER, (COUNTED_FOR, "ann~2"))
    async for service in serve(
        index, tmp_path, kept=kept, media_roots=[music], access=Access(TOKEN)
    ):
        moves = [
            {"track_id": track_id, "source_uri": path.as_uri()}
            for track_id, path in (
                ("b", music / "song.flac"),
                ("d", elsewhere),
                ("e", music / "link.flac"),
            )
        ]
        request = messages.MoveTracksRequest(moves=moves)
        await service.catalog.MoveTracks(request, metadata=OWNER)
        for method in ("ReadAudio", "ReadCover"):
            for track_id in "abde":
                assert await bytes_given(service, method, track_id, OWNER) > 0
            for track_id in "ab":
                assert await bytes_given(service, method, track_id, account) > 0
            for track_id in "de":
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await bytes_given(service, method, track_id, account)
                refused = Refusal(caught.value)
                assert refused.reason == "SOURCE_FORBIDDEN"
                assert "elsewhere" not in str(refused.message)


async def test_a_track_says_whether_its_audio_can_be_had(service: Service) -> None:
    assert [await audio_of(service, one) for one in "abcde"] == [
        track_pb2.TRACK_AUDIO_KEPT,
        track_pb2.TRACK_AUDIO_AT_SOURCE,
        track_pb2.TRACK_AUDIO_GONE,
        track_pb2.TRACK_AUDIO_AT_SOURCE,
        track_pb2.TRACK_AUDIO_UNSPECIFIED,
    ]
    request = messages.ListTracksRequest(view=track_pb2.TRACK_VIEW_FULL)
    listed = await service.catalog.ListTracks(request, metadata=OWNER)
    assert {one.track_id: one.audio for one in listed.tracks}["a"] == track_pb2.TRACK_AUDIO_KEPT


@pytest.mark.parametrize("many", [False, True])
async def test_what_is_deleted_is_not_kept_unless_another_track_uses_it(
    service: Service, kept: KeptUploads, audio: bytes, tmp_path: Path, many: bool
) -> None:
    sha256 = hashlib.sha256(audio).hexdigest()
    with (tmp_path / "song.flac").open("rb") as file:
        kept.keep(file, sha256, Use("b", "bands-v1", sha256), guests=False)
    for track_id, there in (("a", True), ("b", False)):
        if many:
            wanted = messages.DeleteTracksRequest(track_ids=[track_id])
            await service.catalog.DeleteTracks(wanted, metadata=OWNER)
        else:
            one = messages.DeleteTrackRequest(track_id=track_id)
            await service.catalog.DeleteTrack(one, metadata=OWNER)
        assert kept.holds(sha256) is there


async def test_the_sweep_spares_other_models_and_what_is_used(
    kept: KeptUploads, index: ExactIndex, audio: bytes
) -> None:
    sha256 = hashlib.sha256(audio).hexdigest()

    def keep(content: bytes, track_id: str, space: str) -> str:
        digest = hashlib.sha256(content).hexdigest()
        with io_file(content) as file:
            kept.keep(file, digest, Use(track_id, space, digest), guests=False)
        return digest

    gone, elsewhere, other = (
        keep(b"gone", "nobody", "bands-v1"),
        keep(b"elsewhere", "b", "bands-v1"),
        keep(b"other", "nobody", "older-v1"),
    )
    assert await sweep(kept, index) == 0, "they may be about to be stored"
    assert await sweep(kept, index, settled_seconds=-1) == 2
    assert [kept.holds(one) for one in (sha256, gone, elsewhere, other)] == [
        True, False, False, True
    ]  # fmt: skip


async def test_the_sweep_deletes_nothing_of_a_catalogue_that_was_lost(kept: KeptUploads) -> None:
    lost = ExactIndex(space="bands-v1", dimension=DIMENSION)
    for number in range(30):
        content = b"%d" % number
        digest = hashlib.sha256(content).hexdigest()
        with io_file(content) as file:
            kept.keep(file, digest, Use(f"t{number}", "bands-v1", digest), guests=False)
    before = kept.room().files
    assert await sweep(kept, lost, settled_seconds=-1) == 0
    assert kept.room().files == before


def io_file(content: bytes) -> io.BufferedRandom:
    descriptor = os.memfd_create("upload")
    file = io.BufferedRandom(io.FileIO(descriptor, "w+"))
    file.write(content)
    file.flush()
    file.seek(0)
    return file


async def test_kept_uploads_are_listed_page_by_page(
    service: Service, kept: KeptUploads, audio: bytes
) -> None:
    for number in range(4):
        content = bytes([number])
        digest = hashlib.sha256(content).hexdigest()
        with io_file(content) as file:
            kept.keep(file, digest, Use(f"t {number}", "older-v1", digest, "x.mp3"), guests=False)
    listed: list[messages.KeptUpload] = []
    request = messages.ListKeptUploadsRequest(page_size=2)
    while True:
        answer = await service.catalog.ListKeptUploads(request, metadata=OWNER)
        listed += answer.uploads
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    assert [one.track_id for one in listed] == ["a", "t 0", "t 1", "t 2", "t 3"]
    assert {one.embedding_space for one in listed[1:]} == {"older-v1"}
    assert all(one.audio == track_pb2.TRACK_AUDIO_KEPT for one in listed)
    assert (answer.files, answer.used_bytes) == (5, len(audio) + 4)
    assert answer.most_bytes == 20_000_000


async def test_readings_have_places_of_their_own(
    index: ExactIndex, kept: KeptUploads, tmp_path: Path
) -> None:
    few = replace(USUAL, most_reads=4)
    async for service in serve(index, tmp_path, kept=kept, access=Access(TOKEN), admission=few):
        request = messages.ReadAudioRequest(track_id="a")
        held = [service.catalog.ReadAudio(request, metadata=OWNER) for _ in range(4)]
        for call in held:
            await call.read()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(aiter(service.catalog.ReadAudio(request, metadata=OWNER)))
        assert Refusal(caught.value).reason == "TOO_MANY_READS"
        await audio_of(service, "a")  # everything else is answered
        for call in held:
            call.cancel()
        await until_async(read, service, "a", not_yet=grpc.aio.AioRpcError)


async def test_one_account_leaves_places_to_others_and_to_the_owner(
    index: ExactIndex, kept: KeptUploads, tmp_path: Path
) -> None:
    few = replace(USUAL, most_reads=8)
    os.truncate(tmp_path / "song.flac", 64 * 1024 * 1024)  # no client takes in as much unasked
    async for service in serve(index, tmp_path, kept=kept, access=Access(TOKEN), admission=few):
        held = [await readings_until_refused(service, (COUNTED_FOR, name)) for name in ("a", "b")]
        held.append(await readings_until_refused(service))
        assert list(map(len, held)) == [2, 2, 4]
        for call in itertools.chain(*held):
            call.cancel()


async def readings_until_refused(service: Service, *counted_for: tuple[str, str]) -> list[Any]:
    """Readings that are held, as many as are admitted."""
    held: list[Any] = []
    request = messages.ReadAudioRequest(track_id="b")
    for _ in range(20):
        call = service.catalog.ReadAudio(request, metadata=(*OWNER, *counted_for))
        try:
            await call.read()
        except grpc.aio.AioRpcError as error:
            if Refusal(error).reason != "TOO_MANY_READS":
                raise
            return held
        held.append(call)
    raise AssertionError("nothing is refused")


async def test_a_reading_does_not_last_for_ever(
    index: ExactIndex, kept: KeptUploads, tmp_path: Path
) -> None:
    short = replace(USUAL, watch_seconds=0.000_001)
    async for service in serve(index, tmp_path, kept=kept, access=Access(TOKEN), admission=short):
        for _ in range(3):
            call = service.catalog.ReadAudio(
                messages.ReadAudioRequest(track_id="a"), metadata=OWNER
            )
            assert (await call.read()).WhichOneof("part") == "info"
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call.read()
            assert Refusal(caught.value).reason == "READ_EXPIRED"


async def test_an_upload_is_refused_where_nothing_is_to_go_for_it(
    index: ExactIndex, tmp_path: Path
) -> None:
    full = KeptUploads(tmp_path / "full", most_bytes=510, oldest_out=False)

    async def upload(content: bytes) -> AsyncIterator[messages.UploadTrackRequest]:
        yield messages.UploadTrackRequest(header={"file_name": "x.mp3"})
        yield messages.UploadTrackRequest(data=content)

    async for service in serve(index, tmp_path, kept=full, access=Access(TOKEN)):
        await service.catalog.UploadTrack(upload(b"y" * 500), metadata=OWNER)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await service.catalog.UploadTrack(upload(b"x" * 11), metadata=OWNER)
        refused = Refusal(caught.value)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.reason == "KEPT_UPLOADS_FULL"
        assert len(list(service.spool.iterdir())) == 1, "the refused one left nothing"


async def test_the_name_of_a_file_is_only_a_name(
    service: Service, index: ExactIndex, tmp_path: Path
) -> None:
    hostile = tmp_path / "\x1b[31mred\nline.flac"
    (tmp_path / "song.flac").rename(hostile)
    climbing = f"{tmp_path.as_uri()}/..%2F{tmp_path.name}%2F{hostile.as_uri().rpartition('/')[2]}"
    await index.move({"b": climbing})
    info, _ = await read(service, "b")
    assert info.file_name == "[31mred line.flac"


async def test_pictures_without_end_take_no_memory(service: Service, tmp_path: Path) -> None:
    tagged = FLAC(tmp_path / "song.flac")
    for _ in range(20):
        picture = Picture()
        picture.type, picture.data = 4, b"\xff\xd8\xff" + bytes(16_000_000)
        tagged.add_picture(picture)
    tagged.save()
    request = messages.ReadCoverRequest(track_id="b")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(service.catalog.ReadCover(request, metadata=OWNER)))
    assert Refusal(caught.value).reason == "COVER_NOT_FOUND"
