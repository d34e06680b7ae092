"""``segue listeners``: what listeners did, taken down or forgotten."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import click

from segue.cli.interaction_rows import read_interactions
from segue.cli.options import retry_option, stack_options
from segue.cli.patience import Patience
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.limits import MOST_INTERACTIONS
from segue.output import say, say_json
from segue.v1 import listener_service_pb2
from segue.wire.interactions import interaction_to_message


@click.group()
def listeners() -> None:
    """Record what listeners play, skip and like, or forget a listener."""


@listeners.command(cls=SegueCommand)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@retry_option
@stack_options
def record(
    file: Path,
    retry_seconds: float,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Take down the rows of FILE, a CSV file.

    Its columns are user_id,track_id,kind,occurred_at,played_seconds, named in its first line. A
    kind is play, skip, like or dislike. The last two columns may be left out or empty: a moment is
    in ISO 8601 or seconds since 1970. When one row is wrong, none is taken. A file that is sent
    again within an hour, as after an interruption, is taken down once. For the owner of the stack
    only.
    """
    read = read_interactions(file, now=datetime.now(UTC))
    interactions = read.interactions
    with find_stack(address, data, timeout_seconds).client(Patience(retry_seconds)) as client:
        for first in range(0, len(interactions), MOST_INTERACTIONS):
            part = interactions[first : first + MOST_INTERACTIONS]
            request = listener_service_pb2.RecordInteractionsRequest(
                interactions=map(interaction_to_message, part),
                request_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{read.content_sha256} {first}")),
            )
            client.listeners("RecordInteractions", request)
    if as_json:
        say_json({"recorded": len(interactions)})
    elif interactions:
        say(f"{len(interactions)} interactions are recorded.")
    else:
        say("Nothing to record.")


@listeners.command(cls=SegueCommand)
@click.argument("listener", metavar="ID")
@stack_options
def forget(
    listener: str,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Remove every trace of the listener with this ID.

    What was recorded, recent plays, and the factors that searches are served from. A model that was
    fitted before forgets with its next fit. For the owner of the stack only.
    """
    with find_stack(address, data, timeout_seconds).client() as client:
        answer = client.listeners(
            "ForgetListener", listener_service_pb2.ForgetListenerRequest(user_id=listener)
        )
    if as_json:
        say_json({"interactions": answer.interactions, "factors": answer.factors})
        return
    factors = "factors too" if answer.factors else "no factors were served"
    say(f"Forgotten: {answer.interactions} interactions; {factors}.")
