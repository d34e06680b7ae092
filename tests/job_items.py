"""All tracks of a job at once, for tests whose jobs are small."""

from __future__ import annotations

from segue.ingest_jobs import ItemStatus
from segue.jobs.port import JobStore


async def every_item(job_store: JobStore, job_id: str) -> list[ItemStatus]:
    """Where every track of a job stands, in the order of submission."""
    return [status async for piece in job_store.items(job_id) for status in piece]
