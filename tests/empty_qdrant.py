"""A Qdrant server that wants a key, takes everything and forgets all points: enough to start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from qdrant_client import grpc as qdrant

KEY = ("api-key", "4567def")


class Collections(qdrant.CollectionsServicer):  # type: ignore[misc]
    """Collections without points: only their vectors' sizes are kept."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    async def CollectionExists(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        exists = request.collection_name in self._made
        return qdrant.CollectionExistsResponse(result=qdrant.CollectionExists(exists=exists))

    async def Create(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        self._made[request.collection_name] = request.vectors_config
        return qdrant.CollectionOperationResponse(result=True)

    async def Get(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        made = self._made[request.collection_name]
        config = qdrant.CollectionConfig(
            params=qdrant.CollectionParams(shard_number=1, vectors_config=made),
            hnsw_config=qdrant.HnswConfigDiff(m=16, ef_construct=128, full_scan_threshold=10_000),
            optimizer_config=qdrant.OptimizersConfigDiff(
                deleted_threshold=0.2,
                vacuum_min_vector_number=1_000,
                default_segment_number=0,
                flush_interval_sec=5,
            ),
            wal_config=qdrant.WalConfigDiff(wal_capacity_mb=32, wal_segments_ahead=0),
        )
        info = qdrant.CollectionInfo(
            status=qdrant.CollectionStatus.Green,
            optimizer_status=qdrant.OptimizerStatus(ok=True),
            config=config,
        )
        return qdrant.GetCollectionInfoResponse(result=info)

    async def ListAliases(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return qdrant.ListAliasesResponse()

    async def UpdateAliases(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return qdrant.CollectionOperationResponse(result=True)


class Points(qdrant.PointsServicer):  # type: ignore[misc]
    """No points, whatever is written."""

    async def CreateFieldIndex(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return done()

    async def Upsert(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return done()

    async def Delete(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return done()

    async def Get(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return qdrant.GetResponse()

    async def Scroll(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return qdrant.ScrollResponse()

    async def Count(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return qdrant.CountResponse(result=qdrant.CountResult(count=0))


def done() -> Any:
    """What a server answers to a change."""
    status = qdrant.UpdateStatus.Completed
    return qdrant.PointsOperationResponse(result=qdrant.UpdateResult(status=status))


class WantsKey(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls without the key, as a server with QDRANT__SERVICE__API_KEY does."""

    async def intercept_service(self, continuation, details):  # type: ignore[no-untyped-def]
        if KEY in details.invocation_metadata:
            return await continuation(details)

        async def refuse(request, context):  # type: ignore[no-untyped-def]
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no API key")

        return grpc.unary_unary_rpc_method_handler(refuse)


@asynccontextmanager
async def empty_qdrant(listen: str) -> AsyncIterator[int]:
    """Serve on an address for as long as the block lasts; the port."""
    server = grpc.aio.server(interceptors=[WantsKey()])
    qdrant.add_CollectionsServicer_to_server(Collections(), server)
    qdrant.add_PointsServicer_to_server(Points(), server)
    port = server.add_insecure_port(listen)
    await server.start()
    try:
        yield port
    finally:
        await server.stop(1)
