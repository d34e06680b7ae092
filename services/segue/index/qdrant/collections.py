"""Collections on a Qdrant server: their creation, aliases, filters and errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import grpc
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException

from segue import deadlines
from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import IndexUnavailable, SpaceMismatch
from segue.index.conditions import (
    AnyOf,
    Condition,
    Conditions,
    HasLabel,
    HasWord,
    IsMissing,
    IsTrack,
    Unless,
    Within,
)
from segue.index.schema import (
    AUDIO,
    GENRE,
    SEGMENTS,
    TRACKS,
    FieldKind,
    GraphSettings,
    collection_name,
    indexed_fields,
    name_in,
)
from segue.tracks import track_point_id

_SCHEMAS: dict[
    FieldKind, models.PayloadSchemaType | models.KeywordIndexParams | models.FloatIndexParams
] = {
    FieldKind.KEYWORD: models.PayloadSchemaType.KEYWORD,
    FieldKind.WORDS: models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, prefix=True),
    FieldKind.FLOAT: models.PayloadSchemaType.FLOAT,
    FieldKind.ORDER_TEXT: models.KeywordIndexParams(
        type=models.KeywordIndexType.KEYWORD, on_disk=True
    ),
    FieldKind.ORDER_NUMBER: models.FloatIndexParams(type=models.FloatIndexType.FLOAT, on_disk=True),
}


async def ensure_collection(
    client: AsyncQdrantClient,
    kind: str,
    space: str,
    *,
    dimension: int,
    genre_dimension: int | None,
    graph: GraphSettings,
    catalogue: str = DEFAULT_CATALOGUE,
) -> None:
    """Create the collection of a kind with its payload indexes, or check that the one there fits.

    Raises
    ------
    SpaceMismatch
        When a collection of this name holds vectors of another length.
    """
    name = collection_name(kind, space, catalogue)
    if not await client.collection_exists(name):
        try:
            await _create(client, name, dimension, genre_dimension, graph)
        except (ApiException, grpc.RpcError, ValueError):
            # Another process may have been quicker; otherwise the failure is passed on.
            if not await client.collection_exists(name):
                raise
    await _check(client, name, {AUDIO: dimension, GENRE: genre_dimension})
    # Asked for on every start: an index that exists is left as it is, and one that a crash left out
    # is made.
    for field, field_kind in indexed_fields(kind).items():
        await client.create_payload_index(name, field, field_schema=_SCHEMAS[field_kind])


async def set_missing_aliases(
    client: AsyncQdrantClient, space: str, catalogue: str = DEFAULT_CATALOGUE
) -> None:
    """Have the aliases ``tracks`` and ``segments`` name a space, where they name none yet.

    Those of another catalogue than the default one have its name in theirs.
    """
    known = {alias.alias_name for alias in (await client.get_aliases()).aliases}
    targets = [
        models.CreateAlias(
            collection_name=collection_name(kind, space, catalogue),
            alias_name=name_in(catalogue, kind),
        )
        for kind in (TRACKS, SEGMENTS)
        if name_in(catalogue, kind) not in known
    ]
    if targets:
        await client.update_collection_aliases(
            [models.CreateAliasOperation(create_alias=target) for target in targets]
        )


def collection_filter(kind: str, asked: Conditions) -> models.Filter | None:
    """Turn neutral conditions into a filter over tracks or segments."""
    if not asked:
        return None
    return models.Filter(
        must=[_condition(kind, one) for one in asked.must] or None,
        must_not=[_condition(kind, one) for one in asked.must_not] or None,
    )


def segments_of(track_ids: Iterable[str]) -> models.Filter:
    """Filter over the segments of these tracks."""
    return models.Filter(must=[_condition(SEGMENTS, IsTrack(tuple(track_ids)))])


def search_params(
    graph: GraphSettings, *, exact: bool = False, filtered: bool = False
) -> models.SearchParams:
    """How hard a search looks, with a filter or without one."""
    quantisation = acorn = None
    if graph.quantisation:
        quantisation = models.QuantizationSearchParams(ignore=exact, rescore=True, oversampling=2.0)
    if filtered and not exact and graph.acorn_share:
        acorn = models.AcornSearchParams(enable=True, max_selectivity=graph.acorn_share)
    return models.SearchParams(
        hnsw_ef=graph.search_ef, exact=exact, quantization=quantisation, acorn=acorn
    )


@asynccontextmanager
async def server_errors(doing: str, timeout_seconds: float) -> AsyncIterator[None]:
    """Bound the wait by the caller's time too, and translate what the client raises."""
    allowed = deadlines.remaining_seconds(timeout_seconds)
    try:
        async with asyncio.timeout(allowed):
            yield
    except TimeoutError as exc:
        raise IndexUnavailable(
            f"Qdrant did not answer within {allowed:.3g} s while {doing}"
        ) from exc
    except grpc.RpcError as exc:
        details = exc.details() if isinstance(exc, grpc.aio.AioRpcError) else exc
        raise IndexUnavailable(f"Qdrant failed while {doing}: {details}") from exc
    except (ApiException, OSError) as exc:
        raise IndexUnavailable(f"Qdrant failed while {doing}: {exc}") from exc


async def _create(
    client: AsyncQdrantClient,
    name: str,
    dimension: int,
    genre_dimension: int | None,
    graph: GraphSettings,
) -> None:
    quantisation = None
    if graph.quantisation:
        quantisation = models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(
                type=models.ScalarType.INT8, quantile=0.99, always_ram=True
            )
        )
    vectors = {
        AUDIO: models.VectorParams(
            size=dimension, distance=models.Distance.COSINE, quantization_config=quantisation
        )
    }
    if genre_dimension is not None:
        # A dozen dimensions are scanned faster than a graph over them is walked.
        vectors[GENRE] = models.VectorParams(
            size=genre_dimension,
            distance=models.Distance.EUCLID,
            hnsw_config=models.HnswConfigDiff(m=0),
        )
    await client.create_collection(
        name,
        vectors_config=vectors,
        hnsw_config=models.HnswConfigDiff(m=graph.m, ef_construct=graph.ef_construct),
    )


async def _check(client: AsyncQdrantClient, name: str, asked: dict[str, int | None]) -> None:
    stored = (await client.get_collection(name)).config.params.vectors
    named = stored if isinstance(stored, dict) else {}
    for vector, size in asked.items():
        have = named[vector].size if vector in named else None
        if size is not None and size != have:
            raise SpaceMismatch(f"{name} holds {vector} vectors of length {have}, not {size}")


def _condition(
    kind: str, one: Condition
) -> models.FieldCondition | models.HasIdCondition | models.IsEmptyCondition | models.Filter:
    match one:
        case HasLabel(field, labels):
            return models.FieldCondition(key=field, match=models.MatchAny(any=list(labels)))
        case HasWord(field, beginning):
            return models.FieldCondition(key=field, match=models.MatchPrefix(prefix=beginning))
        case AnyOf(conditions):
            return models.Filter(should=[_condition(kind, each) for each in conditions])
        case Unless(condition, exception):
            return models.Filter(
                must=[_condition(kind, condition)], must_not=[_condition(kind, exception)]
            )
        case Within(field, minimum, maximum):
            return models.FieldCondition(key=field, range=models.Range(gte=minimum, lte=maximum))
        case IsMissing(field):
            return models.IsEmptyCondition(is_empty=models.PayloadField(key=field))
        case IsTrack(track_ids) if kind == SEGMENTS:
            return models.FieldCondition(key="track_id", match=models.MatchAny(any=list(track_ids)))
        case IsTrack(track_ids):
            ids = [str(track_point_id(track_id)) for track_id in track_ids]
            return models.HasIdCondition(has_id=list(ids))
