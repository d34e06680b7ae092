"""``segue jobs``: which ingest jobs there are, and the end of one that is not wanted any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from google.protobuf.json_format import MessageToDict

from segue.cli.client import SegueClient
from segue.cli.options import stack_options
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.ingest_jobs import ItemState
from segue.limits import LARGEST_LIST_PAGE
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
        listed = [job for page in _pages(client, limit) for job in page.jobs]
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


def _pages(client: SegueClient, limit: int) -> Iterator[Any]:
    token = ""
    while limit > 0:
        page = client.catalog(
            "ListIngestJobs",
            catalog_service_pb2.ListIngestJobsRequest(
                page_size=min(limit, LARGEST_LIST_PAGE), page_token=token
            ),
        )
        yield page
        limit -= len(page.jobs)
        token = page.next_page_token
        if not token:
            return


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
