"""``segue jobs``: what is listed, page by page, and cancelled."""

from __future__ import annotations

import json

import pytest

from command_run import Run
from query_service import Service
from segue.cli import pages
from segue.ingest_jobs import IngestItem


async def submit(service: Service, tracks: int) -> str:
    items = [IngestItem(f"track-{n}", f"file:///{n}") for n in range(tracks)]
    return (await service.job_store.submit(items)).job_id


async def test_jobs_are_listed_newest_first(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LARGEST_LIST_PAGE", 2)
    assert (await run("jobs", "list")).stdout == "No ingest jobs.\n"
    for tracks in (1, 2, 3):
        await submit(service, tracks)
    lines = (await run("jobs", "list")).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["job-3", "job-2", "job-1"]
    assert lines[0] == "job-3  2025-03-04 05:06:07 UTC  3 tracks: 3 queued (not done)"
    told = json.loads((await run("jobs", "list", "--limit", 3, "--json")).stdout)["jobs"]
    assert [(job["job_id"], job["queued"], job["done"]) for job in told] == [
        ("job-3", 3, False), ("job-2", 2, False), ("job-1", 1, False),
    ]  # fmt: skip
    assert len((await run("jobs", "list", "--limit", 1)).stdout.splitlines()) == 1


async def test_cancelling(run: Run, service: Service) -> None:
    job = await submit(service, 3)
    result = await run("jobs", "cancel", job)
    assert result.stdout == f"3 tracks cancelled. Job {job}: 3 tracks: 3 cancelled\n"
    told = json.loads((await run("jobs", "cancel", job, "--json")).stdout)
    assert (told["cancelled"], told["job"]["cancelled"], told["job"]["done"]) == (0, 3, True)


async def test_an_unknown_job_is_refused(run: Run) -> None:
    result = await run("jobs", "cancel", "nobody")
    assert result.exit_code == 1
    assert "[JOB_NOT_FOUND]" in result.stderr
