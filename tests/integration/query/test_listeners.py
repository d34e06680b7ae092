"""Listeners over real gRPC, a real Redis and real files, with kills in between."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pyarrow as pa
import pytest

from query_service import CATALOGUE, DIMENSION, TOKEN, Service, serve
from redis_process import RedisProcess
from refusals import Refusal
from segue import installed
from segue.errors import (
    DeadlineExceeded,
    DependencyMissing,
    FactorsUnavailable,
    QueueUnavailable,
)
from segue.exchange.folder_lock import FolderLock
from segue.exchange.interaction_files import InteractionFolder
from segue.index.exact import ExactIndex
from segue.interactions import Interaction, InteractionKind
from segue.jobs.listener_store import ListenerStore
from segue.owner_token import token_metadata
from segue.query import listener_keeper
from segue.query.access import Access
from segue.query.listener_keeper import Forgotten, ListenerKeeper
from segue.settings import ListenerSettings, QueueSettings, TelemetrySettings
from segue.stack.ports import free_ports
from segue.telemetry import configure_logging, serve_metrics
from segue.v1 import listener_service_pb2 as messages
from segue.v1.listener_service_pb2_grpc import ListenerServiceStub
from segue.wire.interactions import interaction_to_message
from waiting import until_async
from whole_folder import whole_folder

KILLED = Path(__file__).with_name("listeners_killed.py")
NOW = datetime.now(UTC).replace(microsecond=0)
PLAY = messages.INTERACTION_KIND_PLAY
MARKER = "marker-of-a-listener"


class Factors:
    """Published factors of listeners, in memory."""

    def __init__(self) -> None:
        self.of = {"ann", "bob", MARKER}
        self.answers = True

    async def forget(self, user_id: str) -> bool:
        if not self.answers:
            raise QueueUnavailable(f"{user_id} cannot be removed")
        there = user_id in self.of
        self.of.discard(user_id)
        return there


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "listeners"


@pytest.fixture
def settings(folder: Path) -> ListenerSettings:
    return ListenerSettings(listeners_folder=str(folder), most_waiting_interactions=1_000)


@pytest.fixture
def factors() -> Factors:
    return Factors()


@pytest.fixture
async def keeper(
    redis_url: str, settings: ListenerSettings, factors: Factors
) -> AsyncIterator[ListenerKeeper]:
    store = ListenerStore(QueueSettings(redis_url=redis_url), settings)
    opened = ListenerKeeper(store, settings, factors)
    yield opened
    await opened.close()


@pytest.fixture
async def service(tmp_path: Path, keeper: ListenerKeeper) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    async for running in serve(index, tmp_path, access=Access(TOKEN), listener_keeper=keeper):
        yield running


class Caller:
    """Calls the listener service as the owner."""

    def __init__(self, service: Service) -> None:
        self._stub = ListenerServiceStub(service.channel)  # type: ignore[no-untyped-call]

    async def record(self, *interactions: messages.Interaction, request_id: str = "") -> int:
        request = messages.RecordInteractionsRequest(
            interactions=interactions, request_id=request_id
        )
        answer = await self._stub.RecordInteractions(request, metadata=token_metadata(TOKEN))
        return int(answer.recorded)

    async def forget(self, user_id: str) -> messages.ForgetListenerResponse:
        return await self._stub.ForgetListener(
            messages.ForgetListenerRequest(user_id=user_id), metadata=token_metadata(TOKEN)
        )


@pytest.fixture
def caller(service: Service) -> Caller:
    return Caller(service)


def played(user: str, track: str, **more: object) -> messages.Interaction:
    return messages.Interaction(user_id=user, track_id=track, kind=PLAY, **more)


def done(user: str, track: str) -> Interaction:
    return Interaction(user, track, InteractionKind.PLAY, NOW)


def written(folder: Path) -> list[tuple[str, str]]:
    """Listener and track of every row that can be read."""
    tables = list(InteractionFolder(folder).tables())
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    return [(row["user_id"], row["track_id"]) for row in rows]


async def waiting(keeper: ListenerKeeper) -> list[tuple[str, str]]:
    """Listener and track of every entry that waits."""
    found = [entry.interaction for entry in await keeper.store.entries(limit=10_000)]
    return [(one.user_id, one.track_id) for one in found]


async def test_what_is_recorded_is_played_lately_and_written_down(
    caller: Caller, keeper: ListenerKeeper, folder: Path
) -> None:
    moment = NOW - timedelta(days=3)
    like = interaction_to_message(Interaction("ann", "b", InteractionKind.LIKE, moment))
    assert await caller.record(played("ann", "a", played_seconds=12.5), like) == 2
    plays = await keeper.store.plays("ann")
    assert [play.track_id for play in plays] == ["a", "b"]
    assert plays[1].when == moment
    assert await keeper.compact() == 2
    assert written(folder) == [("ann", "a"), ("ann", "b")]
    assert await waiting(keeper) == []
    assert await keeper.compact() == 0
    await caller.record(played("bob", "c"))
    assert await keeper.compact() == 1
    assert written(folder) == [("ann", "a"), ("ann", "b"), ("bob", "c")]


async def test_a_request_counts_once(caller: Caller, keeper: ListenerKeeper) -> None:
    request = str(uuid.uuid4())
    for _ in range(3):
        assert await caller.record(played("ann", "a"), request_id=request) == 1
    assert await waiting(keeper) == [("ann", "a")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user_id": ""}, "user_id"),
        ({"user_id": "é" * 129}, "user_id"),
        ({"user_id": "a\nb"}, "user_id"),
        ({"track_id": ""}, "track_id"),
        ({"track_id": "t" * 257}, "track_id"),
        ({"kind": 0}, "kind"),
        ({"kind": 77}, "kind"),
        ({"played_seconds": -1}, "played_seconds"),
        ({"played_seconds": float("nan")}, "played_seconds"),
        ({"played_seconds": 86_401}, "played_seconds"),
        ({"kind": messages.INTERACTION_KIND_LIKE, "played_seconds": 3}, "played_seconds"),
        ({"occurred_at": NOW + timedelta(days=2)}, "occurred_at"),
        ({"occurred_at": datetime(1969, 12, 31, tzinfo=UTC)}, "occurred_at"),
        ({"occurred_at": {"seconds": 2**62}}, "occurred_at"),
    ],
)
async def test_one_bad_entry_refuses_all_and_is_named(
    caller: Caller, keeper: ListenerKeeper, changes: dict[str, object], field: str
) -> None:
    wrong = {"user_id": "ann", "track_id": "a", "kind": PLAY} | changes
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.record(played("ann", "fine"), messages.Interaction(**wrong))
    refused = Refusal(caught.value)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.message.startswith(f"interactions[1].{field}: ")
    assert await waiting(keeper) == []


async def test_none_and_too_many_are_refused(caller: Caller, keeper: ListenerKeeper) -> None:
    for count in (0, 1_001):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await caller.record(*[played("ann", "a")] * count)
        assert "interactions: " in Refusal(caught.value).message
    for user in ("", "x" * 257):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await caller.forget(user)
        assert "user_id: " in Refusal(caught.value).message
    assert await waiting(keeper) == []
    assert await caller.record(*[played("ann", "a")] * 1_000) == 1_000
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.record(played("ann", "a"))
    refused = Refusal(caught.value)
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.reason == "INTERACTIONS_FULL"


async def test_everything_of_a_listener_is_forgotten(
    caller: Caller, keeper: ListenerKeeper, folder: Path, factors: Factors
) -> None:
    await caller.record(played("ann", "a"), played("bob", "b"))
    await keeper.compact()
    await caller.record(played("ann", "c"), played("bob", "d"))
    answer = await caller.forget("ann")
    assert (answer.interactions, answer.factors) == (2, True)
    assert written(folder) == [("bob", "b")]
    assert await waiting(keeper) == [("bob", "d")]
    assert await keeper.store.plays("ann") == []
    assert (await keeper.store.forgetting()).listeners == {}
    assert factors.of == {"bob", MARKER}
    again = await caller.forget("ann")
    assert (again.interactions, again.factors) == (0, False)
    await caller.record(played("ann", "new"))
    await keeper.compact()
    assert written(folder) == [("bob", "b"), ("bob", "d"), ("ann", "new")]


async def test_factors_that_cannot_be_removed_are_told_and_removed_later(
    caller: Caller, keeper: ListenerKeeper, factors: Factors
) -> None:
    await caller.record(played("ann", "a"))
    factors.answers = False
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.forget("ann")
    assert Refusal(caught.value).reason == "FACTORS_UNAVAILABLE"
    assert await waiting(keeper) == []
    with pytest.raises(FactorsUnavailable):
        await keeper.look()
    factors.answers = True
    await keeper.look()
    assert "ann" not in factors.of
    assert (await keeper.store.forgetting()).listeners == {}


def killed(redis_url: str, folder: Path, doing: str, point: str) -> None:
    """Let a process do it, and die there."""
    ended = subprocess.run([sys.executable, KILLED, redis_url, folder, doing, point], check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "point",
    [
        "before the file has its name",
        "before the smaller file is removed",
        "before the entries are removed",
    ],
)
async def test_a_kill_while_writing_neither_loses_nor_doubles(
    keeper: ListenerKeeper, folder: Path, redis_process: RedisProcess, point: str
) -> None:
    await keeper.store.record([done("ann", "a"), done("bob", "b")])
    await keeper.compact()
    await keeper.store.record([done("ann", "c")])
    killed(redis_process.url, folder, "write", point)
    redis_process.kill()
    redis_process.start()
    await keeper.store.record([done("bob", "d")])
    everything = [("ann", "a"), ("bob", "b"), ("ann", "c"), ("bob", "d")]
    # Who reads now finds no row twice.
    assert len(written(folder)) == len(set(written(folder)))
    assert set(written(folder)) | set(await waiting(keeper)) == set(everything)
    await keeper.compact()
    assert written(folder) == everything
    assert len(list(folder.glob("*.parquet"))) == 1
    assert not list(folder.glob(".*.incomplete"))
    assert await waiting(keeper) == []


@pytest.mark.parametrize("before", ["", "before the entries are removed"])
@pytest.mark.parametrize(
    "point",
    [
        "before the stream is looked through",
        "before the files are looked through",
        "before the file has its name",
        "before it has ended",
    ],
)
async def test_a_kill_while_forgetting_shows_nothing_and_is_made_up_for(
    keeper: ListenerKeeper,
    folder: Path,
    redis_process: RedisProcess,
    factors: Factors,
    before: str,
    point: str,
) -> None:
    await keeper.store.record([done("ann", "a"), done("bob", "b")])
    await keeper.compact()
    await keeper.store.record([done("ann", "c"), done("bob", "d")])
    if before:  # and before that, one while writing
        killed(redis_process.url, folder, "write", before)
    killed(redis_process.url, folder, "forget", point)
    redis_process.kill()
    redis_process.start()
    await keeper.store.record([done("ann", "later")])
    hidden = await keeper.store.forgetting()
    assert hidden.listeners.keys() == {"ann"}
    seen = [
        row["track_id"]
        for table in InteractionFolder(folder).tables(hidden)
        for row in table.to_pylist()
    ]
    assert not {"a", "c"} & set(seen)
    assert [play.track_id for play in await keeper.store.plays("ann")] == ["later"]
    await keeper.look()
    assert (await keeper.store.forgetting()).listeners == {}
    assert "ann" not in factors.of
    await keeper.compact()
    assert written(folder) == [("bob", "b"), ("bob", "d"), ("ann", "later")]
    assert await waiting(keeper) == []


async def test_the_keeper_of_one_replica_lets_that_of_another_finish(
    keeper: ListenerKeeper, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keeper.store.record([done("ann", "a")])
    other = FolderLock(folder)
    assert other.take()
    assert await keeper.compact() == 0
    monkeypatch.setattr(listener_keeper, "_LOCK_PATIENCE_SECONDS", 0.2)
    with pytest.raises(DeadlineExceeded, match="another process"):
        await keeper.forget("ann")
    assert await waiting(keeper) == []  # what needs no lock is done
    other.release()
    assert await keeper.forget("ann") == Forgotten(0, factors=True)


async def test_old_interactions_are_written_without_being_asked(
    keeper: ListenerKeeper, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keeper.store.record([done("ann", "a")])
    await keeper.look()
    assert len(await waiting(keeper)) == 1
    monkeypatch.setattr(listener_keeper, "OLD_SECONDS", 0.0)
    await keeper.look()
    assert written(folder) == [("ann", "a")]
    monkeypatch.setattr(listener_keeper, "OLD_SECONDS", 600.0)
    await keeper.store.record([done("ann", f"t{number}") for number in range(500)])
    await keeper.look()  # half of what may wait does
    assert len(written(folder)) == 501


async def test_without_pyarrow_it_says_so_and_loses_nothing(
    keeper: ListenerKeeper, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keeper.store.record([done("ann", "a"), done("bob", "b")])
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    with pytest.raises(DependencyMissing, match="pyarrow"):
        await keeper.compact()
    # There are no files, so that forgetting needs none.
    assert await keeper.forget("bob") == Forgotten(1, factors=True)
    monkeypatch.undo()
    await keeper.compact()
    assert written(folder) == [("ann", "a")]
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    with pytest.raises(DependencyMissing):
        await keeper.forget("ann")
    assert (await keeper.store.forgetting()).listeners.keys() == {"ann"}


async def test_without_a_folder_they_wait(redis_url: str) -> None:
    settings = ListenerSettings()
    store = ListenerStore(QueueSettings(redis_url=redis_url), settings)
    keeper = ListenerKeeper(store, settings)
    try:
        await keeper.store.record([done("ann", "a"), done("bob", "b")])
        assert await keeper.compact() == 0
        assert await keeper.forget("ann") == Forgotten(1, factors=False)
        assert await waiting(keeper) == [("bob", "b")]
    finally:
        await keeper.close()


async def _kept_until(keeper: ListenerKeeper, right: Callable[[], bool]) -> None:
    """Let the keeper look by itself until something is so."""
    keeping = asyncio.create_task(keeper.keep())
    await until_async(right)
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def test_nothing_of_a_listener_is_logged_or_measured(
    caller: Caller,
    keeper: ListenerKeeper,
    folder: Path,
    factors: Factors,
    redis_process: RedisProcess,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    monkeypatch.setattr(root, "level", root.level)
    configure_logging(TelemetrySettings(log_level="DEBUG"))
    monkeypatch.setattr(listener_keeper, "OLD_SECONDS", 0.0)

    logged: list[str] = []

    def logs(words: str) -> bool:
        logged.append(capfd.readouterr().err)
        return words in "".join(logged)

    async def refused(user: str, **wrong: object) -> str:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await caller.record(played(user, "a", **wrong))
        return Refusal(caught.value).message

    async def written_down() -> bool:
        await keeper.look()  # unless the service's own keeper is at it
        return any(folder.glob("*.parquet"))

    await caller.record(played(MARKER, "a"), played(MARKER, "b"), played("bob", "b"))
    told = [await refused(f"{MARKER}\x07"), await refused(MARKER, played_seconds=-1)]
    await until_async(written_down)
    (file,) = folder.glob("*.parquet")
    content = file.read_bytes()
    assert MARKER.encode() in content
    file.write_bytes(content[:-20])
    factors.answers = False
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.forget(MARKER)
    told.append(Refusal(caught.value).message)
    assert "is damaged" in told[-1]
    complaint = "what listeners did is not written to files, or forgotten: "
    await _kept_until(keeper, lambda: logs(f"{complaint}{file} is damaged"))
    file.write_bytes(content)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.forget(MARKER)
    told.append(Refusal(caught.value).message)
    assert "factors" in told[-1]
    await _kept_until(keeper, lambda: logs(f"{complaint}a listener's factors"))
    redis_process.kill()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.forget(MARKER)
    told.append(Refusal(caught.value).message)
    redis_process.start()
    factors.answers = True
    assert (await caller.forget(MARKER)).factors
    metrics = serve_metrics(TelemetrySettings(metrics_port=free_ports(1)[0]))
    assert metrics is not None
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics") as page:
            shown = page.read().decode()
    finally:
        metrics.close()
    assert 'segue_interactions_total{kind="play"}' in shown
    assert 'segue_interactions_waiting{catalogue=""} 0.0' in shown
    assert 'segue_interactions_age_seconds{catalogue=""} 0.0' in shown
    logged.append(capfd.readouterr().err)
    for text in (shown, "".join(logged), *told):
        assert MARKER not in text
    everything = b"".join(whole_folder(folder).values())
    assert MARKER.encode() not in everything
    assert b"bob" in everything
