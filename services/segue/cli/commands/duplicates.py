"""``segue duplicates``: tracks that are the same recording, in groups."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import click
from google.protobuf.json_format import MessageToDict

from segue.cli.clock import clock
from segue.cli.options import stack_options
from segue.cli.pages import pages
from segue.cli.stack_address import find_stack
from segue.cli.track_table import TrackTable, track_cell
from segue.command import SegueCommand
from segue.file_names import file_name_of
from segue.output import PlainConsole, say, say_json
from segue.v1 import catalog_service_pb2, track_pb2


@click.command(cls=SegueCommand)
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True,
              help="Most tracks to show.")  # fmt: skip
@stack_options
def duplicates(
    limit: int,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """List tracks that are the same recording: other encodings of it, cut or amplified anew.

    A search answers with one of them. What was ingested a moment ago may be missing here.
    """
    with find_stack(address, data, timeout_seconds).client() as client:
        groups, total = _read(client, limit)
    if as_json:
        say_json({"total_groups": total, "groups": [_fields(group) for group in groups]})
        return
    if not groups:
        say("No two tracks are the same recording.")
        return
    _print_groups(groups, PlainConsole())
    shown = sum(len(group.tracks) for group in groups)
    say(f"Recordings with copies: {total}. Shown: {shown} tracks of {len(groups)}.")


def _read(client: Any, limit: int) -> tuple[list[catalog_service_pb2.DuplicateGroup], int]:
    """Groups with at most ``limit`` tracks together, and the number of all groups."""
    groups: list[catalog_service_pb2.DuplicateGroup] = []
    total, left = 0, limit
    request = catalog_service_pb2.ListDuplicatesRequest(view=track_pb2.TRACK_VIEW_FULL)
    for page in pages(client, "ListDuplicates", request, limit=limit):
        total = page.total_groups
        for group in page.groups:
            del group.tracks[left:]
            left -= len(group.tracks)
            if groups and groups[-1].recording == group.recording:
                # It goes on from the page before.
                groups[-1].tracks.extend(group.tracks)
                contents = {track.content_sha256 for track in groups[-1].tracks}
                groups[-1].same_content = len(contents) == 1 and "" not in contents
            elif group.tracks:
                groups.append(group)
        if not left:
            break
    return groups, total


def _fields(group: catalog_service_pb2.DuplicateGroup) -> dict[str, Any]:
    return MessageToDict(
        group, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _print_groups(groups: list[catalog_service_pb2.DuplicateGroup], console: PlainConsole) -> None:
    table = TrackTable([track for group in groups for track in group.tracks], console)
    table.table.add_column("same", no_wrap=True)
    table.add_track()
    table.table.add_column("format", no_wrap=True)
    table.add_numbers("length")
    for group in groups:
        for number, track in enumerate(group.tracks):
            first = "" if number else ("file" if group.same_content else "recording")
            length = clock(track.duration_seconds)
            table.table.add_row(first, track_cell(track), _format(track), length)
        table.table.add_section()
    table.print()


def _format(track: track_pb2.Track) -> str:
    """Ending of the file's name, as far as it is known."""
    return (
        PurePosixPath(file_name_of(track.source_uri, track.file_name))
        .suffix.removeprefix(".")
        .lower()
    )
