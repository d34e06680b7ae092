"""Bytes of a known number as answers: whole, in part, or not at all where the client has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from segue.errors import SegueError
from segue.web.media.ranges import ByteRange, RangeNotSatisfiable, wanted_range
from segue.web.negotiation import is_known
from segue.web.problems import problem

log = logging.getLogger(__name__)

PIECE_BYTES = 256 * 1024

CALLERS_OWN = "private, no-cache"
"""What a browser may keep, but has to ask about: whether it may still have it."""

Pieces = Callable[[ByteRange], AsyncGenerator[bytes, None]]


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that can be had from anywhere on.

    Attributes
    ----------
    etag
        Stands for the bytes; without quotes.
    file_name
        What a browser that saves them calls them; empty: nothing is said of it.
    pieces
        Gives some of the bytes, at least one.
    """

    size: int
    media_type: str
    etag: str
    pieces: Pieces
    file_name: str = ""

    @classmethod
    def of(cls, whole: bytes, media_type: str, etag: str, file_name: str = "") -> Content:
        """Bytes that are in memory."""

        async def pieces(part: ByteRange) -> AsyncGenerator[bytes, None]:
            yield whole[part.start : part.start + part.length]

        return cls(len(whole), media_type, etag, pieces, file_name)


def headers_of_callers_own() -> dict[str, str]:
    """How an answer says that a browser may keep it for its caller, and for nobody else."""
    return {"Cache-Control": CALLERS_OWN, "Vary": "Authorization, Cookie"}


def content_answer(request: Request, content: Content) -> Response:
    """The answer with what a request wants of some bytes, with ranges and conditions."""
    etag = f'"{content.etag}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag, **headers_of_callers_own()}
    if content.file_name:
        name = quote(content.file_name, safe="")
        headers["Content-Disposition"] = f"inline; filename*=UTF-8''{name}"
    if is_known(request.headers, etag):
        return Response(status_code=304, headers=headers)
    try:
        part = wanted_range(request.headers, content.size, etag)
    except RangeNotSatisfiable as exc:
        refused = problem(exc)
        refused.headers["Content-Range"] = f"bytes */{content.size}"
        return refused
    status = 200
    if part is not None:
        status = 206
        headers["Content-Range"] = part.content_range(content.size)
    given = part or ByteRange(0, content.size)
    headers["Content-Length"] = str(given.length)
    headers["Content-Type"] = content.media_type
    if request.method == "HEAD" or given.length == 0:
        return Response(status_code=status, headers=headers)
    return StreamedResponse(content.pieces(given), status, headers)


def file_content(path: Path, media_type: str, etag: str, file_name: str = "") -> Content:
    """A file that nobody changes as what can be answered."""
    return Content(
        path.stat().st_size, media_type, etag, lambda part: file_pieces(path, part), file_name
    )


async def file_pieces(path: Path, part: ByteRange) -> AsyncGenerator[bytes, None]:
    """Bytes of a file, read where no others wait."""
    file = cast("BinaryIO", await asyncio.to_thread(path.open, "rb"))
    with file:
        await asyncio.to_thread(file.seek, part.start)
        left = part.length
        while left and (piece := await asyncio.to_thread(file.read, min(left, PIECE_BYTES))):
            left -= len(piece)
            yield piece


class StreamedResponse(Response):
    """A body that is given while it is taken; what it comes from is closed however it ends."""

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], status_code: int, headers: dict[str, str]
    ) -> None:
        super().__init__(status_code=status_code, headers=headers)
        if "Content-Length" not in headers:
            del self.headers["Content-Length"]  # that of no body
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        # Sending to a client that has gone does not fail: somebody has to look.
        sending = asyncio.create_task(self._send(send))
        going = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((sending, going), return_when=asyncio.FIRST_COMPLETED)
        finally:
            going.cancel()
            sending.cancel()
            results = await asyncio.gather(sending, going, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _send(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        async with aclosing(self._pieces) as pieces:
            try:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except SegueError as exc:
                # Its head is sent: the client is told by a body that ends too early.
                log.warning("a body ended early: %s (%s)", exc, exc.reason)
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
