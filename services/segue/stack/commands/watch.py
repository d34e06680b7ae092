"""``segue watch``: follow ingest jobs that were accepted before."""

from __future__ import annotations

from pathlib import Path

import click

from segue.stack.commands.failing import SegueCommand
from segue.stack.commands.following import JobFollower
from segue.stack.commands.outcome import finish
from segue.stack.commands.places import find_place, place_options, retry_option
from segue.v1 import catalog_service_pb2


@click.command(cls=SegueCommand)
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
@retry_option
@place_options
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
    place = find_place(address, data, timeout_seconds)
    follower = JobFollower(place, retry_seconds=retry_seconds, quiet=as_json)
    with place.client(follower.patience) as client:
        for job_id in dict.fromkeys(job_ids):
            request = catalog_service_pb2.GetIngestJobRequest(job_id=job_id)
            follower.outcome.total += client.catalog("GetIngestJob", request).job.total
            follower.outcome.jobs.append(job_id)
        with follower.keeping_what_was_accepted():
            follower.follow(client)
    finish(follower.outcome, watched=True, as_json=as_json)
