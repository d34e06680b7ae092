"""``segue facets``: labels, years and lengths with the number of tracks of each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from rich import box
from rich.table import Table

from segue.cli.clock import clock
from segue.cli.json_output import print_json
from segue.cli.options import label_source_options, stack_options
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.limits import LARGEST_ENTRIES_PAGE
from segue.output import PlainConsole, say
from segue.tracks import LabelMatch, LabelSource, TrackFilter
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.filters import filter_to_message

_LISTS = {
    "genres": "genre",
    "predicted_genres": "genre that is heard",
    "moods": "mood",
    "predicted_moods": "mood that is heard",
    "predicted_descriptors": "instrument, voice or pace",
}


@click.command(cls=SegueCommand)
@click.option("--genre", "genres", multiple=True, help="Of this genre; several: of any of them.")
@click.option("--mood", "moods", multiple=True, help="Of this mood; several: of any of them.")
@click.option("--artist", "artists", multiple=True, help="By this artist; several: by any.")
@click.option("--album", "albums", multiple=True, help="Of this album; several: of any.")
@label_source_options
@click.option("--year-from", "years", type=int, multiple=True, metavar="YEAR",
              help="Count years from here on, up to the next of these; else decades.")  # fmt: skip
@click.option("--seconds-from", "seconds", type=float, multiple=True, metavar="SECONDS",
              help="Count lengths from here on, up to the next of these.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, LARGEST_ENTRIES_PAGE), default=10,
              show_default=True, help="Most labels of each kind.")  # fmt: skip
@stack_options
def facets(
    genres: tuple[str, ...],
    moods: tuple[str, ...],
    artists: tuple[str, ...],
    albums: tuple[str, ...],
    label_source: str,
    probability: float | None,
    years: tuple[int, ...],
    seconds: tuple[float, ...],
    limit: int,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Show labels, years and lengths, each with the number of tracks that have it."""
    request = messages.ListFacetsRequest(
        filter=filter_to_message(
            TrackFilter(
                genres=LabelMatch(genres, (), (), LabelSource(label_source), probability),
                moods=LabelMatch(moods, (), (), LabelSource(label_source), probability),
                artists=LabelMatch(any_of=artists),
                albums=LabelMatch(any_of=albums),
            )
        ),
        minimum_probability=probability,
        page_size=limit,
        year_bounds=sorted(years),
        duration_bounds=sorted(seconds),
    )
    with find_stack(address, data, timeout_seconds).client() as client:
        answer = client.catalog("ListFacets", request)
    if as_json:
        print_json(answer)
        return
    say(f"{answer.matching_tracks} of {answer.total_tracks} tracks.")
    console = PlainConsole()
    for name, title in _LISTS.items():
        _print(console, title, ((one.label, one.tracks) for one in getattr(answer, name)))
    _print(
        console,
        "year",
        [*((_years(one), one.tracks) for one in answer.years), ("?", answer.tracks_without_year)],
    )
    _print(
        console,
        "length",
        [
            *((_lengths(one), one.tracks) for one in answer.durations),
            ("?", answer.tracks_without_duration),
        ],
    )


def _print(console: PlainConsole, title: str, rows: Iterable[tuple[str, int]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(title, overflow="fold")
    table.add_column("tracks", justify="right", no_wrap=True)
    for label, tracks in rows:
        if tracks:
            table.add_row(label, str(tracks))
    if table.row_count:
        console.print(table, crop=False)


def _years(one: messages.RangeCount) -> str:
    if not one.HasField("below"):
        return f"{one.minimum:.0f}-"
    return f"{one.minimum:.0f}-{one.below - 1:.0f}"


def _lengths(one: messages.RangeCount) -> str:
    return f"{clock(one.minimum)}-" + (clock(one.below) if one.HasField("below") else "")
