"""Collections and aliases on a server; errors, of one that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from qdrant_client import AsyncQdrantClient, models

from local_qdrant import connected, local_qdrant
from segue.errors import IndexUnavailable, SpaceMismatch
from segue.index.conditions import Conditions, HasLabel, IsTrack, Within
from segue.index.qdrant.collections import (
    collection_filter,
    ensure_collection,
    search_params,
    server_errors,
    set_missing_aliases,
)
from segue.index.qdrant.index import QdrantIndex
from segue.index.schema import DEFAULT_GRAPH, GraphSettings
from segue.settings import IndexSettings
from segue.stack.ports import free_ports
from segue.tracks import track_point_id


@pytest.fixture
async def client() -> AsyncIterator[AsyncQdrantClient]:
    async with local_qdrant() as port:
        opened = connected(port)
        yield opened
        await opened.close()


async def ensure(
    client: AsyncQdrantClient, name: str, dimension: int, genres: int | None = None
) -> None:
    kind, _, space = name.partition(".")
    await ensure_collection(
        client,
        kind,
        space,
        dimension=dimension,
        genre_dimension=genres,
        graph=GraphSettings(quantisation=True),
    )


async def test_aliases_are_set_once_and_not_turned_by_another_space(
    client: AsyncQdrantClient,
) -> None:
    for space in ("one-v1", "two-v1"):
        for kind in ("tracks", "segments"):
            await ensure(client, f"{kind}.{space}", 4)
        await set_missing_aliases(client, space)
    aliases = (await client.get_aliases()).aliases
    assert {alias.alias_name: alias.collection_name for alias in aliases} == {
        "tracks": "tracks.one-v1",
        "segments": "segments.one-v1",
    }


async def test_a_collection_of_other_vectors_is_refused(client: AsyncQdrantClient) -> None:
    await ensure(client, "tracks.m-v1", 4, 3)
    await ensure(client, "tracks.m-v1", 4, 3)
    await ensure(client, "tracks.m-v1", 4)  # a model without genres reads it too
    with pytest.raises(SpaceMismatch, match="holds audio vectors of length 4, not 5"):
        await ensure(client, "tracks.m-v1", 5, 3)
    with pytest.raises(SpaceMismatch, match="holds genre vectors of length 3, not 2"):
        await ensure(client, "tracks.m-v1", 4, 2)


def test_quantised_vectors_are_scored_again_but_not_in_an_exact_search() -> None:
    assert search_params(DEFAULT_GRAPH, exact=False).quantization is None
    for exact in (True, False):
        params = search_params(GraphSettings(quantisation=True, search_ef=99), exact=exact)
        assert (params.hnsw_ef, params.exact) == (99, exact)
        assert params.quantization is not None
        assert params.quantization.ignore is exact
        assert params.quantization.rescore


def test_tracks_are_met_by_the_ids_of_their_points_and_segments_by_a_field() -> None:
    asked = Conditions(must=(IsTrack(("a",)), HasLabel("genres", ("jazz",))), must_not=())
    of_tracks, of_segments = (collection_filter(kind, asked) for kind in ("tracks", "segments"))
    assert of_tracks is not None
    assert of_segments is not None
    assert of_tracks.must[0] == models.HasIdCondition(has_id=[str(track_point_id("a"))])
    assert of_segments.must[0].key == "track_id"
    assert of_tracks.must[1] == of_segments.must[1]
    between = collection_filter("tracks", Conditions(must=(Within("year", 1990, None),)))
    assert between is not None
    assert between.must[0].range == models.Range(gte=1990, lte=None)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    port = free_ports(1)[0]
    settings = IndexSettings(index_url=f"qdrant://127.0.0.1:{port}", index_api_key="secret")
    with pytest.raises(IndexUnavailable, match=r"Qdrant (failed|did not answer)"):
        await QdrantIndex.open(settings, space="m-v1", dimension=4)


async def test_what_the_client_raises_is_translated() -> None:
    with pytest.raises(IndexUnavailable, match=r"did not answer within 0\.01 s while counting"):
        async with server_errors("counting", 0.01):
            await asyncio.sleep(60)
    for failure in (OSError("reset"), grpc.RpcError("gone")):
        with pytest.raises(IndexUnavailable, match=r"Qdrant failed while counting: (reset|gone)"):
            async with server_errors("counting", 60):
                raise failure
