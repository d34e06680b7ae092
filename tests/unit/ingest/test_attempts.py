"""What the ledger calls the job of a task that a producer sent by name."""

from __future__ import annotations

import uuid

import pytest

from segue.ingest.attempts import implicit_job
from segue.jobs.scripts import BESIDE_JOBS
from segue.limits import TEXT_BYTES


@pytest.mark.parametrize("task_id", [str(uuid.uuid4()), "a", "catalogue/17", "x" * 200])
def test_a_plain_task_id_is_part_of_its_jobs_id(task_id: str) -> None:
    assert implicit_job(task_id) == f"task-{task_id}"


@pytest.mark.parametrize(
    "task_id", ["", "x" * 201, "x" * 100_000, "7:items", "two words", "a\nb", "\ud800", "é"]
)
def test_any_other_is_known_by_its_digest(task_id: str) -> None:
    job = implicit_job(task_id)
    assert job.startswith("task-sha256-")
    assert len(job.encode()) <= TEXT_BYTES["job_id"]
    assert not job.endswith(BESIDE_JOBS)
    assert implicit_job(task_id) == job != implicit_job(task_id + "x")
