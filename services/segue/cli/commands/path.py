"""``segue path``: from one track to another by small steps."""

from __future__ import annotations

from typing import Any

import click

from segue.cli.filter_options import filter_options, track_filter
from segue.cli.json_output import print_json
from segue.cli.options import stack_options
from segue.cli.playlist_file import save_if_asked, save_options, say_saved
from segue.cli.playlist_table import print_properties, print_shortfall, print_tracks
from segue.cli.stack_address import find_stack
from segue.cli.track_finder import known_tracks
from segue.command import SegueCommand
from segue.limits import DEFAULT_PATH_TRACKS, MOST_PATH_TRACKS
from segue.output import PlainConsole
from segue.v1 import playlist_service_pb2, track_pb2
from segue.wire.filters import filter_to_message


@click.command(cls=SegueCommand)
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option("--tracks", type=click.IntRange(2, MOST_PATH_TRACKS), default=DEFAULT_PATH_TRACKS,
              show_default=True, help="How many tracks, with both ends.")  # fmt: skip
@click.option("--per-artist", type=click.IntRange(min=1), default=1, show_default=True,
              help="Most tracks of one artist; the ends may both be by one.")  # fmt: skip
@click.option("--sound-weight", type=click.FloatRange(0, 1), help="1: by the sound alone; 0: by "
              "the style alone.  [default: as the model weighs them]")  # fmt: skip
@click.option("--random-seed", type=int, default=0, show_default=True,
              help="Another number gives another path.")  # fmt: skip
@filter_options
@save_options
@stack_options
def path(**given: Any) -> None:
    """Find a path from one track to another, in steps that are as even as they can be."""
    with find_stack(given["address"], given["data"], given["timeout_seconds"]).client() as client:
        start, end = known_tracks(client, [given["start"], given["end"]])
        answer = client.playlists(
            "FindPath",
            playlist_service_pb2.FindPathRequest(
                from_track_id=start,
                to_track_id=end,
                tracks=given["tracks"],
                filter=filter_to_message(track_filter(client, given)),
                most_per_artist=given["per_artist"],
                random_seed=given["random_seed"],
                sound_weight=given["sound_weight"],
                view=track_pb2.TRACK_VIEW_FULL,
            ),
        )
        saved = save_if_asked(client, answer.tracks, given)
    if given["as_json"]:
        print_json(answer)
        return
    console = PlainConsole()
    print_shortfall(answer.shortfall, console)
    print_tracks(answer.tracks, answer.embedding_space, console, similar="start")
    console.print(f"unevenness {answer.unevenness:.2f}: the largest step over the mean one")
    print_properties(answer.properties, console)
    if saved is not None:
        say_saved(saved, given["save"])
