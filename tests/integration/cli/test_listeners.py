"""``segue listeners`` against a service with a real Redis and real files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from command_run import Run, against
from query_service import DIMENSION, serve
from segue.index.exact import ExactIndex
from segue.jobs.listener_store import ListenerStore
from segue.query.listener_keeper import ListenerKeeper
from segue.settings import ListenerSettings, QueueSettings

HEADER = "user_id,track_id,kind\n"


@pytest.fixture
async def keeper(tmp_path: Path, redis_url: str) -> AsyncIterator[ListenerKeeper]:
    settings = ListenerSettings(listeners_folder=str(tmp_path / "listeners"))
    opened = ListenerKeeper(ListenerStore(QueueSettings(redis_url=redis_url), settings), settings)
    yield opened
    await opened.close()


@pytest.fixture
async def run(tmp_path: Path, keeper: ListenerKeeper) -> AsyncIterator[Run]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    async for service in serve(index, tmp_path, listener_keeper=keeper):
        yield against(service.address)


async def test_a_file_of_many_rows_is_taken_down_once(
    run: Run, keeper: ListenerKeeper, tmp_path: Path
) -> None:
    path = tmp_path / "played.csv"
    path.write_text(HEADER + "".join(f"ann,t{number},play\n" for number in range(2_500)))
    for _ in range(2):
        result = await run("listeners", "record", path)
        assert result.exit_code == 0, result.stderr
        assert result.stdout == "2500 interactions are recorded.\n"
        assert (await keeper.store.waiting()).count == 2_500
    path.write_text(HEADER + "bob,t1,like\n")
    assert json.loads((await run("listeners", "record", path, "--json")).stdout) == {"recorded": 1}
    assert (await keeper.store.waiting()).count == 2_501
    assert len(await keeper.store.plays("ann")) == 200


async def test_one_wrong_row_takes_nothing_down(
    run: Run, keeper: ListenerKeeper, tmp_path: Path
) -> None:
    path = tmp_path / "played.csv"
    path.write_text(HEADER + "ann,a,play\n" * 1_200 + "ann,a,heard\n")
    result = await run("listeners", "record", path)
    assert result.exit_code == 1
    assert "line 1202: kind: is none of play, skip, like, dislike" in result.stderr
    assert "[INTERACTIONS_UNUSABLE]" in result.stderr
    assert (await keeper.store.waiting()).count == 0
    path.write_text(HEADER)
    assert (await run("listeners", "record", path)).stdout == "Nothing to record.\n"


async def test_a_listener_is_forgotten(run: Run, keeper: ListenerKeeper, tmp_path: Path) -> None:
    path = tmp_path / "played.csv"
    path.write_text(HEADER + "ann,a,play\nbob,b,play\n")
    await run("listeners", "record", path)
    await keeper.compact()
    result = await run("listeners", "forget", "ann")
    assert result.stdout == "Forgotten: 1 interactions; no factors were served.\n"
    again = await run("listeners", "forget", "ann", "--json")
    assert json.loads(again.stdout) == {"interactions": 0, "factors": False}
    assert await keeper.store.plays("ann") == []
    assert await keeper.store.plays("bob")
    result = await run("listeners", "forget", "")
    assert result.exit_code == 1
    assert "user_id: must not be empty" in result.stderr
