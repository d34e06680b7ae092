"""``segue jobs``: which ingest jobs there are, and the end of one that is not wanted any more."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import click
from google.protobuf.json_format import MessageToDict

from segue.cli.options import stack_options
from segue.cli.pages import pages
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.ingest_jobs import ItemState
from segue.output import say, say_json
from segue.v1 import catalog_service_pb2


@click.group()
def jobs() -> None:
    """List ingest jobs, or cancel one."""


@jobs.command("list", cls=SegueCommand)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True,
              help="Most jobs to show.")  # fmt: skip
@stack_options
def list_jobs(
    limit: int, address: str | None, data: Path | None, timeout_seconds: float, as_json: bool
) -> None:
    """List ingest jobs, newest first; finished ones are forgotten after a week."""
    with find_stack(address, data, timeout_seconds).client() as client:
        request = catalog_service_pb2.ListIngestJobsRequest()
        answers = pages(client, "ListIngestJobs", request, limit=limit)
        listed = list(islice((job for answer in answers for job in answer.jobs), limit))
    if as_json:
        say_json({"jobs": [_fields(job) for job in listed]})
        return
    if not listed:
        say("No ingest jobs.")
    for job in listed:
        began = job.created_at.ToDatetime().strftime("%Y-%m-%d %H:%M:%S")
        say(f"{job.job_id}  {began} UTC  {_standing(job)}")


@jobs.command(cls=SegueCommand)
@click.argument("job_id", metavar="JOB")
@stack_options
def cancel(
    job_id: str, address: str | None, data: Path | None, timeout_seconds: float, as_json: bool
) -> None:
    """Let no track of a job begin any more; what runs is finished."""
    with find_stack(address, data, timeout_seconds).client() as client:
        answer = client.catalog(
            "CancelIngestJob", catalog_service_pb2.CancelIngestJobRequest(job_id=job_id)
        )
    if as_json:
        say_json({"cancelled": answer.cancelled, "job": _fields(answer.job)})
    else:
        say(f"{answer.cancelled} tracks cancelled. Job {job_id}: {_standing(answer.job)}")


def _standing(job: catalog_service_pb2.IngestJob) -> str:
    """The counts of a job that are not zero."""
    counts = [(getattr(job, state.value), state.value) for state in ItemState]
    shown = ", ".join(f"{count} {state}" for count, state in counts if count)
    return f"{job.total} tracks: {shown}{'' if job.done else ' (not done)'}"


def _fields(job: catalog_service_pb2.IngestJob) -> dict[str, Any]:
    """A job for ``--json``, zeros included."""
    return MessageToDict(
        job, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
