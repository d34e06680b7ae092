"""Sources of collaborative scores: the same answers by every way, and every fault one error."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from segue.errors import CollaborativeUnavailable
from segue.ranking.collaborative import (
    CollaborativeSource,
    ScoreQuery,
    ask,
    check,
    open_source,
)
from segue.ranking.scores_file import ScoresFile
from segue.ranking.server import SERVICE, ScoresServer
from segue.settings import InvalidSetting

SCORES = "user_id,track_id,score\nann,a,1\nann,b,5\nann,c,3\nann,d,4\n"
QUERY = ScoreQuery("ann", ("d",), ("a", "x"), suggestion_limit=1)
EXPECTED = {"a": 1.0, "b": 5.0}  # handed through, so compared exactly


class Hook:
    """A hook that answers, fails or hangs as told."""

    def __init__(self, answer: object = None) -> None:
        self.answer = EXPECTED if answer is None else answer

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> Mapping[str, float]:
        if self.answer == "hang":
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]

    async def close(self) -> None:
        """Nothing is held open."""


@pytest.fixture
def scores_path(tmp_path: Path) -> Path:
    path = tmp_path / "the scores.csv"
    path.write_text(SCORES)
    return path


@pytest.fixture
async def server(scores_path: Path) -> AsyncIterator[str]:
    running = ScoresServer(ScoresFile.read(scores_path), "127.0.0.1:0")
    port = await running.start()
    yield f"127.0.0.1:{port}"
    await running.stop(0)


@pytest.fixture
def installed_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A distribution on the path that offers an entry point, as an installed package would."""
    about = tmp_path / "site" / "acme_taste-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-taste\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[segue.collaborative]\nacme = acme_taste:Taste\nbroken = acme_taste:Nothing\n"
    )
    (tmp_path / "site" / "acme_taste.py").write_text(
        "class Taste:\n"
        "    async def scores(self, query, *, timeout_seconds):\n"
        "        return {'a': 1, 'b': 5}\n"
        "    async def close(self):\n"
        "        pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "acme_taste", raising=False)
    return "entrypoint:acme"


async def answer_of(url: str) -> dict[str, float]:
    source = open_source(url)
    assert source is not None
    try:
        return await ask(source, QUERY, timeout_seconds=10)
    finally:
        await source.close()


async def test_a_remote_source(server: str) -> None:
    assert await answer_of(f"grpc://{server}") == EXPECTED


async def test_a_scores_file(scores_path: Path) -> None:
    assert await answer_of(scores_path.as_uri().replace("file:", "scores:")) == EXPECTED


async def test_an_entry_point(installed_hook: str) -> None:
    assert await answer_of(installed_hook) == EXPECTED


def test_no_source() -> None:
    assert open_source("") is None


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("entrypoint:nobody", "no entry point 'nobody'.*acme"),
        ("entrypoint:broken", "cannot be loaded"),
        ("grpc://", "names no host:port"),
        ("scores:///nowhere.csv", "cannot be read"),
        ("ftp://host", "scheme 'ftp'"),
    ],
)
def test_what_cannot_be_opened_is_refused(installed_hook: str, url: str, complaint: str) -> None:
    with pytest.raises(InvalidSetting, match=complaint) as refused:
        open_source(url)
    assert refused.value.reason == "SETTING_INVALID"


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (RuntimeError("no model"), "RuntimeError: no model"),
        ({"a": float("nan")}, "nan for track 'a'"),
        ({"a": float("inf")}, "inf for track 'a'"),
        ({"a": "high"}, "gave no scores"),
        (["a"], "gave no scores"),
        ("hang", "within 50 ms"),
    ],
)
async def test_every_fault_of_a_hook_is_unavailability(answer: object, complaint: str) -> None:
    source: CollaborativeSource = Hook(answer)
    with pytest.raises(CollaborativeUnavailable, match=complaint):
        await ask(source, QUERY, timeout_seconds=0.05)


async def test_no_time_left_asks_nobody() -> None:
    with pytest.raises(CollaborativeUnavailable, match="no time") as refused:
        await ask(Hook(), QUERY, timeout_seconds=0)
    assert refused.value.reason == "COLLABORATIVE_UNAVAILABLE"


async def test_a_server_that_is_down_is_unavailability_and_recovers(
    scores_path: Path, server: str
) -> None:
    source = open_source("grpc://127.0.0.1:1")
    assert source is not None
    with pytest.raises(CollaborativeUnavailable, match="UNAVAILABLE"):
        await ask(source, QUERY, timeout_seconds=10)
    await source.close()
    assert await answer_of(f"grpc://{server}") == EXPECTED


async def test_a_source_is_checked_without_asking_for_scores(server: str) -> None:
    for url in (f"grpc://{server}", "grpc://127.0.0.1:1"):
        source = open_source(url)
        assert source is not None
        try:
            if server in url:
                await check(source, timeout_seconds=60)
            else:
                with pytest.raises(CollaborativeUnavailable, match="UNAVAILABLE"):
                    await check(source, timeout_seconds=60)
        finally:
            await source.close()
    # One that runs in this process is there.
    await check(Hook(RuntimeError("no model")), timeout_seconds=60)


async def test_more_suggestions_than_asked_for_are_cut_to_the_best() -> None:
    source = Hook({"a": 0.5, "p": 1.0, "q": 3.0, "r": 3.0})
    assert await ask(source, QUERY, timeout_seconds=1) == {"a": 0.5, "q": 3.0}


async def test_the_reference_server_tells_its_health(server: str) -> None:
    async with grpc.aio.insecure_channel(server) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=SERVICE))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
