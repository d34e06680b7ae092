"""``segue watch``: follow ingest jobs that were accepted before."""

from __future__ import annotations

from pathlib import Path

import click

from segue.cli.ingest_result import finish
from segue.cli.job_follower import JobFollower
from segue.cli.options import retry_option, stack_options
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.v1 import catalog_service_pb2


@click.command(cls=SegueCommand)
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
@retry_option
@stack_options
def watch(
    job_ids: tuple[str, ...],
    retry_seconds: float,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Follow ingest jobs until every track of theirs has arrived.

    Leaves with 0 when every track is in the catalogue, 1 when some failed, 3 when contact was lost.
    """
    stack = find_stack(address, data, timeout_seconds)
    follower = JobFollower(stack, retry_seconds=retry_seconds, quiet=as_json)
    with stack.client(follower.patience) as client:
        for job_id in dict.fromkeys(job_ids):
            request = catalog_service_pb2.GetIngestJobRequest(job_id=job_id)
            follower.result.total += client.catalog("GetIngestJob", request).job.total
            follower.result.jobs.append(job_id)
        with follower.keeping_what_was_accepted():
            follower.follow(client)
    finish(follower.result, watched=True, as_json=as_json)
