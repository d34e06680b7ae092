"""What ``segue status`` prints for a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from command_run import Run
from query_service import Service
from segue.index.port import IndexInfo
from segue.ingest_jobs import QueueState


@pytest.mark.parametrize(
    ("seconds", "age"),
    [(0.0, "none"), (90.0, "90 s"), (600.0, "10 min"), (9_000.0, "2 h"), (300_000.0, "3 d")],
)
async def test_every_part_has_a_row_with_what_is_known_of_it(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch, seconds: float, age: str
) -> None:
    async def queue_state() -> QueueState:
        return QueueState(3, seconds, 1)

    monkeypatch.setattr(service.job_store, "queue_state", queue_state)
    result = await run("status")
    assert result.exit_code == 0
    assert f"at {service.address}: healthy" in result.stdout
    assert "5 tracks, 10 passages in bands-v1; not yet in the graph: 0" in result.stdout
    assert f"3 waiting, oldest unfinished: {age}; dead letters: 1" in result.stdout
    assert "model bands on cpu" in result.stdout
    assert "attic, process 7: 2 at a time, heard 2 s ago" in result.stdout


@pytest.mark.parametrize(
    ("unindexed", "told"), [(5, "searched exactly"), (1, "not yet in the graph: 1")]
)
async def test_a_catalogue_without_a_graph_is_not_unfinished(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch, unindexed: int, told: str
) -> None:
    info = await service.index.info()

    async def with_graph() -> IndexInfo:
        return replace(info, unindexed=unindexed)

    monkeypatch.setattr(service.index, "info", with_graph)
    result = await run("status")
    assert f"5 tracks, 10 passages in bands-v1; {told}" in result.stdout


async def test_what_is_down_says_why_and_fails_the_command(run: Run, service: Service) -> None:
    service.embedder.answers = False
    service.job_store.heard = []
    result = await run("status")
    assert result.exit_code == 3
    assert "not healthy" in result.stdout
    assert "switched off [EMBEDDER_UNAVAILABLE]" in result.stdout
    assert "[NO_WORKER]" in result.stdout
