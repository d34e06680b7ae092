"""The library is read from a query service, and keeps up with what changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from redis_process import RedisProcess
from segue.jobs.changed_tracks import ChangedTracks
from segue.settings import QueueSettings
from segue.v1 import catalog_service_pb2, catalog_service_pb2_grpc, track_pb2
from segue.web.backend import Backend, QueryUnavailable
from segue.web.subsonic import library_keeper
from segue.web.subsonic.library import Library
from segue.web.subsonic.library_keeper import LibraryKeeper


class Catalogue(catalog_service_pb2_grpc.CatalogServiceServicer):
    """Lists tracks, two of them on a page; waits while ``gate`` is shut."""

    def __init__(self) -> None:
        self.track_ids: list[str] = []
        self.listed = 0
        self.asked: list[set[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def ListTracks(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        del context
        first = int(request.page_token or 0)
        self.listed += first == 0
        await self.gate.wait()
        tracks = [track_pb2.Track(track_id=one) for one in self.track_ids[first : first + 2]]
        more = str(first + 2) if first + 2 < len(self.track_ids) else ""
        return catalog_service_pb2.ListTracksResponse(tracks=tracks, next_page_token=more)

    async def GetTracks(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        self.asked.append(set(request.track_ids))
        await self.gate.wait()
        known = [one for one in request.track_ids if one in self.track_ids]
        return catalog_service_pb2.GetTracksResponse(
            tracks=[track_pb2.Track(track_id=one) for one in known],
            missing_track_ids=[one for one in request.track_ids if one not in known],
        )


@pytest.fixture
async def changed(redis_url: str) -> AsyncIterator[ChangedTracks]:
    opened = ChangedTracks(QueueSettings(redis_url=redis_url), timeout_seconds=0.5)
    yield opened
    await opened.close()


@pytest.fixture
async def catalogue(
    changed: ChangedTracks,
) -> AsyncIterator[tuple[Catalogue, LibraryKeeper, grpc.aio.Server]]:
    servicer, server = Catalogue(), grpc.aio.server()
    catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    backend = Backend(f"127.0.0.1:{port}", "a-token-of-the-owner")
    keeper = LibraryKeeper(backend, changed)
    yield servicer, keeper, server
    await keeper.close()
    await backend.close()
    await server.stop(None)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look whether anything changed whenever it is asked for, and wait for what is new."""
    for name in ("FRESH_SECONDS", "LEAST_SECONDS", "REST"):
        monkeypatch.setattr(library_keeper, name, 0.0)
    monkeypatch.setattr(library_keeper, "QUICK_SECONDS", 30.0)


def ids(library: Library) -> list[str]:
    return [song.track_id for song in library.songs]


TEN = [f"t{number}" for number in range(10)]


async def test_all_pages_are_read_once_for_all_who_ask(catalogue: Any) -> None:
    servicer, keeper, _ = catalogue
    servicer.track_ids = ["c", "a", "b", "e", "d"]
    found = await asyncio.gather(*(keeper.library() for _ in range(3)))
    assert ids(found[0]) == ["a", "b", "c", "d", "e"]
    assert found[0] is found[1] is found[2] is await keeper.library()
    assert servicer.listed == 1


@pytest.mark.usefixtures("at_once")
async def test_only_what_changed_is_read_again(catalogue: Any, changed: ChangedTracks) -> None:
    servicer, keeper, _ = catalogue
    servicer.track_ids = [*TEN]
    before = await keeper.library()
    assert await keeper.library() is before, "nothing changed"
    servicer.track_ids = [*TEN[:-1], "new"]
    await changed.note(["new", TEN[-1]])
    after = await keeper.library()
    assert ids(after) == ["new", *TEN[:-1]]
    assert ids(before) == TEN
    assert await keeper.library() is after
    assert (servicer.listed, servicer.asked) == (1, [{"new", TEN[-1]}])


async def test_it_is_not_looked_at_again_at_once_but_for_what_is_missing(
    catalogue: Any, changed: ChangedTracks, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, _ = catalogue
    monkeypatch.setattr(library_keeper, "FRESH_SECONDS", 60.0)
    monkeypatch.setattr(library_keeper, "LEAST_SECONDS", 0.0)
    servicer.track_ids = [*TEN]
    await keeper.library()
    servicer.track_ids.append("new")
    await changed.note(["new"])
    assert "new" not in ids(await keeper.library())
    assert "new" in ids(await keeper.library(missing=True))


@pytest.mark.usefixtures("at_once")
async def test_all_is_read_again_where_much_changed_or_nobody_knows_what(
    catalogue: Any, changed: ChangedTracks, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, _ = catalogue
    monkeypatch.setattr(library_keeper, "READING_REST", 0.0)
    await keeper.library()
    servicer.track_ids = ["a", "b"]
    await changed.note(servicer.track_ids)
    assert ids(await keeper.library()) == ["a", "b"]
    assert (servicer.listed, servicer.asked) == (2, [])
    servicer.track_ids = ["c"]
    await changed.note_all()
    assert ids(await keeper.library()) == ["c"]
    assert servicer.listed == 3
    monkeypatch.setattr(library_keeper, "READ_ANYWAY_SECONDS", 0.0)
    servicer.track_ids = ["d"]
    assert ids(await keeper.library()) == ["d"]


@pytest.mark.usefixtures("at_once")
async def test_all_is_not_read_again_all_the_time(
    catalogue: Any, changed: ChangedTracks, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, _ = catalogue
    monkeypatch.setattr(library_keeper, "READING_REST", 1e9)
    servicer.track_ids = [*TEN]
    before = await keeper.library()
    await changed.note_all()
    assert await keeper.library() is before
    assert servicer.listed == 1


@pytest.mark.usefixtures("at_once")
async def test_what_takes_long_is_read_behind_those_who_ask(
    catalogue: Any, changed: ChangedTracks, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, _ = catalogue
    servicer.track_ids = [*TEN]
    before = await keeper.library()
    monkeypatch.setattr(library_keeper, "QUICK_SECONDS", 0.01)
    servicer.track_ids.append("new")
    await changed.note(["new"])
    servicer.gate.clear()
    assert await keeper.library() is before  # soon, though nothing is answered now
    assert await keeper.library() is before
    servicer.gate.set()
    async with asyncio.timeout(20):
        while "new" not in ids(await keeper.library()):
            await asyncio.sleep(0.01)
    assert len(servicer.asked) == 1


async def test_without_a_query_service_it_fails_until_there_was_one(
    catalogue: Any, changed: ChangedTracks, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, server = catalogue
    servicer.track_ids = ["a"]
    gone = Backend("127.0.0.1:9", "a-token-of-the-owner")
    with pytest.raises(QueryUnavailable):
        await LibraryKeeper(gone, changed).library()
    await gone.close()
    before = await keeper.library()
    await server.stop(None)
    await changed.note(["a"])
    monkeypatch.setattr(library_keeper, "FRESH_SECONDS", 0.0)
    assert await keeper.library() is before


@pytest.mark.usefixtures("at_once")
async def test_without_a_queue_all_is_read_again_in_time(
    catalogue: Any, redis_process: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer, keeper, _ = catalogue
    redis_process.kill()
    servicer.track_ids = ["a"]
    assert ids(await keeper.library()) == ["a"]
    servicer.track_ids = ["b"]
    monkeypatch.setattr(library_keeper, "READING_REST", 0.0)
    assert ids(await keeper.library()) == ["b"]
    redis_process.start()
    assert ids(await keeper.library()) == ["b"]
    listed = servicer.listed
    await keeper.library()
    assert servicer.listed == listed, "what changed is told again"
