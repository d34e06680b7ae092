"""A thin client of the gRPC API, as the commands need it: calls with deadlines, our own errors."""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from segue.catalogues import DEFAULT_CATALOGUE, Catalogues
from segue.cli.naming_catalogue import NamingCatalogue
from segue.cli.patience import RESTART_SECONDS, RETRY_SECONDS, Patience
from segue.errors import SegueError
from segue.ingest_jobs import JobChange
from segue.owner_token import token_metadata
from segue.service_status import ServiceStatus
from segue.stack.folder import StackNotFound
from segue.texts import shown
from segue.v1 import (
    catalog_service_pb2,
    catalog_service_pb2_grpc,
    listener_service_pb2_grpc,
    map_service_pb2_grpc,
    playlist_service_pb2_grpc,
    similarity_service_pb2,
    similarity_service_pb2_grpc,
    status_service_pb2,
    status_service_pb2_grpc,
)
from segue.wire.errors import refusal_from_call
from segue.wire.jobs import job_change_from_message
from segue.wire.status import status_from_message

A = TypeVar("A")

MAXIMUM_MESSAGE_BYTES = 64 * 1024 * 1024
UPLOAD_PIECE_BYTES = 512 * 1024

_LIVENESS_SECONDS = 20.0

_WATCH_EXPIRED = "WATCH_EXPIRED"
"""No watch lasts for ever; the next one tells everything that this one would have."""

_PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


class RemoteError(SegueError):
    """What a server refused, with the reason and the next step that it gave."""

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        next_step: str,
        retryable: bool,
        retry_after_seconds: float = 0.0,
    ) -> None:
        # On one line, whatever the server has put into it.
        super().__init__(shown(message), reason=reason, next_step=shown(next_step))
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds


class SegueClient:
    """Calls a stack at ``address`` (``host:port``); a context manager.

    What the stack cannot answer now is asked again. That is safe: a request that changes something
    carries an id by which the stack knows it again.

    Parameters
    ----------
    timeout_seconds
        Deadline of every call but uploads and watches.
    patience
        How long to ask again, each time with a deadline of its own. None: five seconds, and not
        beyond the one deadline; a watch is taken up for ``RETRY_SECONDS``.
    token
        Of the stack's owner; empty: the caller is a guest.
    catalogue
        That every call is about; empty: the default one.

    Raises
    ------
    StackNotFound
        From every call, when nothing answers at the address.
    RemoteError
        From every call that the server refuses.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout_seconds: float = 30.0,
        patience: Patience | None = None,
        token: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self.address = address
        self._timeout = timeout_seconds
        self._patience = patience
        self._metadata = token_metadata(token)
        self._channel = grpc.insecure_channel(
            address,
            options=[
                ("grpc.max_send_message_length", MAXIMUM_MESSAGE_BYTES),
                ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
                # A restarted server is met at once, not after the default's two minutes.
                ("grpc.initial_reconnect_backoff_ms", 200),
                ("grpc.max_reconnect_backoff_ms", 1_000),
                # A server that is there but hangs is noticed also by what has no deadline.
                ("grpc.keepalive_time_ms", round(_LIVENESS_SECONDS * 1000)),
                ("grpc.keepalive_timeout_ms", round(_LIVENESS_SECONDS * 1000)),
                ("grpc.http2.max_pings_without_data", 0),
            ],
        )
        channel: Any = self._channel
        if catalogue:
            naming = NamingCatalogue(catalogue, lambda: self._check_catalogue(catalogue))
            channel = grpc.intercept_channel(self._channel, naming)
        self._catalog: Any = catalog_service_pb2_grpc.CatalogServiceStub(  # type: ignore[no-untyped-call]
            channel
        )
        self._listeners: Any = listener_service_pb2_grpc.ListenerServiceStub(  # type: ignore[no-untyped-call]
            channel
        )
        self._maps: Any = map_service_pb2_grpc.MapServiceStub(  # type: ignore[no-untyped-call]
            channel
        )
        self._similarity: Any = similarity_service_pb2_grpc.SimilarityServiceStub(  # type: ignore[no-untyped-call]
            channel
        )
        self._playlists: Any = playlist_service_pb2_grpc.PlaylistServiceStub(  # type: ignore[no-untyped-call]
            channel
        )
        self._status: Any = status_service_pb2_grpc.StatusServiceStub(  # type: ignore[no-untyped-call]
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
        return self._unary(getattr(self._catalog, method), request)

    def listeners(self, method: str, request: Any) -> Any:
        """Call a method of ListenerService."""
        return self._unary(getattr(self._listeners, method), request)

    def maps(self, method: str, request: Any) -> Any:
        """Call a unary method of MapService."""
        stub = getattr(self._maps, method)
        return self._call(lambda seconds: stub(request, timeout=seconds, metadata=self._metadata))

    def search(
        self, request: similarity_service_pb2.SearchSimilarTracksRequest
    ) -> similarity_service_pb2.SearchSimilarTracksResponse:
        """Call SimilarityService.SearchSimilarTracks."""
        answer: similarity_service_pb2.SearchSimilarTracksResponse = self._call(
            lambda seconds: self._similarity.SearchSimilarTracks(
                request, timeout=seconds, metadata=self._metadata
            )
        )
        return answer

    def search_segments(
        self, request: similarity_service_pb2.SearchSegmentsRequest
    ) -> similarity_service_pb2.SearchSegmentsResponse:
        """Call SimilarityService.SearchSegments."""
        answer: similarity_service_pb2.SearchSegmentsResponse = self._call(
            lambda seconds: self._similarity.SearchSegments(
                request, timeout=seconds, metadata=self._metadata
            )
        )
        return answer

    def playlists(self, method: str, request: Any) -> Any:
        """Call a method of PlaylistService."""
        stub = getattr(self._playlists, method)
        return self._call(lambda seconds: stub(request, timeout=seconds, metadata=self._metadata))

    def find(
        self, request: similarity_service_pb2.SearchTracksRequest
    ) -> similarity_service_pb2.SearchTracksResponse:
        """Call SimilarityService.SearchTracks."""
        answer: similarity_service_pb2.SearchTracksResponse = self._call(
            lambda seconds: self._similarity.SearchTracks(
                request, timeout=seconds, metadata=self._metadata
            )
        )
        return answer

    def status(self) -> ServiceStatus:
        """Call StatusService.GetStatus, once: that nothing answers is an answer here."""
        request = status_service_pb2.GetStatusRequest()
        return status_from_message(
            self._attempt(
                lambda: self._status.GetStatus(
                    request, timeout=self._timeout, metadata=self._metadata
                )
            )
        )

    def server_info(self) -> status_service_pb2.GetServerInfoResponse:
        """Call StatusService.GetServerInfo."""
        request = status_service_pb2.GetServerInfoRequest()
        answer: status_service_pb2.GetServerInfoResponse = self._call(
            lambda seconds: self._status.GetServerInfo(
                request, timeout=seconds, metadata=self._metadata
            )
        )
        return answer

    def upload(
        self, path: Path, header: catalog_service_pb2.UploadHeader
    ) -> catalog_service_pb2.UploadTrackResponse:
        """Stream a local file to the server. Raises ``OSError`` when it cannot be read."""
        known = _known_again(header)
        unreadable: list[OSError] = []

        def pieces() -> Iterator[catalog_service_pb2.UploadTrackRequest]:
            yield catalog_service_pb2.UploadTrackRequest(header=known)
            try:
                with path.open("rb") as file:
                    while piece := file.read(UPLOAD_PIECE_BYTES):
                        yield catalog_service_pb2.UploadTrackRequest(data=piece)
            except OSError as exc:
                unreadable.append(exc)
                raise

        def send(_: float) -> catalog_service_pb2.UploadTrackResponse:
            path.open("rb").close()  # an unreadable file is this side's error, not a broken stream
            try:
                answer: catalog_service_pb2.UploadTrackResponse = self._catalog.UploadTrack(
                    pieces(), metadata=self._metadata
                )
            except grpc.RpcError:
                if unreadable:
                    raise unreadable[0] from None
                raise
            return answer

        answer: catalog_service_pb2.UploadTrackResponse = self._call(send)
        return answer

    def watch(self, job_id: str) -> Iterator[JobChange]:
        """Progress of a job until it is done; takes up a watch that a restarted server broke."""
        request = catalog_service_pb2.WatchIngestRequest(job_id=job_id)
        patience = self._patience or Patience(RETRY_SECONDS)
        while True:
            ended: SegueError
            try:
                for message in self._watch(request):
                    patience.answered()
                    change = job_change_from_message(message)
                    yield change
                    if change.last:
                        return
                ended = self._not_found("the watch ended before the job")
            except (StackNotFound, RemoteError) as exc:
                if exc.reason == _WATCH_EXPIRED:
                    continue
                ended = exc
            patience.wait_or_raise(ended)

    def export(
        self, request: catalog_service_pb2.ExportTracksRequest
    ) -> Iterator[catalog_service_pb2.ExportTracksResponse]:
        """Tracks with their vectors; goes on where a stream that broke has ended.

        A track that was not whole then comes from its beginning again.
        """
        known = copy.copy(request)
        patience = self._patience or Patience(RETRY_SECONDS)
        while True:
            try:
                for message in self._stream(
                    lambda: self._catalog.ExportTracks(known, metadata=self._metadata)
                ):
                    patience.answered()
                    yield message
                    if not message.next_page_token:
                        return
                    known.page_token = message.next_page_token
                ended: SegueError = self._not_found("the stream ended before the catalogue")
            except (StackNotFound, RemoteError) as exc:
                if exc.reason == _WATCH_EXPIRED:
                    continue
                ended = exc
            patience.wait_or_raise(ended)

    def _check_catalogue(self, catalogue: str) -> None:
        """See that the service has it, and knows of catalogues at all.

        Raises
        ------
        CatalogueUnknown
            When it has not.
        """
        request = status_service_pb2.GetServerInfoRequest()
        info = self._attempt(
            lambda: self._status.GetServerInfo(
                request, timeout=self._timeout, metadata=self._metadata
            )
        )
        Catalogues(tuple(info.catalogues)).checked(catalogue)

    def _unary(self, stub: Any, request: Any) -> Any:
        known = _known_again(request)
        return self._call(lambda seconds: stub(known, timeout=seconds, metadata=self._metadata))

    def _call(self, call: Callable[[float], A]) -> A:
        """Make a call with its deadline in seconds; again, while patience lasts."""
        deadline = None
        patience = self._patience
        if patience is None:
            deadline = time.monotonic() + self._timeout
            patience = Patience(RESTART_SECONDS, deadline=deadline)
        while True:
            rest = self._timeout if deadline is None else deadline - time.monotonic()
            try:
                answer = self._attempt(partial(call, max(rest, 0.001)))
            except SegueError as exc:
                patience.wait_or_raise(exc)
            else:
                patience.answered()
                return answer

    def _watch(self, request: catalog_service_pb2.WatchIngestRequest) -> Iterator[Any]:
        return self._stream(lambda: self._catalog.WatchIngest(request, metadata=self._metadata))

    def _attempt(self, call: Callable[[], A]) -> A:
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
        refusal = refusal_from_call(exc)
        if refusal is not None:
            return RemoteError(
                message,
                reason=refusal.reason,
                next_step=refusal.next_step,
                retryable=code in _PASSING,
                retry_after_seconds=refusal.retry_after_seconds,
            )
        if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            return self._not_found(f"no stack answers at {self.address}")
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return RemoteError(
                f"{self.address} did not answer in {self._timeout:g} s",
                reason="DEADLINE_EXCEEDED",
                next_step="Try again, or allow more time with --timeout.",
                retryable=True,
            )
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return RemoteError(
                f"the service at {self.address} does not know this call: it is older than this "
                "command",
                reason=code.name,
                next_step="Update the service, or use the command of its own version.",
                retryable=False,
            )
        return RemoteError(
            message,
            reason=code.name,
            next_step="Check that the server's version is the same as this command's.",
            retryable=False,
        )

    @staticmethod
    def _not_found(message: str) -> StackNotFound:
        return StackNotFound(
            message, next_step="Check the address, or start a stack with: segue up"
        )


def _known_again(request: Message) -> Any:
    """The request with an id of its own, where it can carry one: sent twice, it counts once."""
    known: Any = copy.copy(request)
    if "request_id" in known.DESCRIPTOR.fields_by_name and not known.request_id:
        known.request_id = str(uuid.uuid4())
    return known
