"""Which picture is shown, and in which encoding a song is given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from starlette.responses import Response

from segue.media_fragments import Part
from segue.v1 import catalog_service_pb2
from segue.web.api.audio import NO_PICTURE
from segue.web.backend import CallRefused
from segue.web.media.tracks import TrackAudio
from segue.web.subsonic import media
from segue.web.subsonic.errors import Code, SubsonicError
from segue.web.subsonic.parameters import Parameters

ALBUM = SimpleNamespace(songs=[SimpleNamespace(track_id=one) for one in ("a", "b", "c")])


class AlbumCall:
    """A call about an album of three songs."""

    request = backend = caller = None

    def __init__(self, **parameters: str) -> None:
        self.parameters = Parameters(list(parameters.items()))

    async def album(self, identifier: str) -> Any:
        """The album, whatever its id."""
        del identifier
        return ALBUM


def pictures(monkeypatch: pytest.MonkeyPatch, reasons: dict[str, str]) -> None:
    """Have songs refuse their pictures with these reasons, and others have one."""

    async def picture_of_track(backend: Any, track_id: str, caller: Any) -> str:
        if track_id in reasons:
            code = grpc.StatusCode.INVALID_ARGUMENT
            raise CallRefused("no", code=code, reason=reasons[track_id], next_step="")
        return track_id

    async def picture_answer(request: Any, picture: str, pixels: int) -> Response:
        return Response(picture)

    monkeypatch.setattr(media, "picture_of_track", picture_of_track)
    monkeypatch.setattr(media, "picture_answer", picture_answer)


@pytest.mark.parametrize("reason", sorted(NO_PICTURE))
async def test_a_song_without_a_picture_does_not_hide_those_of_others(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    call: Any = AlbumCall(id="al-1")
    pictures(monkeypatch, {"a": reason})
    assert (await media.get_cover_art(call)).body == b"b"
    pictures(monkeypatch, dict.fromkeys("abc", reason))
    with pytest.raises(SubsonicError) as caught:
        await media.get_cover_art(call)
    assert caught.value.code is Code.NOT_FOUND


async def test_an_outage_is_not_taken_for_a_missing_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call: Any = AlbumCall(id="al-1")
    pictures(monkeypatch, {"a": "INDEX_UNAVAILABLE"})
    with pytest.raises(CallRefused):
        await media.get_cover_art(call)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, "flac"),
        ({"format": "raw", "maxBitRate": "64"}, "flac"),
        ({"format": "flac"}, "flac"),
        ({"format": "mp3"}, "mp3"),
        ({"format": "wav"}, "wav"),
        ({"maxBitRate": "320"}, "mp3"),
        ({"format": "flac", "maxBitRate": "128"}, "mp3"),
    ],
)
async def test_a_part_of_an_mp3_is_given_as_it_is_asked_for(
    asked: dict[str, str], given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = []

    async def playable(request: Any, file: Any, whole: Any, wanted: str) -> Response:
        requested.append(wanted)
        return Response()

    info = catalog_service_pb2.MediaInfo(size_bytes=10_000_000, media_type="audio/mpeg")
    unused: Any = None
    audio = TrackAudio(unused, "a", info, Part(10.0, 20.0), unused)

    async def audio_of_track(backend: Any, track_id: str, caller: Any) -> TrackAudio:
        return audio

    monkeypatch.setattr(media, "audio_of_track", audio_of_track)
    monkeypatch.setattr(media, "playable", playable)
    call: Any = AlbumCall(id="tr-a", **asked)
    await media.stream(call)
    assert requested == [given]
