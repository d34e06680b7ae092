"""A Qdrant server over gRPC whose engine is that of qdrant-client, in this process.

It takes the messages that the index sends, as a server does, and answers them from ``:memory:``:
what a test searches went over the wire both ways. That engine scans: it has no graphs and no
indexes of fields.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from qdrant_client import AsyncQdrantClient, models
from qdrant_client import grpc as qdrant
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc, grpc_to_payload

from empty_qdrant import Collections as EmptyCollections
from empty_qdrant import done


class Collections(EmptyCollections):
    """Collections of the engine."""

    def __init__(self, engine: AsyncQdrantClient) -> None:
        super().__init__()
        self._engine = engine

    async def Create(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        config = request.vectors_config
        vectors = GrpcToRest.convert_vectors_config(config) if config.params_map.map else {}
        if await self._engine.collection_exists(request.collection_name):
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, "it exists")
        await self._engine.create_collection(request.collection_name, vectors_config=vectors)
        return await super().Create(request, context)

    async def ListAliases(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        found = (await self._engine.get_aliases()).aliases
        return qdrant.ListAliasesResponse(
            aliases=[RestToGrpc.convert_alias_description(one) for one in found]
        )

    async def UpdateAliases(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        asked = [GrpcToRest.convert_alias_operations(one) for one in request.actions]
        await self._engine.update_collection_aliases(asked)
        return qdrant.CollectionOperationResponse(result=True)


class Points(qdrant.PointsServicer):  # type: ignore[misc]
    """Points of the engine."""

    def __init__(self, engine: AsyncQdrantClient) -> None:
        self._engine = engine

    async def CreateFieldIndex(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        return done()

    async def Upsert(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        points = [GrpcToRest.convert_point_struct(one) for one in request.points]
        await self._engine.upsert(request.collection_name, points)
        return done()

    async def Delete(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        await self._engine.delete(
            request.collection_name, GrpcToRest.convert_points_selector(request.points)
        )
        return done()

    async def SetPayload(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        await self._engine.set_payload(
            request.collection_name,
            grpc_to_payload(request.payload),
            GrpcToRest.convert_points_selector(request.points_selector),
        )
        return done()

    async def UpdateBatch(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        operations = [GrpcToRest.convert_points_update_operation(one) for one in request.operations]
        await self._engine.batch_update_points(request.collection_name, operations)
        return qdrant.UpdateBatchResponse(result=[done().result for _ in operations])

    async def Get(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        found = await self._engine.retrieve(
            request.collection_name,
            [GrpcToRest.convert_point_id(one) for one in request.ids],
            **_what(request),
        )
        return qdrant.GetResponse(result=map(_record, found))

    async def Scroll(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        start = GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None
        order = request.order_by if request.HasField("order_by") else None
        found, following = await self._engine.scroll(
            request.collection_name,
            scroll_filter=_filter(request),
            limit=request.limit,
            offset=start,
            order_by=None if order is None else GrpcToRest.convert_order_by(order),
            **_what(request),
        )
        answer = qdrant.ScrollResponse(result=map(_record, found))
        if following is not None:
            answer.next_page_offset.CopyFrom(RestToGrpc.convert_extended_point_id(following))
        return answer

    async def Count(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        found = await self._engine.count(
            request.collection_name, count_filter=_filter(request), exact=request.exact
        )
        return qdrant.CountResponse(result=qdrant.CountResult(count=found.count))

    async def Facet(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        found = await self._engine.facet(
            request.collection_name,
            request.key,
            facet_filter=_filter(request),
            limit=request.limit,
            exact=request.exact,
        )
        return qdrant.FacetResponse(hits=map(RestToGrpc.convert_facet_value_hit, found.hits))

    async def QueryBatch(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        answers = []
        for one in request.query_points:
            if one.collection_name != request.collection_name:
                await context.abort(
                    grpc.StatusCode.INVALID_ARGUMENT, "a request of another collection"
                )
            asked = GrpcToRest.convert_query_points(one)
            # What steers a graph; this engine has none, and warns of it.
            asked.params = None
            try:
                (answer,) = await self._engine.query_batch_points(request.collection_name, [asked])
            except ValueError as exc:
                await context.abort(grpc.StatusCode.NOT_FOUND, str(exc))
            answers.append(
                qdrant.BatchResult(result=map(RestToGrpc.convert_scored_point, answer.points))
            )
        return qdrant.QueryBatchResponse(result=answers)


def _filter(request: Any) -> Any:
    return GrpcToRest.convert_filter(request.filter) if request.HasField("filter") else None


def _record(found: models.Record) -> qdrant.RetrievedPoint:
    # The engine says None where no payload was asked for, which the conversion does not know.
    return RestToGrpc.convert_record(found.model_copy(update={"payload": found.payload or {}}))


def _what(request: Any) -> dict[str, Any]:
    """Which parts of points a request wants."""
    vectors: Any = False
    if request.HasField("with_vectors"):
        vectors = GrpcToRest.convert_with_vectors_selector(request.with_vectors)
    payload = GrpcToRest.convert_with_payload_interface(request.with_payload)
    return {"with_payload": payload, "with_vectors": vectors}


@asynccontextmanager
async def local_qdrant(points: type[Points] = Points) -> AsyncIterator[int]:
    """Serve on the loopback for as long as the block lasts; the port.

    Parameters
    ----------
    points
        What answers, for tests that look at the messages.
    """
    engine = AsyncQdrantClient(":memory:")
    # A thousand passages with their vectors are more than 4 MiB.
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
    qdrant.add_CollectionsServicer_to_server(Collections(engine), server)
    qdrant.add_PointsServicer_to_server(points(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)
        await engine.close()


def connected(port: int) -> AsyncQdrantClient:
    """A client of the server, to be closed."""
    return AsyncQdrantClient(
        host="127.0.0.1", grpc_port=port, prefer_grpc=True, check_compatibility=False
    )
