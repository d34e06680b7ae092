"""``segue delete``: take tracks out of the catalogue."""

from __future__ import annotations

from pathlib import Path

import click

from segue.cli.client import SegueClient
from segue.cli.options import stack_options
from segue.cli.stack_address import find_stack
from segue.cli.track_finder import can_be_id, find_tracks
from segue.command import EXIT_FAILED, SegueCommand
from segue.limits import MOST_DELETED_TRACKS
from segue.output import say, say_json
from segue.v1 import catalog_service_pb2


@click.command(cls=SegueCommand)
@click.argument("tracks", metavar="TRACK...", nargs=-1, required=True)
@stack_options
def delete(
    tracks: tuple[str, ...],
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Delete tracks from the catalogue, at once and without asking; their files stay.

    TRACK is an id, the path or URI of a file, or whole words of title, artists and album, such as
    "artist – title". Where one names several tracks, nothing is deleted. For the owner of the stack
    only.
    """
    names = list(dict.fromkeys(tracks))
    with find_stack(address, data, timeout_seconds).client() as client:
        found = find_tracks(client, names, whole_words=True).ids
        # What was not found is asked for too: the stack says first who may delete at all.
        unknown = [name for name in names if name not in found and can_be_id(name)]
        missing = _delete(client, list(dict.fromkeys([*found.values(), *unknown])))
    # What was found is gone now, also where a lost answer had the stack asked twice.
    deleted = found | {name: name for name in unknown if name not in missing}
    absent = [name for name in names if name not in deleted]
    if as_json:
        entries = [{"name": name, "track_id": one} for name, one in deleted.items()]
        say_json({"deleted": entries, "absent": absent})
    else:
        for name, one in deleted.items():
            say(f"deleted {one}" if name == one else f"deleted {one}: {name}")
        for name in absent:
            say(f"absent {name}: no track is named like this", err=True)
    if absent:
        raise SystemExit(EXIT_FAILED)


def _delete(client: SegueClient, track_ids: list[str]) -> set[str]:
    """Delete tracks; gives the ids that none has."""
    missing: set[str] = set()
    for first in range(0, len(track_ids), MOST_DELETED_TRACKS):
        request = catalog_service_pb2.DeleteTracksRequest(
            track_ids=track_ids[first : first + MOST_DELETED_TRACKS]
        )
        missing.update(client.catalog("DeleteTracks", request).missing_track_ids)
    return missing
