"""The map over real gRPC and a real Redis, made by the process that a worker starts."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import redis
from click.testing import CliRunner

from query_service import CATALOGUE, TOKEN, Service, embedded, serve
from refusals import refusal
from segue.catalogues import Catalogues
from segue.cli import main
from segue.index.exact import ExactIndex
from segue.ingest.map_turns import MapWatch
from segue.jobs.map_store import MapStore
from segue.query.access import Access
from segue.settings import MapSettings, QueueSettings
from segue.v1 import map_service_pb2 as messages
from segue.v1.map_service_pb2_grpc import MapServiceStub
from waiting import until_async

OWNER = (("authorization", f"Bearer {TOKEN}"),)
MANY = [embedded(f"m{number}", 15.0 * number, year=1990) for number in range(6)]
ARCHIVE = [embedded(name, 40.0 * number, year=1930) for number, name in enumerate(("a", "m1", "z"))]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def service(redis_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    """A service of two catalogues; two ids of ``archive`` stand in the default one too."""
    index = ExactIndex(space="bands-v1", dimension=8)
    await index.upsert([*CATALOGUE, *MANY])
    other = ExactIndex(space="bands-v1", dimension=8, catalogue="archive")
    await other.upsert(ARCHIVE)
    queue = QueueSettings(redis_url=redis_url)
    stores = [MapStore(queue), MapStore(queue, catalogue="archive")]
    async for served in serve(
        index, tmp_path, access=Access(TOKEN), others=[other], map_stores=stores
    ):
        yield served


@pytest.fixture
def maps(service: Service) -> Any:
    return MapServiceStub(service.channel)  # type: ignore[no-untyped-call]


@pytest.fixture
def watch(service: Service, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MapWatch]:
    """A worker's side of the map, beside a query service."""
    monkeypatch.setenv("SEGUE_REDIS_URL", redis_url)
    monkeypatch.setenv("SEGUE_INDEX_URL", f"segue://{service.address}")
    monkeypatch.setenv("SEGUE_OWNER_TOKEN", TOKEN)
    made = MapWatch(QueueSettings(redis_url=redis_url), MapSettings(), Catalogues(("archive",)))
    yield made
    made.stop()


async def work(
    watch: MapWatch, maps: Any, state: messages.MapWorkState, catalogue: str = ""
) -> messages.MapWork:
    """Look as a worker does until the work on a catalogue's map is in this state."""

    async def reached() -> messages.MapWork | None:
        watch.look()
        info = await maps.GetMapInfo(messages.GetMapInfoRequest(catalogue=catalogue))
        return info.work if info.work.state == state else None

    return await until_async(reached)  # type: ignore[no-any-return]


async def rebuild(maps: Any, **fields: object) -> None:
    await maps.RebuildMap(messages.RebuildMapRequest(**fields), metadata=OWNER)


async def read(maps: Any, **fields: object) -> list[messages.GetMapResponse]:
    return [one async for one in maps.GetMap(messages.GetMapRequest(**fields))]


async def test_a_map_is_made_and_read_by_everybody(maps: Any, watch: MapWatch) -> None:
    assert (await refusal(read(maps))).reason == "MAP_NOT_FOUND"
    await rebuild(maps)
    await work(watch, maps, messages.MAP_WORK_STATE_IDLE)

    info = await maps.GetMapInfo(messages.GetMapInfoRequest())
    assert (info.map.tracks, info.catalogue_tracks) == (11, 11)
    assert "mood:calm" in info.map.labels
    (piece,) = await read(maps, labels=["mood:calm"], layout=messages.MAP_LAYOUT_PCA)
    assert piece.version == info.map.version
    assert sorted(piece.track_ids) == sorted(one.track.track_id for one in [*CATALOGUE, *MANY])
    at = {track: row for row, track in enumerate(piece.track_ids)}
    assert piece.years[at["a"]] == 1960
    assert piece.genres[piece.genre_codes[at["c"]] - 1] == "metal"
    assert piece.genres[piece.genre_codes[at["m0"]] - 1] == "jazz"  # heard
    assert piece.artists[piece.artist_codes[at["a"]] - 1] == "Ann"
    assert piece.artist_codes[at["m0"]] == 0
    (column,) = piece.labels
    assert (column.levels[at["a"]], column.levels[at["b"]]) == (255, 0)
    # The tracks lie on an arc: the first direction of most variance goes along it.
    along = [piece.x[at[one.track.track_id]] for one in MANY]
    assert np.all(np.diff(along) > 0) or np.all(np.diff(along) < 0)
    assert await read(maps, known_version=piece.version) == []


async def test_a_track_that_comes_later_joins_it_beside_its_like(
    service: Service, maps: Any, watch: MapWatch
) -> None:
    await rebuild(maps)
    await work(watch, maps, messages.MAP_WORK_STATE_IDLE)
    (before,) = await read(maps)
    await service.index.upsert([embedded("copy", 30.0)])
    await service.index.delete(["e"])
    await rebuild(maps)
    await work(watch, maps, messages.MAP_WORK_STATE_IDLE)

    (after,) = await read(maps)
    place = dict(zip(after.track_ids, zip(after.x, after.y, strict=True), strict=True))
    old = dict(zip(before.track_ids, zip(before.x, before.y, strict=True), strict=True))
    assert "e" not in place
    assert place["m3"] == pytest.approx(old["m3"])
    assert place["copy"] == pytest.approx(old["m2"], abs=0.02)
    info = await maps.GetMapInfo(messages.GetMapInfoRequest())
    assert info.map.changed == 2
    assert info.map.fitted_at.ToNanoseconds() < info.map.created_at.ToNanoseconds()


async def test_each_catalogue_has_a_map_of_its_own(maps: Any, watch: MapWatch) -> None:
    await rebuild(maps, catalogue="archive")
    await work(watch, maps, messages.MAP_WORK_STATE_RUNNING, "archive")
    own = await maps.GetMapInfo(messages.GetMapInfoRequest())
    assert own.work.state == messages.MAP_WORK_STATE_IDLE  # another one's is made
    await work(watch, maps, messages.MAP_WORK_STATE_IDLE, "archive")

    info = await maps.GetMapInfo(messages.GetMapInfoRequest(catalogue="archive"))
    assert (info.map.tracks, info.catalogue_tracks) == (3, 3)
    (archive,) = await read(maps, catalogue="archive")
    assert sorted(archive.track_ids) == ["a", "m1", "z"]
    assert list(archive.years) == [1930] * 3
    assert not (await maps.GetMapInfo(messages.GetMapInfoRequest())).HasField("map")
    assert (await refusal(read(maps))).reason == "MAP_NOT_FOUND"

    await rebuild(maps)
    await work(watch, maps, messages.MAP_WORK_STATE_IDLE)
    (own_map,) = await read(maps)
    assert len(own_map.track_ids) == len(CATALOGUE) + len(MANY)
    assert (await read(maps, catalogue="archive")) == [archive]
    assert (await refusal(read(maps, catalogue="attic"))).reason == "CATALOGUE_UNKNOWN"


async def test_one_whose_maker_is_killed_is_made_by_the_next(
    maps: Any,
    watch: MapWatch,
    service: Service,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("SEGUE_INDEX_URL", f"segue://127.0.0.1:{silent.getsockname()[1]}")
        await rebuild(maps)
        await work(watch, maps, messages.MAP_WORK_STATE_RUNNING)
        child = watch.child
        assert child is not None
        asking, _ = await asyncio.to_thread(silent.accept)  # it reads, and is not answered
        child.send_signal(signal.SIGKILL)
        asking.close()
        await asyncio.to_thread(child.wait)
    monkeypatch.setenv("SEGUE_INDEX_URL", f"segue://{service.address}")
    failed = await work(watch, maps, messages.MAP_WORK_STATE_FAILED)
    assert "killed by signal 9" in failed.message
    with redis.Redis.from_url(redis_url) as client:  # the pause after a failure goes by
        client.hset("segue:map:wanted", "not_before", "0")
    await work(watch, maps, messages.MAP_WORK_STATE_IDLE)

    assert len((await read(maps))[0].track_ids) == 11


async def test_what_keeps_it_from_being_made_is_told(
    maps: Any, watch: MapWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUE_OWNER_TOKEN", "of-the-owner-of-another-service")
    await rebuild(maps)
    failed = await work(watch, maps, messages.MAP_WORK_STATE_FAILED)

    assert failed.reason == "INDEX_UNAVAILABLE"
    assert "UNAUTHENTICATED" in failed.message or "TOKEN" in failed.message
    assert failed.next_step


async def test_guests_may_look_and_have_nothing_made(maps: Any) -> None:
    await maps.GetMapInfo(messages.GetMapInfoRequest())
    refused = await refusal(maps.RebuildMap(messages.RebuildMapRequest()))
    assert refused.code is grpc.StatusCode.PERMISSION_DENIED


async def test_bad_requests_are_told_of(maps: Any, watch: MapWatch) -> None:
    await rebuild(maps)
    await work(watch, maps, messages.MAP_WORK_STATE_IDLE)
    for fields in ({"layout": 7}, {"labels": ["mood:none"]}, {"labels": list("abcdefghi")}):
        assert (await refusal(read(maps, **fields))).field == next(iter(fields))


async def test_commands_show_it_and_have_it_made(
    service: Service, maps: Any, watch: MapWatch
) -> None:
    environment = {"SEGUE_TOKEN": TOKEN}

    async def run(*words: str) -> Any:
        command = ["map", *words, "--address", service.address]
        return await asyncio.to_thread(CliRunner().invoke, main, command, env=environment)

    shown = await run("show")
    assert "There is no map yet; the catalogue holds 11 tracks." in shown.output
    building = asyncio.create_task(run("build", "--anew"))
    while not building.done():
        watch.look()
        await asyncio.sleep(0.1)
    built = await building
    assert built.exit_code == 0, built.output
    assert "The map holds 11 of 11 tracks (bands-v1," in built.output
    other = await run("show", "--catalogue", "archive")
    assert "There is no map yet; the catalogue holds 3 tracks." in other.output
    assert (await run("show", "--json")).exit_code == 0
