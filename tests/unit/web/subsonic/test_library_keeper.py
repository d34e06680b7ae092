"""The library is read from a query service, and read again in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from segue.v1 import catalog_service_pb2, catalog_service_pb2_grpc, track_pb2
from segue.web.backend import Backend, QueryUnavailable
from segue.web.subsonic import library_keeper
from segue.web.subsonic.library_keeper import LibraryKeeper


class Catalogue(catalog_service_pb2_grpc.CatalogServiceServicer):
    """Lists tracks, two of them on a page; waits while ``gate`` is shut."""

    def __init__(self) -> None:
        self.track_ids: list[str] = []
        self.began = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def ListTracks(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        del context
        first = int(request.page_token or 0)
        self.began += first == 0
        await self.gate.wait()
        tracks = [track_pb2.Track(track_id=one) for one in self.track_ids[first : first + 2]]
        more = str(first + 2) if first + 2 < len(self.track_ids) else ""
        return catalog_service_pb2.ListTracksResponse(tracks=tracks, next_page_token=more)


@pytest.fixture
async def catalogue() -> AsyncIterator[tuple[Catalogue, LibraryKeeper, grpc.aio.Server]]:
    servicer, server = Catalogue(), grpc.aio.server()
    catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    backend = Backend(f"127.0.0.1:{port}", "a-token-of-the-owner")
    keeper = LibraryKeeper(backend)
    yield servicer, keeper, server
    await keeper.close()
    await backend.close()
    await server.stop(None)


async def test_all_pages_are_read_once_for_all_who_ask(catalogue: Any) -> None:
    servicer, keeper, _ = catalogue
    servicer.track_ids = ["c", "a", "b", "e", "d"]
    found = await asyncio.gather(*(keeper.library() for _ in range(3)))
    assert [song.track_id for song in found[0].songs] == ["a", "b", "c", "d", "e"]
    assert found[0] is found[1] is found[2] is await keeper.library()
    assert servicer.began == 1


async def test_what_is_old_is_read_again_and_waited_for_when_that_is_quick(
    catalogue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, _ = catalogue
    await keeper.library()
    servicer.track_ids = ["new"]
    assert len((await keeper.library()).songs) == 0
    monkeypatch.setattr(library_keeper, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(library_keeper, "REST", 0.0)
    assert len((await keeper.library()).songs) == 0
    assert len((await keeper.library(missing=True)).songs) == 1
    servicer.track_ids = ["new", "newer"]
    monkeypatch.setattr(library_keeper, "FRESH_SECONDS", 0.0)
    assert len((await keeper.library()).songs) == 2


async def test_what_takes_long_is_read_behind_those_who_ask(
    catalogue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, _ = catalogue
    await keeper.library()
    for name in ("FRESH_SECONDS", "REST", "QUICK_SECONDS"):
        monkeypatch.setattr(library_keeper, name, 0.0)
    servicer.track_ids = ["new"]
    servicer.gate.clear()
    assert len((await keeper.library()).songs) == 0  # at once, though nothing is answered now
    assert len((await keeper.library()).songs) == 0
    servicer.gate.set()
    while not (await keeper.library()).songs:
        await asyncio.sleep(0.01)


async def test_without_a_query_service_it_fails_until_there_was_one(
    catalogue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, server = catalogue
    servicer.track_ids = ["a"]
    gone = Backend("127.0.0.1:9", "a-token-of-the-owner")
    with pytest.raises(QueryUnavailable):
        await LibraryKeeper(gone).library()
    await gone.close()
    before = await keeper.library()
    await server.stop(None)
    monkeypatch.setattr(library_keeper, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(library_keeper, "REST", 0.0)
    monkeypatch.setattr(library_keeper, "QUICK_SECONDS", -1.0)
    assert await keeper.library() is before
