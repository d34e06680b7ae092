"""Admission: what every call takes is counted before it is taken, and refused where it is too much.

The request of a call is read here and not by gRPC, which would take it in whole before it asks
anybody. To gRPC, every call of this service is therefore one whose requests are a stream. They are
read from the context: gRPC's iterator over them keeps the last one, in a cycle that only the
collector frees.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from segue.errors import DeadlineExceeded, InvalidRequest, Overloaded, Unavailable
from segue.limits import LARGEST_CLIP_BYTES, LARGEST_REQUEST_BYTES
from segue.pace import LEAST_BYTES_PER_SECOND, Pace
from segue.query.costs import further_calls
from segue.query.places import Held, Places, Visitor
from segue.query.receiving import SMALL_BYTES, Receiving
from segue.query.time_limit import TimeLimit
from segue.settings import AdmissionSettings
from segue.turns import next_turn, set_line
from segue.v1.similarity_service_pb2 import SearchSegmentsRequest, SearchSimilarTracksRequest
from segue.wire.clip_audio import take_audio_out
from segue.wire.seeds import seed_messages

LARGEST_MESSAGE_BYTES = LARGEST_CLIP_BYTES + 1024 * 1024
"""A clip, and some room for the rest of its request."""

PROMPT_SECONDS = 0.25
"""A request that is not there after this time is taken for one of the largest, and refused after
twice this time where there is no room for one."""

LATE_SECONDS = 0.02
MOST_LATE = 4
"""When the event loop itself is late by this much, the request may be there and not be seen: it is
waited for up to this many times."""

QUIET = 1
"""With more calls than this at the same time, calls begin in turn."""

_WITH_CLIPS = frozenset({"SearchSimilarTracks", "SearchSegments"})
"""Their requests may be as large as a message can be, but for the clip of their one seed no larger
than others."""

_LARGE = frozenset({"IngestTracks", "UpsertTracks"})
"""Methods whose requests may be as large as a message can be."""

_READINGS = frozenset({"ReadAudio", "ReadCover"})
"""Methods that give files."""

_HEALTH = "/grpc.health.v1.Health/"

_Unary = Callable[[Any, Any], Awaitable[Any]]
_Stream = Callable[[Any, Any], AsyncIterator[Any]]


class RequestStalled(DeadlineExceeded):
    """The rest of a request, or of an upload, did not come in time."""

    reason = "REQUEST_STALLED"
    next_step = "Send it again without pauses, over a faster connection or in smaller pieces."


class UploadTooLong(DeadlineExceeded):
    """An upload lasted longer than any may."""

    reason = "UPLOAD_TOO_LONG"
    next_step = "Send it over a faster connection, or raise SEGUE_UPLOAD_SECONDS."


class WatchExpired(Unavailable):
    """A watch lasted as long as one may; it can be taken up again at once."""

    reason = "WATCH_EXPIRED"
    next_step = "Watch again: nothing is missed."


class ReadExpired(Unavailable):
    """Audio was read for as long as one call may; it can be read on at once."""

    reason = "READ_EXPIRED"
    next_step = "Read on from where it ended: offset."


class Admission(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types
    """Around every call: reads its request, counts what it takes, refuses what is too much.

    It stands inside of those who know the caller and give errors their status.
    """

    def __init__(self, settings: AdmissionSettings) -> None:
        self._settings = settings
        self._receiving = Receiving()
        self.calls = self._places("call", settings.most_calls, "TOO_MANY_CALLS", "calls")
        self.probes = self._places(
            "probe", settings.most_calls, "TOO_MANY_CALLS", "questions after the health"
        )
        self.uploads = self._places(
            "upload", settings.most_uploads, "TOO_MANY_UPLOADS", "uploads", 5.0
        )
        self.watches = self._places(
            "watch", settings.most_watches, "TOO_MANY_WATCHES", "watches", 5.0
        )
        self.reads = self._places("read", settings.most_reads, "TOO_MANY_READS", "readings", 5.0)
        self.clips = self._places("clip", settings.most_clips, "TOO_MANY_CLIPS", "clips")
        self.memory = self._places(
            "memory",
            settings.request_memory_mb * 1024 * 1024,
            "TOO_MANY_BYTES",
            "bytes of requests",
        )

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        return self._wrap(handler_call_details.method, handler)

    def _places(
        self, kind: str, total: int, reason: str, what: str, retry_after_seconds: float = 1.0
    ) -> Places:
        return Places(
            kind,
            total,
            share_of_one=self._settings.share_of_one_caller,
            reason=reason,
            what=what,
            retry_after_seconds=retry_after_seconds,
        )

    def _wrap(self, method: str, handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
        name = method.rpartition("/")[2]
        read = _reader(name, handler.request_deserializer)
        written = {"response_serializer": handler.response_serializer}
        if handler.unary_unary is not None:
            probe = method.startswith(_HEALTH)
            return grpc.stream_unary_rpc_method_handler(
                self._unary(handler.unary_unary, read, self.probes if probe else self.calls),
                **written,
            )
        if handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler(
                self._upload(handler.stream_unary, read), **written
            )
        if handler.unary_stream is not None:
            if name in _READINGS:
                lasting = self._lasting(handler.unary_stream, read, self.reads, self._read_expired)
            else:
                lasting = self._watch(handler.unary_stream, read)
            return grpc.stream_stream_rpc_method_handler(lasting, **written)
        return grpc.stream_stream_rpc_method_handler(
            self._talk(handler.stream_stream, read), **written
        )

    def _unary(
        self, inner: _Unary, read: Callable[[bytes], Any], places: Places
    ) -> Callable[[AsyncIterator[bytes], Any], Awaitable[Any]]:
        async def answer(_: AsyncIterator[bytes], context: Any) -> Any:
            who = Visitor.of(context)
            set_line(who.line)
            with places.taken(who), Held(self.memory, who) as held:
                raw = await self._request(context, held, who.connection)
                if places.in_use > QUIET or len(raw) > SMALL_BYTES:
                    await next_turn()
                request = read(raw)
                del raw
                more = min(further_calls(request), places.most_of(who) - 1)
                with (
                    places.taken(who, more) if more else nullcontext(),
                    self.clips.taken(who) if _has_clip(request) else nullcontext(),
                ):
                    return await inner(request, context)

        return answer

    def _upload(
        self, inner: _Unary, read: Callable[[bytes], Any]
    ) -> Callable[[AsyncIterator[bytes], Any], Awaitable[Any]]:
        async def answer(_: AsyncIterator[bytes], context: Any) -> Any:
            who = Visitor.of(context)
            set_line(who.line)
            with self.uploads.taken(who):
                return await inner(self._parts(context, read), context)

        return answer

    def _watch(
        self, inner: _Stream, read: Callable[[bytes], Any]
    ) -> Callable[[AsyncIterator[bytes], Any], AsyncIterator[Any]]:
        if inspect.iscoroutinefunction(inner):  # it writes by itself, as the health service does
            return self._writing_watch(inner, read)
        return self._lasting(inner, read, self.watches, self._watch_expired)

    def _lasting(
        self,
        inner: _Stream,
        read: Callable[[bytes], Any],
        places: Places,
        expired: Callable[[], Unavailable],
    ) -> Callable[[AsyncIterator[bytes], Any], AsyncIterator[Any]]:
        """Around what gives a stream of responses, for as long as any may."""

        async def answers(_: AsyncIterator[bytes], context: Any) -> AsyncIterator[Any]:
            who = Visitor.of(context)
            set_line(who.line)
            ends = _now() + self._settings.watch_seconds
            with places.taken(who), Held(self.memory, who) as held:
                request = read(await self._request(context, held, who.connection))
                async for response in inner(request, context):
                    with self._taken_in_time():
                        yield response
                    if _now() > ends:
                        raise expired()

        return answers

    def _writing_watch(
        self, inner: Any, read: Callable[[bytes], Any]
    ) -> Callable[[AsyncIterator[bytes], Any], Any]:
        async def answer(_: AsyncIterator[bytes], context: Any) -> None:
            who = Visitor.of(context)
            with self.watches.taken(who), Held(self.memory, who) as held:
                request = read(await self._request(context, held, who.connection))
                try:
                    async with asyncio.timeout(self._settings.watch_seconds):
                        await inner(request, context)
                except TimeoutError:
                    raise self._watch_expired() from None

        return answer

    def _talk(
        self, inner: _Stream, read: Callable[[bytes], Any]
    ) -> Callable[[AsyncIterator[bytes], Any], AsyncIterator[Any]]:
        async def answers(_: AsyncIterator[bytes], context: Any) -> AsyncIterator[Any]:
            who = Visitor.of(context)
            with self.watches.taken(who):
                async for response in inner(self._parts(context, read), context):
                    with self._taken_in_time():
                        yield response

        return answers

    async def _request(self, context: Any, held: Held, connection: str) -> bytes:
        """The only message of a call; what it takes in memory is held from when that is known."""
        with self._coming_in_time():
            place = await self._receiving.place(connection)
        due = _now() + PROMPT_SECONDS
        waited = 0

        def one_of_the_largest() -> float | None:
            nonlocal due, waited
            late = _now() - due > LATE_SECONDS
            due = _now() + PROMPT_SECONDS
            waited += 1
            if late and waited < MOST_LATE:
                return PROMPT_SECONDS
            try:
                held.resize(LARGEST_MESSAGE_BYTES)
            except Overloaded:
                if waited > 1:
                    raise
                return PROMPT_SECONDS
            place.give_back()
            return None

        try:
            with TimeLimit(PROMPT_SECONDS, one_of_the_largest), self._coming_in_time():
                raw: Any = await context.read()
                size = 0 if raw is grpc.aio.EOF else len(raw)
                place.give_back(size)
        finally:
            place.give_back()
        self._receiving.note(connection, size)
        if raw is grpc.aio.EOF:
            raise InvalidRequest("the call brought no request")
        held.resize(size if size > SMALL_BYTES else 0)
        return bytes(raw)

    async def _parts(self, context: Any, read: Callable[[bytes], Any]) -> AsyncIterator[Any]:
        """The messages of a stream, while they come in time."""
        ends = _now() + self._settings.upload_seconds
        pace = Pace(self._settings.stream_idle_seconds)
        while True:
            began = _now()
            with self._coming_in_time():
                raw = await context.read()
            if raw is grpc.aio.EOF:
                return
            if not pace.holds(_now() - began, len(raw)):
                raise RequestStalled(f"less than {LEAST_BYTES_PER_SECOND} bytes come in a second")
            if _now() > ends:
                raise UploadTooLong(f"the upload lasted {self._settings.upload_seconds:g} s")
            yield read(raw)

    def _watch_expired(self) -> WatchExpired:
        return WatchExpired(f"the watch lasted {self._settings.watch_seconds:g} s")

    def _read_expired(self) -> ReadExpired:
        return ReadExpired(f"the reading lasted {self._settings.watch_seconds:g} s")

    def _coming_in_time(self) -> TimeLimit:
        seconds = self._settings.stream_idle_seconds

        def stalled() -> None:
            raise RequestStalled(f"nothing came for {seconds:g} s")

        return TimeLimit(seconds, stalled)

    def _taken_in_time(self) -> TimeLimit:
        """Around a response that is handed out: a client that takes none in is let go."""
        seconds = self._settings.stream_idle_seconds

        def stuck() -> None:
            raise RequestStalled(f"no response was taken in for {seconds:g} s")

        return TimeLimit(seconds, stuck)


def _reader(name: str, deserialise: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    largest = LARGEST_MESSAGE_BYTES if name in _LARGE else LARGEST_REQUEST_BYTES

    def read(raw: bytes) -> Any:
        if name in _WITH_CLIPS and len(raw) > SMALL_BYTES:
            raw = take_audio_out(raw)
        if len(raw) > largest:
            raise InvalidRequest(
                f"a message of {name} with {len(raw)} bytes is over {largest}",
                reason="REQUEST_TOO_LARGE",
                next_step="Send less in one message.",
            )
        try:
            return deserialise(raw)
        except DecodeError as exc:
            raise InvalidRequest(f"the message is not one of {name}") from exc

    return read


def _has_clip(request: Any) -> bool:
    """Whether a search hears audio: one place for all its clips, which are heard one by one."""
    if not isinstance(request, SearchSimilarTracksRequest | SearchSegmentsRequest):
        return False
    return any(seed.HasField("clip") for seed in seed_messages(request))


def _now() -> float:
    return asyncio.get_running_loop().time()
