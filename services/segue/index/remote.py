"""The writing side of an index that another process owns, over CatalogService.

A worker beside an embedded index writes through the query service, which alone has the files open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import grpc
import grpc.aio

from segue import deadlines
from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import (
    CatalogueUnknown,
    IndexUnavailable,
    InvalidRequest,
    InvalidVector,
    SpaceMismatch,
)
from segue.layers import MetadataLayers, with_layers
from segue.limits import MOST_MOVED_TRACKS, MOST_UPSERTED_TRACKS
from segue.owner_token import token_metadata
from segue.settings import IndexSettings
from segue.tracks import EmbeddedTrack, Track
from segue.v1 import catalog_service_pb2, track_pb2
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from segue.wire.errors import refusal_from_call
from segue.wire.tracks import embedded_track_to_message, track_from_message, track_to_message

LARGEST_REQUEST_BYTES = 3 * 1024 * 1024
"""Below the 4 MiB that gRPC servers take by default."""

READS_AT_ONCE = 16

_UNKNOWN_HERE = frozenset({grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED})

_LASTING = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


class RemoteStore:
    """Stores tracks through a query service; fulfils ``TrackStore``.

    Parameters
    ----------
    target
        ``host:port`` of the query service.
    timeout_seconds
        Longest wait for one answer, where the caller has not less time.
    token
        Of the stack's owner, who alone may store ready-made vectors.
    catalogue
        Where the tracks stand.
    """

    def __init__(
        self,
        target: str,
        *,
        space: str,
        timeout_seconds: float = 5.0,
        token: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._catalogue = catalogue
        self._target = target
        self._space = space
        self._timeout = timeout_seconds
        self._metadata = token_metadata(token)
        self._channel = grpc.aio.insecure_channel(target)
        self._catalog = CatalogServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._reading = asyncio.Semaphore(READS_AT_ONCE)

    @classmethod
    async def open(
        cls,
        settings: IndexSettings,
        *,
        space: str,
        token: str = "",
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> RemoteStore:
        """Reach the query service at ``segue://host:port``; it need not answer yet."""
        url = urlsplit(settings.index_url)
        return cls(
            url.netloc,
            space=space,
            timeout_seconds=settings.index_timeout_seconds,
            token=token,
            catalogue=catalogue,
        )

    async def upsert(self, tracks: Sequence[EmbeddedTrack]) -> None:
        await self._store(tracks, only_new=False)

    async def insert(self, tracks: Sequence[EmbeddedTrack]) -> set[str]:
        return await self._store(tracks, only_new=True)

    async def get(self, track_ids: Sequence[str]) -> dict[str, Track]:
        found = await asyncio.gather(*map(self._get, dict.fromkeys(track_ids)))
        return {track.track_id: track for track in found if track is not None}

    async def move(self, sources: Mapping[str, str]) -> set[str]:
        missing: set[str] = set()
        moves = [
            catalog_service_pb2.TrackMove(track_id=track_id, source_uri=uri)
            for track_id, uri in sources.items()
        ]
        for first in range(0, len(moves), MOST_MOVED_TRACKS):
            request = catalog_service_pb2.MoveTracksRequest(
                moves=moves[first : first + MOST_MOVED_TRACKS], catalogue=self._catalogue
            )
            try:
                answer = await self._catalog.MoveTracks(
                    request, timeout=self._allowed(), metadata=self._metadata
                )
            except grpc.aio.AioRpcError as exc:
                self._raise(exc, "moving tracks")
            missing.update(answer.missing_track_ids)
        return set(sources) - missing

    async def describe(self, track_id: str, layers: MetadataLayers) -> bool:
        track = with_layers(Track(track_id), layers)
        request = catalog_service_pb2.DescribeTrackRequest(
            track=track_to_message(track, track_pb2.TRACK_VIEW_FULL), catalogue=self._catalogue
        )
        try:
            answer = await self._catalog.DescribeTrack(
                request, timeout=self._allowed(), metadata=self._metadata
            )
        except grpc.aio.AioRpcError as exc:
            self._raise(exc, "describing a track")
        return bool(answer.exists)

    async def close(self) -> None:
        await self._channel.close()

    async def _store(self, tracks: Sequence[EmbeddedTrack], *, only_new: bool) -> set[str]:
        """Store tracks; ids of those that were left alone because they existed."""
        for track in tracks:
            if track.space != self._space:
                raise SpaceMismatch(
                    f"track {track.track.track_id!r} was embedded in {track.space!r}, "
                    f"but this store holds {self._space!r}"
                )
        existing: set[str] = set()
        for batch in _batches(map(embedded_track_to_message, tracks)):
            request = catalog_service_pb2.UpsertTracksRequest(
                tracks=batch,
                embedding_space=self._space,
                only_new=only_new,
                catalogue=self._catalogue,
            )
            try:
                answer = await self._catalog.UpsertTracks(
                    request, timeout=self._allowed(), metadata=self._metadata
                )
            except grpc.aio.AioRpcError as exc:
                self._raise(exc, "storing tracks")
            existing.update(answer.existing_track_ids)
        return existing

    async def _get(self, track_id: str) -> Track | None:
        request = catalog_service_pb2.GetTrackRequest(
            track_id=track_id,
            view=track_pb2.TRACK_VIEW_FULL,
            allow_missing=True,
            catalogue=self._catalogue,
        )
        async with self._reading:
            try:
                answer = await self._catalog.GetTrack(
                    request, timeout=self._allowed(), metadata=self._metadata
                )
            except grpc.aio.AioRpcError as exc:
                self._raise(exc, "reading tracks")
        return track_from_message(answer.track) if answer.HasField("track") else None

    def _allowed(self) -> float:
        allowed = deadlines.remaining_seconds(self._timeout)
        if allowed <= 0:  # gRPC would take 0 for no limit
            raise IndexUnavailable("no time was left to ask the query service")
        return allowed

    def _raise(self, exc: grpc.aio.AioRpcError, doing: str) -> NoReturn:
        refusal = refusal_from_call(exc)
        reason = "" if refusal is None else refusal.reason
        text = f"the query service at {self._target} failed while {doing}: {exc.details()}"
        if reason == InvalidVector.reason:
            raise InvalidVector(text) from exc
        if reason == SpaceMismatch.reason:
            raise SpaceMismatch(text) from exc
        if reason == CatalogueUnknown.reason:
            raise IndexUnavailable(
                text,
                reason=reason,
                next_step="Give SEGUE_CATALOGUES the same names for the query service and this "
                "process, and restart them.",
            ) from exc
        if exc.code() in _UNKNOWN_HERE:
            # An operator must act, and nothing is wrong with the tracks: they wait.
            raise IndexUnavailable(
                text,
                reason=reason or None,
                next_step="Give this process the token of the stack's owner "
                "(SEGUE_OWNER_TOKEN_FILE), the same as the query service's, and restart it.",
            ) from exc
        if exc.code() in _LASTING:
            raise InvalidRequest(text, reason=reason or None) from exc
        unavailable = IndexUnavailable(text)
        unavailable.retry_after_seconds = 0.0 if refusal is None else refusal.retry_after_seconds
        raise unavailable from exc


def _batches(
    messages: Iterable[catalog_service_pb2.TrackVectors],
) -> Iterator[list[catalog_service_pb2.TrackVectors]]:
    batch: list[catalog_service_pb2.TrackVectors] = []
    size = 0
    for message in messages:
        more = message.ByteSize()
        full = size + more > LARGEST_REQUEST_BYTES or len(batch) == MOST_UPSERTED_TRACKS
        if batch and full:
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += more
    if batch:
        yield batch
