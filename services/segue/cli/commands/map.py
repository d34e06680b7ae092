"""``segue map``: how the map of the catalogue is, and having it made again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from google.protobuf.json_format import MessageToDict
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from segue.cli.client import SegueClient
from segue.cli.options import stack_options
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.errors import SegueError
from segue.output import PlainConsole, say, say_json
from segue.v1 import map_service_pb2 as messages

_ASK_SECONDS = 0.5

_STATES = {
    messages.MAP_WORK_STATE_IDLE: "idle",
    messages.MAP_WORK_STATE_WAITING: "waiting for a worker",
    messages.MAP_WORK_STATE_RUNNING: "being made",
    messages.MAP_WORK_STATE_FAILED: "failed; it is tried again",
}


class MapNotMade(SegueError):
    """The map that was asked for could not be made."""

    reason = "MAP_FAILED"


@click.group("map")
def map_() -> None:
    """The map of the catalogue: a place for every track, near those that it sounds like."""


@map_.command(cls=SegueCommand)
@stack_options
def show(address: str | None, data: Path | None, timeout_seconds: float, as_json: bool) -> None:
    """Show what the map holds, and how far the next one is."""
    with find_stack(address, data, timeout_seconds).client() as client:
        info = _ask(client)
    if as_json:
        say_json(_fields(info))
        return
    _print(info)


@map_.command(cls=SegueCommand)
@click.option("--anew", is_flag=True, help="Lay everything out anew, as if there were no map yet; "
              "else tracks stay where they are, as far as they can.")  # fmt: skip
@click.option("--no-wait", is_flag=True, help="Do not wait until it is made.")
@stack_options
def build(
    anew: bool,
    no_wait: bool,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Have the map made again now, and wait until it is.

    It is made by itself when the catalogue has changed. This is for labels that were corrected.
    """
    with find_stack(address, data, timeout_seconds).client() as client:
        before = _ask(client)
        client.maps("RebuildMap", messages.RebuildMapRequest(anew=anew))
        info = _ask(client) if no_wait else _follow(client, before.map.version, quiet=as_json)
    if as_json:
        say_json(_fields(info))
        return
    _print(info)


def _ask(client: SegueClient) -> messages.GetMapInfoResponse:
    info: messages.GetMapInfoResponse = client.maps("GetMapInfo", messages.GetMapInfoRequest())
    return info


def _follow(client: SegueClient, before: str, *, quiet: bool) -> messages.GetMapInfoResponse:
    """Wait until another version is there, with a bar.

    Raises
    ------
    MapNotMade
        When an attempt failed since.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=PlainConsole(err=True), disable=quiet) as progress:
        bar = progress.add_task("map", total=1.0)
        attempts = 0
        while True:
            info = _ask(client)
            work = info.work
            if info.map.version != before and work.state == messages.MAP_WORK_STATE_IDLE:
                return info
            if work.state == messages.MAP_WORK_STATE_RUNNING:
                attempts = max(attempts, work.attempts)
            elif work.state == messages.MAP_WORK_STATE_FAILED and attempts:
                raise MapNotMade(work.message, reason=work.reason, next_step=work.next_step)
            progress.update(
                bar,
                description=f"map: {work.stage or _STATES.get(work.state, '')}",
                completed=work.share,
            )
            time.sleep(_ASK_SECONDS)


def _fields(info: messages.GetMapInfoResponse) -> dict[str, Any]:
    return MessageToDict(
        info, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _print(info: messages.GetMapInfoResponse) -> None:
    if info.HasField("map"):
        one = info.map
        made = one.created_at.ToDatetime().strftime("%Y-%m-%d %H:%M")
        fitted = one.fitted_at.ToDatetime().strftime("%Y-%m-%d %H:%M")
        say(
            f"The map holds {one.tracks} of {info.catalogue_tracks} tracks "
            f"({one.embedding_space}, {one.size_bytes / 1024:.0f} KiB)."
        )
        say(f"Made {made} UTC in {one.seconds:.1f} s; laid out anew {fitted} UTC, "
            f"{one.changed} changes since.")  # fmt: skip
    else:
        say(f"There is no map yet; the catalogue holds {info.catalogue_tracks} tracks.")
    work = info.work
    if work.state == messages.MAP_WORK_STATE_RUNNING:
        say(f"Another one is being made: {work.stage or 'starting'}, {work.share:.0%}.")
    elif work.state != messages.MAP_WORK_STATE_IDLE:
        say(f"Another one is {_STATES.get(work.state, 'wanted')}.")
    if work.reason:
        say(f"The last attempt failed: {work.message} [{work.reason}]")
        say(work.next_step)
