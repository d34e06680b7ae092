"""``segue edit``: correct what the catalogue says about a track."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from segue.cli.commands.track import print_track
from segue.cli.json_output import print_json
from segue.cli.options import stack_options
from segue.cli.stack_address import find_stack
from segue.cli.track_finder import find_track
from segue.command import SegueCommand
from segue.layers import with_tied
from segue.limits import METADATA_LISTS, METADATA_NUMBERS, METADATA_TEXTS, checked_metadata
from segue.output import PlainConsole
from segue.tracks import METADATA_FIELDS, TrackMetadata
from segue.v1 import catalog_service_pb2
from segue.wire.tracks import metadata_to_message

F = TypeVar("F", bound=Callable[..., Any])

_LISTS = {
    "artists": ("--artist", "Each artist by name."),
    "genres": ("--genre", "Genres."),
    "moods": ("--mood", "Moods."),
    "musicbrainz_artist_ids": ("--musicbrainz-artist-id", "MusicBrainz ids of the artists."),
}
_TEXTS = {
    "title": "Title.",
    "artist": "The artists as they are shown together, such as 'Ann feat. Bob'.",
    "album": "Album.",
    "album_artist": "Artist of the album.",
    "isrc": "International Standard Recording Code.",
    "musicbrainz_recording_id": "MusicBrainz id of the recording.",
    "musicbrainz_release_id": "MusicBrainz id of the release.",
    "key": "Musical key: Am, F#, 8A ...",
    "language": "Language of the words.",
}
_NUMBERS = {
    "year": "Year of release.",
    "track_number": "Number on its disc.",
    "disc_number": "Number of the disc.",
    "bpm": "Beats per minute.",
    "track_gain_db": "ReplayGain of the track in dB.",
}


def _field_options(command: F) -> F:
    """Add an option for each field of metadata."""
    command = click.option("--explicit/--not-explicit", default=None,
                           help="Whether the words are marked as explicit.")(command)  # fmt: skip
    for name in reversed([*METADATA_NUMBERS]):
        limit = METADATA_NUMBERS[name]
        kind = (
            click.IntRange(int(limit.least), int(limit.most))
            if limit.whole
            else click.FloatRange(limit.least, limit.most)
        )
        command = click.option(_option(name), name, type=kind, help=_NUMBERS[name])(command)
    for name in reversed([*METADATA_TEXTS]):
        command = click.option(_option(name), name, help=_TEXTS[name])(command)
    for name in reversed([*METADATA_LISTS]):
        option, about = _LISTS[name]
        command = click.option(
            option, name, multiple=True, help=f"{about} Repeat it: these replace all there were."
        )(command)
    return command


def _option(name: str) -> str:
    # --artist is for each of them.
    return "--shown-artist" if name == "artist" else "--" + name.replace("_", "-")


@click.command(cls=SegueCommand)
@click.argument("track", metavar="TRACK")
@_field_options
@click.option("--clear", "cleared", multiple=True, metavar="FIELD",
              type=click.Choice(METADATA_FIELDS), help="Make a field empty: "
              + ", ".join(METADATA_FIELDS) + ".")  # fmt: skip
@click.option("--reset", "reset", multiple=True, metavar="FIELD",
              type=click.Choice((*METADATA_FIELDS, "all")), help="Take a correction back, "
              "or all: the field says again what was given or the file's tags say.")  # fmt: skip
@click.option("--etag", default="", help="Refuse when the track has changed since it was read: "
              "the etag that segue track --json showed.")  # fmt: skip
@stack_options
def edit(
    track: str,
    cleared: tuple[str, ...],
    reset: tuple[str, ...],
    etag: str,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
    **fields: Any,
) -> None:
    """Correct what the catalogue says about a track, and show it then. Nothing is embedded again.

    TRACK is an id, the path or URI of a file, or whole words of title, artists and album. What is
    not named stays. The file's own tags are left alone. A correction outlives another ingest, other
    tags of the file, a move and another model, until it is reset. For the owner of the stack only.
    """
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    if not given and not cleared and not reset:
        raise click.UsageError("say what to change, or --clear or --reset a field")
    twice = sorted(given.keys() & set(cleared))
    if twice:
        raise click.UsageError(f"{twice[0]} cannot be given and cleared at once")
    changed = with_tied({*given, *cleared})
    taken_back = METADATA_FIELDS if "all" in reset else with_tied(reset)
    twice = sorted(changed & {*taken_back})
    if twice:
        raise click.UsageError(f"{twice[0]} cannot be changed and reset at once")
    metadata = checked_metadata(TrackMetadata(**given), field="")
    request = catalog_service_pb2.UpdateTrackRequest(
        metadata=metadata_to_message(metadata), etag=etag
    )
    request.update_mask.paths.extend([*given, *cleared])
    request.reset_mask.paths.extend(["*"] if "all" in reset else reset)
    with find_stack(address, data, timeout_seconds).client() as client:
        request.track_id = find_track(client, track, whole_words=True)
        answer = client.catalog("UpdateTrack", request)
    if as_json:
        print_json(answer)
    else:
        print_track(answer.track, "", PlainConsole())
