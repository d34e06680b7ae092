"""Audio, pictures and what is drawn of a track."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from segue.web.api.calls import backend_of
from segue.web.api.requests import check_query, path_text, require
from segue.web.callers import Role
from segue.web.media import tracks
from segue.web.media.answers import content_answer


async def track_audio(request: Request) -> Response:
    """Give the audio of a track."""
    require(request, Role.LISTENER)
    check_query(request, ())
    content = await tracks.audio_as_it_is(backend_of(request), path_text(request, "track_id"))
    return content_answer(request, content)


async def track_cover(request: Request) -> Response:
    """Give the picture of a track."""
    require(request, Role.LISTENER)
    check_query(request, ())
    content = await tracks.cover(backend_of(request), path_text(request, "track_id"))
    return content_answer(request, content)
