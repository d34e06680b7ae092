"""``segue tracks``: what is in the catalogue, page by page."""

from __future__ import annotations

from pathlib import Path

import click

from segue.cli.clock import clock
from segue.cli.json_output import print_json
from segue.cli.options import label_source_options, stack_options
from segue.cli.stack_address import find_stack
from segue.cli.track_table import TrackTable, track_cell
from segue.command import SegueCommand
from segue.limits import LARGEST_LIST_PAGE
from segue.output import PlainConsole, say
from segue.track_order import ORDERED_BY, TrackOrder
from segue.tracks import LabelMatch, LabelSource, TrackFilter
from segue.v1 import similarity_service_pb2, track_pb2
from segue.wire.filters import filter_to_message


def order_by_option(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """See that tracks can be ordered so, before a stack is looked for."""
    del context, parameter
    try:
        TrackOrder.of(value)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from exc
    return value


@click.command(cls=SegueCommand)
@click.argument("words", nargs=-1)
@click.option("--genre", "genres", multiple=True, help="Of this genre; several: of any of them.")
@click.option("--mood", "moods", multiple=True, help="Of this mood; several: of any of them.")
@click.option("--descriptor", "descriptors", multiple=True, help="In which this instrument, voice "
              "or pace is heard; several: any of them.")  # fmt: skip
@label_source_options
@click.option("--artist", "artists", multiple=True, help="By this artist; several: by any.")
@click.option("--album", "albums", multiple=True, help="Of this album; several: of any.")
@click.option("--order-by", default="", metavar="FIELD", callback=order_by_option,
              help=f"Order by {', '.join(ORDERED_BY)}; from the last to the first with "
              "'FIELD desc'.  [default: a stable order]")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, LARGEST_LIST_PAGE), default=50, show_default=True,
              help="Most tracks to show.")  # fmt: skip
@click.option("--page-token", default="", metavar="TOKEN",
              help="Go on where an earlier call that asked for the same ended.")  # fmt: skip
@stack_options
def tracks(
    words: tuple[str, ...],
    genres: tuple[str, ...],
    moods: tuple[str, ...],
    descriptors: tuple[str, ...],
    label_source: str,
    probability: float | None,
    artists: tuple[str, ...],
    albums: tuple[str, ...],
    order_by: str,
    limit: int,
    page_token: str,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """List the tracks of the catalogue, with what is known of them.

    WORDS are of title, artists and album, in any order and any case, with or without accents; each
    may be the beginning of one. None: all tracks.
    """
    request = similarity_service_pb2.SearchTracksRequest(
        query=" ".join(words),
        filter=filter_to_message(
            TrackFilter(
                genres=LabelMatch(genres, (), (), LabelSource(label_source), probability),
                moods=LabelMatch(moods, (), (), LabelSource(label_source), probability),
                descriptors=LabelMatch(descriptors, (), (), LabelSource.PREDICTED, probability),
                artists=LabelMatch(any_of=artists),
                albums=LabelMatch(any_of=albums),
            )
        ),
        order_by=order_by,
        page_size=limit,
        page_token=page_token,
        # One view for both outputs: a token of the table continues in --json.
        view=track_pb2.TRACK_VIEW_FULL,
    )
    with find_stack(address, data, timeout_seconds).client() as client:
        answer = client.find(request)
    if as_json:
        print_json(answer)
    else:
        _print_tracks(answer, PlainConsole())


def _print_tracks(
    answer: similarity_service_pb2.SearchTracksResponse, console: PlainConsole
) -> None:
    if not answer.tracks:
        console.print("No tracks.")
        return
    table = TrackTable(answer.tracks, console)
    table.add_track()
    table.add_labels()
    table.add_numbers("length")
    for track in answer.tracks:
        length = clock(track.duration_seconds)
        table.table.add_row(track_cell(track), table.labels(track), length)
    table.print()
    if answer.next_page_token:
        say(f"More with: --page-token {answer.next_page_token}")
