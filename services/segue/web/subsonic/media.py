"""Audio and pictures.

Audio is given as it lies there: to limit its bit rate is an attempt by the API's words, which is
not made, and a format that is wished for is one where the server has several. Plays are counted by
``scrobble`` alone.
"""

from __future__ import annotations

from starlette.responses import Response

from segue.errors import SegueError
from segue.web.media.answers import content_answer
from segue.web.media.tracks import audio_as_it_is, cover
from segue.web.subsonic import ids
from segue.web.subsonic.call import Call
from segue.web.subsonic.errors import Code, SubsonicError, code_of

_TRIED = 3
"""Songs of an album, an artist or a playlist that are looked at for a picture."""

_NO_PICTURE = "COVER_NOT_FOUND"


async def stream(call: Call) -> Response:
    """Give the audio of a song, in parts where that is asked for."""
    track_id = ids.track_id_of(call.parameters.required("id"))
    return content_answer(call.request, await audio_as_it_is(call.backend, track_id))


async def download(call: Call) -> Response:
    """Give the audio of a song as a file."""
    response = await stream(call)
    said = response.headers.get("content-disposition", "")
    if said:
        response.headers["content-disposition"] = said.replace("inline", "attachment", 1)
    return response


async def get_cover_art(call: Call) -> Response:
    """Give the picture of a song, or that of the first song that has one."""
    identifier = call.parameters.required("id")
    for track_id in await _songs(call, identifier):
        try:
            return content_answer(call.request, await cover(call.backend, track_id))
        except SegueError as exc:
            if exc.reason != _NO_PICTURE and code_of(exc) is not Code.NOT_FOUND:
                raise
    raise SubsonicError(Code.NOT_FOUND, "There is no picture")


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
