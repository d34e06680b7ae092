"""``segue playlist``: lists of tracks to play through, what they are like, and files of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from segue.cli.client import SegueClient
from segue.cli.filter_options import filter_options, track_filter
from segue.cli.json_output import print_json
from segue.cli.options import stack_options
from segue.cli.playlist_file import save_if_asked, save_options, save_playlist, say_saved
from segue.cli.playlist_table import print_properties, print_shortfall, print_tracks
from segue.cli.stack_address import find_stack
from segue.cli.track_finder import known_tracks, seed_tracks
from segue.command import SegueCommand
from segue.library.names import suffix_of
from segue.limits import MOST_PLAYLIST_MINUTES, MOST_PLAYLIST_TRACKS
from segue.output import PlainConsole, say, say_json
from segue.playlists.files import FORMATS, PlaylistFormat
from segue.seeds import MatchLevel
from segue.v1 import playlist_service_pb2, similarity_service_pb2, track_pb2
from segue.wire.filters import filter_to_message
from segue.wire.search import level_to_message

_LEVELS = (MatchLevel.TRACK, MatchLevel.GENRE_SPACE)


class TargetsType(click.ParamType["tuple[float, ...]"]):
    """Numbers in [0, 1] with commas between: ``0.2,0.9,0.4``."""

    name = "A,B,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            targets = tuple(float(one) for one in str(value).split(","))
        except ValueError:
            targets = ()
        if len(targets) < 2 or not all(0 <= one <= 1 for one in targets):
            self.fail(f"{value!r} is not two or more numbers in [0, 1]: 0.2,0.9,0.4", param, ctx)
        return targets


@click.group()
def playlist() -> None:
    """Make a playlist, see what a list of tracks is like, write it as a file for players."""


@playlist.command(cls=SegueCommand)
@click.argument("seeds", nargs=-1, metavar="[TRACK]...")
@click.option("--by", "artist_seeds", multiple=True, metavar="ARTIST", help="Start from all tracks "
              "of this artist.")  # fmt: skip
@click.option("--against", multiple=True, metavar="TRACK", help="Unlike this track.")
@click.option("--skip-unknown", is_flag=True,
              help="Go on with the others when some are not known.")  # fmt: skip
@click.option("--tracks", type=click.IntRange(1, MOST_PLAYLIST_TRACKS),
              help="How many tracks.  [default: 20, or as --minutes says]")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0, MOST_PLAYLIST_MINUTES, min_open=True),
              help="How long; it ends with the track that comes nearest.")  # fmt: skip
@click.option("--with-seeds", is_flag=True, help="Begin with the tracks that it starts from.")
@click.option("--energy", type=TargetsType(), help="How energy runs from the first track to the "
              "last, from 0 (calm) to 1 (lively): 0.2,0.9,0.4.")  # fmt: skip
@click.option("--through", multiple=True, metavar="GENRE", help="Lead from genre to genre, in "
              "equal parts: give two or more, in order.")  # fmt: skip
@click.option("--per-artist", type=click.IntRange(min=0), default=3, show_default=True,
              help="Most tracks of one artist; 0: any number.")  # fmt: skip
@click.option("--per-album", type=click.IntRange(min=0), default=0, show_default=True,
              help="Most tracks of one album; 0: any number.")  # fmt: skip
@click.option("--diversity", type=click.FloatRange(0, 1), default=0.0, show_default=True,
              help="0: as alike as can be; 1: as different.")  # fmt: skip
@click.option("--sound-weight", type=click.FloatRange(0, 1), help="1: the same sound; 0: the same "
              "style.  [default: as the model weighs them]")  # fmt: skip
@click.option("--match", "level", type=click.Choice([one.value for one in _LEVELS]),
              default=MatchLevel.TRACK.value, show_default=True,
              help="Compare whole tracks, or their shares of genres.")  # fmt: skip
@click.option("--random-seed", type=int, default=0, show_default=True,
              help="Another number gives another playlist.")  # fmt: skip
@filter_options
@save_options
@stack_options
def build(**given: Any) -> None:
    """Make a playlist of tracks that sound like TRACKs, ordered so that neighbours flow."""
    if not given["seeds"] and not given["artist_seeds"]:
        raise click.UsageError("give a TRACK to start from, or --by ARTIST")
    for one, other in (("tracks", "minutes"), ("energy", "through")):
        if given[one] and given[other]:
            raise click.UsageError(f"--{one} and --{other} exclude each other")
    request = playlist_service_pb2.BuildPlaylistRequest(
        skip_unknown_seeds=given["skip_unknown"],
        tracks=given["tracks"],
        minutes=given["minutes"],
        with_seeds=given["with_seeds"],
        sound_weight=given["sound_weight"],
        match_level=level_to_message(MatchLevel(given["level"])),
        random_seed=given["random_seed"],
        view=track_pb2.TRACK_VIEW_FULL,
        variety=similarity_service_pb2.Variety(
            most_per_artist=given["per_artist"],
            most_per_album=given["per_album"],
            diversity=given["diversity"],
        ),
    )
    if given["energy"]:
        request.contour.energy.targets.extend(given["energy"])
    if given["through"]:
        request.contour.genre.genres.extend(given["through"])
    with find_stack(given["address"], given["data"], given["timeout_seconds"]).client() as client:
        request.filter.CopyFrom(filter_to_message(track_filter(client, given)))
        request.seeds.extend(_seeds(client, given))
        answer = client.playlists("BuildPlaylist", request)
        saved = save_if_asked(client, answer.tracks, given)
    if given["as_json"]:
        print_json(answer)
        return
    console = PlainConsole()
    if answer.unknown_seeds:
        say(f"Not known, and passed over: {', '.join(answer.unknown_seeds)}")
    print_shortfall(answer.shortfall, console)
    print_tracks(answer.tracks, answer.embedding_space, console, similar="seeds")
    print_properties(answer.properties, console)
    if saved is not None:
        say_saved(saved, given["save"])


@playlist.command(cls=SegueCommand)
@click.argument("tracks", nargs=-1, required=True, metavar="TRACK...")
@stack_options
def describe(
    tracks: tuple[str, ...],
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Say how much of one kind a list of tracks is, and how it goes from one to the next."""
    with find_stack(address, data, timeout_seconds).client() as client:
        request = playlist_service_pb2.DescribePlaylistRequest(
            track_ids=known_tracks(client, tracks)
        )
        answer = client.playlists("DescribePlaylist", request)
    if as_json:
        print_json(answer)
        return
    console = PlainConsole()
    print_properties(answer.properties, console)
    steps = ", ".join(f"{one:.3f}" for one in answer.step_similarities[1:])
    if steps:
        console.print(f"steps: {steps}")


@playlist.command(cls=SegueCommand)
@click.argument("tracks", nargs=-1, required=True, metavar="TRACK...")
@click.option("--format", "form", type=click.Choice([one.name.lower() for one in PlaylistFormat]),
              help="Kind of file.  [default: as the name of --output says]")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="Where to write it.")  # fmt: skip
@click.option("--title", default="", metavar="TEXT",
              help="What players call it.  [default: as the file]")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace the file of --output.")
@stack_options
def export(
    tracks: tuple[str, ...],
    form: str | None,
    output: Path,
    title: str,
    overwrite: bool,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Write a list of tracks as a file that players read."""
    kind = FORMATS.get(suffix_of(output.name)) if form is None else PlaylistFormat[form.upper()]
    if kind is None:
        raise click.UsageError(f"--output ends in none of {', '.join(FORMATS)}: give --format")
    with find_stack(address, data, timeout_seconds).client() as client:
        answer = save_playlist(
            client,
            known_tracks(client, tracks),
            output,
            title=title,
            overwrite=overwrite,
            form=kind,
        )
    if as_json:
        say_json(
            {
                "path": str(output),
                "media_type": answer.media_type,
                "missing_track_ids": list(answer.missing_track_ids),
                "unplaced_track_ids": list(answer.unplaced_track_ids),
            }
        )
    else:
        say_saved(answer, output)


def _seeds(client: SegueClient, given: dict[str, Any]) -> list[similarity_service_pb2.WeightedSeed]:
    towards, against = given["seeds"], given["against"]
    ids = seed_tracks(client, [*towards, *against], (), skip_unknown=given["skip_unknown"])
    weights = [1.0] * len(towards) + [-1.0] * len(against)
    seeds = [
        similarity_service_pb2.WeightedSeed(seed={"track_id": ids[name]}, weight=weight)
        for name, weight in zip([*towards, *against], weights, strict=True)
    ]
    return seeds + [
        similarity_service_pb2.WeightedSeed(seed={"artist": artist})
        for artist in given["artist_seeds"]
    ]
