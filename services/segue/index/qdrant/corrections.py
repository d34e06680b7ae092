"""Corrections on a Qdrant server: a collection without vectors, beside those of the spaces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

import grpc
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException

from segue.catalogues import DEFAULT_CATALOGUE
from segue.index.qdrant.collections import server_errors
from segue.index.schema import name_in
from segue.layers import Corrections, corrections_from_text, corrections_to_text
from segue.tracks import track_point_id

COLLECTION = "corrections"

_PAGE = 500


class CorrectionsOnServer:
    """Corrections as points whose payload is all there is to them.

    Parameters
    ----------
    client
        Connected client; it stays open.
    timeout_seconds
        Longest wait for one answer; a caller that has less time cancels the call.
    catalogue
        Whose corrections they are.
    """

    def __init__(
        self,
        client: AsyncQdrantClient,
        *,
        timeout_seconds: float,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._client = client
        self._collection = name_in(catalogue, COLLECTION)
        self._timeout = timeout_seconds

    async def prepare(self) -> None:
        """Create the collection where it does not exist."""
        if await self._client.collection_exists(self._collection):
            return
        try:
            await self._client.create_collection(self._collection, vectors_config={})
        except (ApiException, grpc.RpcError, ValueError):
            # Another process may have been quicker; otherwise the failure is passed on.
            if not await self._client.collection_exists(self._collection):
                raise

    async def get(self, track_ids: Collection[str]) -> dict[str, Corrections]:
        if not track_ids:
            return {}
        async with server_errors("reading corrections", self._timeout):
            records = await self._client.retrieve(
                self._collection, _points(track_ids), with_payload=True, with_vectors=False
            )
        return _corrections(records)

    async def put(self, corrections: Mapping[str, Corrections], space: str) -> None:
        if not corrections:
            return
        points = [
            models.PointStruct(
                id=str(track_point_id(track_id)),
                vector={},
                payload={
                    "track_id": track_id,
                    "fields": corrections_to_text(changes),
                    "space": space,
                },
            )
            for track_id, changes in corrections.items()
        ]
        async with server_errors("writing corrections", self._timeout):
            await self._client.upsert(self._collection, points, wait=True)

    async def delete(self, track_ids: Collection[str]) -> None:
        if not track_ids:
            return
        points = models.PointIdsList(points=_points(track_ids))
        async with server_errors("deleting corrections", self._timeout):
            await self._client.delete(self._collection, points, wait=True)

    async def made_elsewhere(self, space: str) -> AsyncIterator[Mapping[str, Corrections]]:
        here = models.FieldCondition(key="space", match=models.MatchValue(value=space))
        after = None
        while True:
            async with server_errors("reading corrections", self._timeout):
                records, after = await self._client.scroll(
                    self._collection,
                    scroll_filter=models.Filter(must_not=[here]),
                    limit=_PAGE,
                    offset=after,
                    with_payload=True,
                )
            yield _corrections(records)
            if after is None:
                return

    async def close(self) -> None:
        pass


def _corrections(records: Sequence[models.Record]) -> dict[str, Corrections]:
    payloads = [record.payload or {} for record in records]
    return {one["track_id"]: corrections_from_text(one["fields"]) for one in payloads}


def _points(track_ids: Collection[str]) -> list[models.ExtendedPointId]:
    return [str(track_point_id(track_id)) for track_id in track_ids]
