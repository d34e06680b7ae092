"""A thin client of the gRPC API, as the commands need it: calls with deadlines, our own errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from segue.errors import SegueError
from segue.stack.folder import StackNotFound
from segue.v1 import (
    catalog_service_pb2,
    catalog_service_pb2_grpc,
    similarity_service_pb2,
    similarity_service_pb2_grpc,
)

A = TypeVar("A")

MAXIMUM_MESSAGE_BYTES = 64 * 1024 * 1024
UPLOAD_PIECE_BYTES = 512 * 1024

# How long a watch outlives a server that does not answer: long enough for a restarted one.
WATCH_PATIENCE_SECONDS = 60.0
_WATCH_PAUSE_SECONDS = 0.5


class RemoteError(SegueError):
    """What a server refused, with the reason and the next step that it gave."""

    def __init__(self, message: str, *, reason: str, next_step: str, retryable: bool) -> None:
        super().__init__(message, reason=reason, next_step=next_step)
        self.retryable = retryable


class SegueClient:
    """Calls a stack at ``address`` (``host:port``); a context manager.

    Parameters
    ----------
    timeout_seconds
        Deadline of every call but uploads and watches.

    Raises
    ------
    StackNotFound
        From every call, when nothing answers at the address.
    RemoteError
        From every call that the server refuses.
    """

    def __init__(self, address: str, *, timeout_seconds: float = 30.0) -> None:
        self.address = address
        self._timeout = timeout_seconds
        self._channel = grpc.insecure_channel(
            address,
            options=[
                ("grpc.max_send_message_length", MAXIMUM_MESSAGE_BYTES),
                ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
                # A restarted server is met at once, not after the default's two minutes.
                ("grpc.max_reconnect_backoff_ms", 1_000),
            ],
        )
        self._catalog: Any = catalog_service_pb2_grpc.CatalogServiceStub(  # type: ignore[no-untyped-call]
            self._channel
        )
        self._similarity: Any = similarity_service_pb2_grpc.SimilarityServiceStub(  # type: ignore[no-untyped-call]
            self._channel
        )

    def __enter__(self) -> SegueClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def catalog(self, method: str, request: Any) -> Any:
        """Call a unary method of CatalogService."""
        return self._call(lambda: getattr(self._catalog, method)(request, timeout=self._timeout))

    def search(
        self, request: similarity_service_pb2.SearchSimilarTracksRequest
    ) -> similarity_service_pb2.SearchSimilarTracksResponse:
        """Call SimilarityService.SearchSimilarTracks."""
        answer: similarity_service_pb2.SearchSimilarTracksResponse = self._call(
            lambda: self._similarity.SearchSimilarTracks(request, timeout=self._timeout)
        )
        return answer

    def upload(
        self, path: Path, header: catalog_service_pb2.UploadHeader
    ) -> catalog_service_pb2.UploadTrackResponse:
        """Stream a local file to the server. Raises ``OSError`` when it cannot be read."""

        def pieces() -> Iterator[catalog_service_pb2.UploadTrackRequest]:
            yield catalog_service_pb2.UploadTrackRequest(header=header)
            with path.open("rb") as file:
                while piece := file.read(UPLOAD_PIECE_BYTES):
                    yield catalog_service_pb2.UploadTrackRequest(data=piece)

        path.open("rb").close()  # an unreadable file is this side's error, not a broken stream
        answer: catalog_service_pb2.UploadTrackResponse = self._call(
            lambda: self._catalog.UploadTrack(pieces())
        )
        return answer

    def watch(self, job_id: str) -> Iterator[catalog_service_pb2.WatchIngestResponse]:
        """Progress of a job until it is done; takes up a watch that a restarted server broke."""
        request = catalog_service_pb2.WatchIngestRequest(job_id=job_id)
        last_word = time.monotonic()
        while True:
            try:
                for message in self._stream(lambda: self._catalog.WatchIngest(request)):
                    last_word = time.monotonic()
                    yield message
                    if message.job.done:
                        return
            except (StackNotFound, RemoteError) as exc:
                lost = isinstance(exc, StackNotFound) or exc.retryable
                if not lost or time.monotonic() - last_word > WATCH_PATIENCE_SECONDS:
                    raise
            time.sleep(_WATCH_PAUSE_SECONDS)

    def serving(self, service: str = "") -> bool:
        """Whether the health service calls ``service`` SERVING; False when nothing answers."""
        stub = health_pb2_grpc.HealthStub(self._channel)
        try:
            answer = stub.Check(
                health_pb2.HealthCheckRequest(service=service), timeout=self._timeout
            )
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _call(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except grpc.RpcError as exc:
            raise self._translated(exc) from exc

    def _stream(self, call: Callable[[], Iterable[A]]) -> Iterator[A]:
        try:
            yield from call()
        except grpc.RpcError as exc:
            raise self._translated(exc) from exc

    def _translated(self, exc: grpc.RpcError) -> SegueError:
        code, message = exc.code(), exc.details() or ""
        info = _error_info(exc)
        if info is not None:
            return RemoteError(
                message,
                reason=info.reason,
                next_step=info.metadata.get("next_step", ""),
                retryable=code is grpc.StatusCode.UNAVAILABLE,
            )
        if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            return StackNotFound(
                f"no stack answers at {self.address}",
                next_step="Check the address, or start a stack with: segue up",
            )
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return RemoteError(
                f"{self.address} did not answer in {self._timeout:g} s",
                reason="DEADLINE_EXCEEDED",
                next_step="Try again, or allow more time with --timeout.",
                retryable=True,
            )
        return RemoteError(
            message,
            reason=code.name,
            next_step="Check that the server's version is the same as this command's.",
            retryable=False,
        )


def _error_info(exc: grpc.RpcError) -> error_details_pb2.ErrorInfo | None:
    try:
        status = rpc_status.from_call(exc)
    except ValueError:
        return None
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return info
    return None
