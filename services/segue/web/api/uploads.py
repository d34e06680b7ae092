"""Uploads of tracks: passed on to the query service while they come."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response

from segue.v1 import catalog_service_pb2 as messages
from segue.web.api.calls import backend_of
from segue.web.api.json_writing import answer
from segue.web.api.requests import file_name_of, fill_from_query, require
from segue.web.callers import Role, caller_of

_PIECE_BYTES = 1 << 20


async def upload(request: Request) -> Response:
    """Take one track in by its bytes, the body of the request."""
    require(request, Role.OWNER)
    header = messages.UploadHeader()
    fill_from_query(header, request, without=("file_name",))
    header.file_name = file_name_of(request)

    async def parts() -> AsyncIterator[messages.UploadTrackRequest]:
        yield messages.UploadTrackRequest(header=header)
        async for piece in request.stream():
            for start in range(0, len(piece), _PIECE_BYTES):
                yield messages.UploadTrackRequest(data=piece[start : start + _PIECE_BYTES])

    # When the client goes away, reading on fails, and the call with it: nothing is kept.
    uploaded = await backend_of(request).send(
        "CatalogService", "UploadTrack", parts(), caller_of(request)
    )
    return await answer(uploaded)
