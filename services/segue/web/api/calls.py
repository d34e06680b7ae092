"""Calls of the gRPC API that are answered with one JSON object, or with one file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from segue.errors import InvalidArgument
from segue.v1 import listener_service_pb2, playlist_service_pb2
from segue.web.api.clips import CLIP_ID, NamedClips
from segue.web.api.endpoints import EXPORT, INTERACTIONS, Endpoint
from segue.web.api.json_writing import NOT_KEPT, answer
from segue.web.api.personal import make_personal
from segue.web.api.requests import (
    check_query,
    fill_from_body,
    fill_from_query,
    path_text,
    require,
)
from segue.web.backend import Backend
from segue.web.callers import caller_of
from segue.web.media.state import media_of
from segue.web.plays import plays_of

Handler = Callable[[Request], Awaitable[Response]]

_NAMES = {
    playlist_service_pb2.PLAYLIST_FORMAT_M3U8: "m3u8",
    playlist_service_pb2.PLAYLIST_FORMAT_XSPF: "xspf",
    playlist_service_pb2.PLAYLIST_FORMAT_JSPF: "jspf",
}


def backend_of(request: Request) -> Backend:
    """The connection to the query service."""
    backend: Backend = request.app.state.backend
    return backend


def unary(endpoint: Endpoint) -> Handler:
    """Handler of an RPC whose answer is one JSON object."""

    async def handle(request: Request) -> Response:
        require(request, endpoint.least)
        clips = NamedClips()
        message = await request_of(endpoint, request, clips)
        make_personal(message, caller_of(request))
        async with clips.filled(media_of(request), caller_of(request)):
            answered = await _called(endpoint, request, message)
        return await answer(answered)

    return handle


async def request_of(endpoint: Endpoint, request: Request, clips: NamedClips) -> Message:
    """The message that a request of HTTP stands for.

    Parameters
    ----------
    clips
        Notes the clips that its seeds name.

    Raises
    ------
    InvalidRequest
        When it cannot be read.
    """
    message = endpoint.new_request()
    if endpoint.has_body:
        check_query(request, ())
        await fill_from_body(
            message, request, without=endpoint.in_path, extras={CLIP_ID: clips.note}
        )
    else:
        fill_from_query(message, request, without=endpoint.in_path)
    for name in endpoint.in_path:
        setattr(message, name, path_text(request, name))
    return message


async def export_playlist(request: Request) -> Response:
    """Give a playlist as a file."""
    message: Any = await request_of(EXPORT, request, NamedClips())
    exported = await _called(EXPORT, request, message)
    name = f"{message.title or 'playlist'}.{_NAMES.get(message.format, 'm3u8')}"
    return Response(
        exported.content,
        headers={
            **NOT_KEPT,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "X-Missing-Tracks": str(len(exported.missing_track_ids)),
            "X-Unplaced-Tracks": str(len(exported.unplaced_track_ids)),
        },
        media_type=exported.media_type,
    )


async def record_interactions(request: Request) -> Response:
    """Take down what the caller played, skipped and liked."""
    require(request, INTERACTIONS.least)
    caller = caller_of(request)
    message: Any = await request_of(INTERACTIONS, request, NamedClips())
    assert isinstance(message, listener_service_pb2.RecordInteractionsRequest)  # noqa: S101
    for number, one in enumerate(message.interactions):
        if not caller.is_owner:
            if one.user_id not in ("", caller.name, caller.listener):
                raise InvalidArgument(f"interactions[{number}].user_id", "must be your own name")
            one.user_id = caller.listener
        one.user_id = one.user_id or caller.listener
    return await answer(await plays_of(request).record(message, caller))


async def _called(endpoint: Endpoint, request: Request, message: Message) -> Any:
    return await backend_of(request).call(
        endpoint.service, endpoint.rpc, message, caller_of(request)
    )
