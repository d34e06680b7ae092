"""Audio, pictures and drawings of tracks and clips."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import Response

from segue.audio.reencoding import Encoding
from segue.errors import (
    AudioGone,
    InvalidArgument,
    SegueError,
    SourceError,
    SourceForbidden,
    SourceNotReadable,
)
from segue.web.api.calls import backend_of
from segue.web.api.clips import clip_of
from segue.web.api.requests import CATALOGUE, catalogue_of, check_query, path_text, require
from segue.web.callers import Role, caller_of
from segue.web.media import tracks
from segue.web.media.answers import (
    Content,
    content_answer,
    file_content,
    headers_of_callers_own,
)
from segue.web.media.audio_file import AudioFile
from segue.web.media.covers import CoverNotFound, Picture
from segue.web.media.pictures import CoverUnreadable, side_for
from segue.web.media.state import media_of
from segue.web.media.store import Drawn
from segue.web.media.tracks import TrackAudio

AS = "as"
"""Parameter that asks for an encoding: one of ``Encoding``, or ``original``."""

ORIGINAL = "original"

OR, NONE = "or", "none"
"""Parameter that asks for no picture instead of an error: browsers report each of those."""

SIZE, MOST_PIXELS = "size", 10_000
"""Parameter that says how many pixels a picture is shown with."""

NO_PICTURE = frozenset(
    {
        CoverNotFound.reason,
        CoverUnreadable.reason,
        AudioGone.reason,
        "AUDIO_ELSEWHERE",
        SourceError.reason,
        SourceForbidden.reason,
        SourceNotReadable.reason,
    }
)
"""Reasons for which there is none, now."""


async def track_audio(request: Request) -> Response:
    """Give the audio of a track, in an encoding that browsers play."""
    require(request, Role.LISTENER)
    check_query(request, (AS, CATALOGUE))
    audio = await _track(request)
    return await playable(request, audio.file, audio.as_it_is(), request.query_params.get(AS, ""))


async def track_cover(request: Request) -> Response:
    """Give the picture of a track; where there is none, nothing, if that is what is asked for."""
    require(request, Role.LISTENER)
    check_query(request, (OR, SIZE, CATALOGUE))
    pixels = request.query_params.get(SIZE, str(MOST_PIXELS))
    if not (pixels.isascii() and pixels.isdecimal() and 0 < int(pixels) <= MOST_PIXELS):
        raise InvalidArgument(SIZE, f"is no number of pixels from 1 to {MOST_PIXELS}")
    or_none = request.query_params.get(OR)
    if or_none not in (None, NONE):
        raise InvalidArgument(OR, f"is not {NONE}")
    caller, backend = caller_of(request), backend_of(request)
    track_id, catalogue = path_text(request, "track_id"), catalogue_of(request)
    try:
        picture = await tracks.picture_of_track(backend, track_id, caller, catalogue)
        return await picture_answer(request, picture, int(pixels))
    except SegueError as exc:
        if or_none and exc.reason in NO_PICTURE:
            return Response(status_code=204, headers=headers_of_callers_own())
        raise


async def track_waveform(request: Request) -> Response:
    """Give the waveform of a track."""
    require(request, Role.LISTENER)
    check_query(request, (CATALOGUE,))
    file = (await _track(request)).file
    return _waveform(request, file, await media_of(request).drawn(file))


async def track_spectrogram(request: Request) -> Response:
    """Give the spectrogram of a track."""
    require(request, Role.LISTENER)
    check_query(request, (CATALOGUE,))
    file = (await _track(request)).file
    return _spectrogram(request, file, await media_of(request).drawn(file))


async def clip_audio(request: Request) -> Response:
    """Give the audio of a clip, in an encoding that browsers play."""
    check_query(request, (AS,))
    clip = await clip_of(request)
    content = file_content(clip.path, clip.media_type, clip.file.etag, clip.file_name)
    return await playable(request, clip.file, content, request.query_params.get(AS, ""))


async def clip_waveform(request: Request) -> Response:
    """Give the waveform of a clip."""
    check_query(request, ())
    file = (await clip_of(request)).file
    return _waveform(request, file, await media_of(request).drawn(file))


async def clip_spectrogram(request: Request) -> Response:
    """Give the spectrogram of a clip."""
    check_query(request, ())
    file = (await clip_of(request)).file
    return _spectrogram(request, file, await media_of(request).drawn(file))


async def picture_answer(request: Request, picture: Picture, pixels: int) -> Response:
    """The answer with a picture that fills so many pixels; raises as :meth:`Covers.file`."""
    side = side_for(pixels)
    path = await media_of(request).covers.file(picture, side)
    return content_answer(request, file_content(path, "image/jpeg", f"{picture.etag}-cover-{side}"))


async def playable(request: Request, audio: AudioFile, whole: Content, wanted: str) -> Response:
    """The answer with some audio, as it is where browsers play that, else in another encoding.

    Parameters
    ----------
    whole
        The file that ``audio`` is, or is a passage of.
    wanted
        An encoding by its name, or ``original``; empty: what browsers play.

    Raises
    ------
    InvalidArgument
        When there is no such encoding.
    AudioError
        When it does not decode.
    """
    names = [one.value for one in Encoding]
    if wanted not in ("", ORIGINAL, *names):
        raise InvalidArgument(AS, f"is not one of {ORIGINAL}, {', '.join(names)}")
    media = media_of(request)
    if wanted == ORIGINAL or (not wanted and await media.is_played(audio)):
        return content_answer(request, whole)
    encoding = Encoding(wanted) if wanted else Encoding.FLAC
    path = await media.encoded(audio, encoding)
    name = f"{PurePosixPath(whole.file_name).stem or 'audio'}.{encoding.value}"
    content = file_content(path, encoding.media_type, _etag(audio, encoding.value), name)
    return content_answer(request, content)


async def _track(request: Request) -> TrackAudio:
    caller, backend = caller_of(request), backend_of(request)
    track_id, catalogue = path_text(request, "track_id"), catalogue_of(request)
    return await tracks.audio_of_track(backend, track_id, caller, catalogue)


def _waveform(request: Request, audio: AudioFile, drawn: Drawn) -> Response:
    etag = _etag(audio, "waveform")
    return content_answer(request, Content.of(drawn.waveform, "application/json", etag))


def _spectrogram(request: Request, audio: AudioFile, drawn: Drawn) -> Response:
    etag = _etag(audio, "spectrogram")
    return content_answer(request, Content.of(drawn.spectrogram, "image/png", etag))


def _etag(audio: AudioFile, what: str) -> str:
    return hashlib.sha256(repr((*audio.key, what)).encode()).hexdigest()[:32]
