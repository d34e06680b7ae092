"""Audio and pictures.

Audio is given as it lies there, unless a client wishes for another format, or for fewer bits than
it has: then as MP3 of 192 kbit/s, which is what there is below that. Plays are counted by
``scrobble`` alone.
"""

from __future__ import annotations

from starlette.responses import Response

from segue.audio.reencoding import Encoding
from segue.errors import SegueError
from segue.web.api.audio import MOST_PIXELS, NO_PICTURE, ORIGINAL, picture_answer, playable
from segue.web.media.state import media_of
from segue.web.media.tracks import TrackAudio, audio_of_track, picture_of_track
from segue.web.subsonic import ids
from segue.web.subsonic.call import Call
from segue.web.subsonic.errors import Code, SubsonicError, code_of

_TRIED = 3
"""Songs of an album, an artist or a playlist that are looked at for a picture."""

MP3_KBPS = 192
_RAW = "raw"


async def stream(call: Call) -> Response:
    """Give the audio of a song, in parts where that is asked for."""
    audio = await _audio(call)
    wanted = await _encoding(call, audio)
    return await playable(call.request, audio.file, audio.as_it_is(), wanted)


async def download(call: Call) -> Response:
    """Give the audio of a song as a file."""
    audio = await _audio(call)
    wanted = Encoding.FLAC.value if audio.part else ORIGINAL
    response = await playable(call.request, audio.file, audio.as_it_is(), wanted)
    said = response.headers.get("content-disposition", "")
    if said:
        response.headers["content-disposition"] = said.replace("inline", "attachment", 1)
    return response


async def get_cover_art(call: Call) -> Response:
    """Give the picture of a song, or that of the first song that has one."""
    identifier = call.parameters.required("id")
    pixels = call.parameters.integer("size", 0, most=MOST_PIXELS)
    for track_id in await _songs(call, identifier):
        try:
            picture = await picture_of_track(call.backend, track_id, call.caller)
            return await picture_answer(call.request, picture, pixels)
        except SegueError as exc:
            if exc.reason not in NO_PICTURE and code_of(exc) is not Code.NOT_FOUND:
                raise
    raise SubsonicError(Code.NOT_FOUND, "There is no picture")


async def _audio(call: Call) -> TrackAudio:
    track_id = ids.track_id_of(call.parameters.required("id"))
    return await audio_of_track(call.backend, track_id, call.caller)


async def _encoding(call: Call, audio: TrackAudio) -> str:
    """In which encoding a song is given, as :func:`segue.web.api.audio.playable` names them.

    A part of a file is cut out, without a loss.
    """
    as_it_is = Encoding.FLAC.value if audio.part else ORIGINAL
    form = call.parameters.get("format").lower()
    most_kbps = call.parameters.integer("maxBitRate", 0, most=1_000_000)
    if form == _RAW:
        return as_it_is
    encodings = {one.value: one for one in Encoding}
    stored = Encoding.FLAC.media_type if audio.part else audio.info.media_type
    if form in encodings and encodings[form].media_type != stored:
        return form
    if most_kbps and audio.part:
        # The part without a loss takes more than any rate that is asked for.
        return Encoding.MP3.value
    if most_kbps:
        seconds = (await media_of(call.request).describe(audio.file)).duration_seconds
        kbits = audio.info.size_bytes * 8 / 1_000
        if seconds is None or kbits > seconds * max(most_kbps, MP3_KBPS):
            return Encoding.MP3.value
    return as_it_is


async def _songs(call: Call, identifier: str) -> list[str]:
    kind = ids.kind_of(identifier)
    if kind is ids.Kind.SONG:
        return [ids.track_id_of(identifier)]
    if kind is ids.Kind.PLAYLIST:
        playlist = await call.playlists.get(ids.saved_playlist_of(identifier))
        return list(playlist.track_ids[:_TRIED])
    if kind is ids.Kind.ALBUM:
        songs = list((await call.album(identifier)).songs)
    else:
        songs = (await call.artist(identifier)).songs
    return [song.track_id for song in songs[:_TRIED]]
