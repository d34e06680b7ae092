"""How large the body of a request may be, and how slowly it may come."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.errors import Overloaded
from segue.limits import LARGEST_CLIP_BYTES, LARGEST_REQUEST_BYTES
from segue.pace import LEAST_BYTES_PER_SECOND, Pace
from segue.web.callers import WebCaller
from segue.web.problems import problem
from segue.web.refusals import BodyStalled, BodyTooLarge

UPLOADS, CLIPS = "/api/v1/uploads", "/api/v1/clips"
"""What takes large bodies in, and piece by piece. All else holds its body in memory."""

MOST_BODIES = 32
"""Clips and uploads that come in at the same time: guests leave a quarter of them to the owner, and
one machine has half of what guests have."""

SMALL_BODY_SECONDS = 60.0
LARGE_BODY_SECONDS = 3_600.0
"""How long a body may take in all; a small one is a request of the API, a large one audio."""


class Bodies:
    """Middleware that counts what comes in, and gives up what stands still.

    Parameters
    ----------
    largest_upload_bytes
        Of an upload.
    idle_seconds
        Longest pause between two pieces, and the span in which :class:`~segue.pace.Pace` looks.
    """

    def __init__(self, app: ASGIApp, *, largest_upload_bytes: int, idle_seconds: float) -> None:
        self._app = app
        self._largest = {UPLOADS: largest_upload_bytes, CLIPS: LARGEST_CLIP_BYTES}
        self._idle_seconds = idle_seconds
        self._places = BodyPlaces(MOST_BODIES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["state"]["path"]
        large = path in self._largest and scope["method"] == "POST"
        most = self._largest[path] if large else LARGEST_REQUEST_BYTES
        caller: WebCaller = scope["state"]["caller"]
        with ExitStack() as held:
            try:
                if _announced(scope) > most:
                    raise _too_large(most)
                if large:
                    held.enter_context(self._places.taken(caller))
            except (BodyTooLarge, Overloaded) as exc:
                await problem(exc)(scope, receive, send)
                return
            seconds = LARGE_BODY_SECONDS if large else SMALL_BODY_SECONDS
            coming = Coming(receive, most, seconds, self._idle_seconds)
            await self._app(scope, coming, send)


class Coming:
    """The body of a request as it comes: at most so many bytes, fast enough, in so many seconds."""

    def __init__(self, receive: Receive, most: int, seconds: float, idle_seconds: float) -> None:
        self._receive = receive
        self._most = most
        self._left = most
        self._clock = asyncio.get_running_loop().time
        self._ends = self._clock() + seconds
        self._idle_seconds = idle_seconds
        self._pace = Pace(idle_seconds)
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()  # waits until the client goes away
        began = self._clock()
        try:
            async with asyncio.timeout(self._idle_seconds):
                message = await self._receive()
        except TimeoutError:
            raise BodyStalled(f"nothing came for {self._idle_seconds:g} s") from None
        if message["type"] == "http.request":
            self._whole = not message.get("more_body", False)
            size = len(message.get("body", b""))
            self._left -= size
            if self._left < 0:
                raise _too_large(self._most)
            if self._clock() > self._ends:
                raise BodyStalled("the body took too long to come")
            if not self._pace.holds(self._clock() - began, size) and not self._whole:
                raise BodyStalled(f"less than {LEAST_BYTES_PER_SECOND} bytes come in a second")
        return message


class BodyPlaces:
    """A bounded number of large bodies at the same time."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._for_guests = max(1, total * 3 // 4)
        self._for_one = max(1, self._for_guests // 2)
        self._used = 0
        self._used_by: Counter[str] = Counter()

    @contextmanager
    def taken(self, caller: WebCaller) -> Iterator[None]:
        """Hold one place for the length of a block.

        Raises
        ------
        Overloaded
            ``TOO_MANY_UPLOADS``, when there is none left for this caller.
        """
        machine = "" if caller.is_owner else caller.machine
        others = self._used_by.total() - self._used_by[""]
        fits = self._used < self._total and (
            caller.is_owner
            or (others < self._for_guests and self._used_by[machine] < self._for_one)
        )
        if not fits:
            raise Overloaded(
                "uploads: no more are taken now from you",
                reason="TOO_MANY_UPLOADS",
                retry_after_seconds=5.0,
            )
        self._used += 1
        self._used_by[machine] += 1
        try:
            yield
        finally:
            self._used -= 1
            self._used_by[machine] -= 1
            if not self._used_by[machine]:
                del self._used_by[machine]


def _announced(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "0")
    return int(text) if text.isdecimal() else 0


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is over {most} bytes")
