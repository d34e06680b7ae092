"""``segue search``: tracks, or passages of them, that sound like what is given."""

from __future__ import annotations

from typing import Any

import click

from segue.cli.filter_options import filter_options
from segue.cli.json_output import print_json
from segue.cli.options import stack_options
from segue.cli.search_reasons import print_course, print_reasons
from segue.cli.search_request import (
    METHODS,
    check_search_options,
    segments_request,
    tracks_request,
)
from segue.cli.search_table import print_answer, print_passages
from segue.cli.seed_options import seed_options
from segue.cli.stack_address import find_stack
from segue.cli.variety_options import variety_options
from segue.command import SegueCommand
from segue.limits import LARGEST_SEARCH_PAGE, MOST_PASSAGES_EACH
from segue.output import PlainConsole
from segue.seeds import MatchLevel
from segue.wire.variety import LARGEST_BOOST

_BOOST = click.FloatRange(-LARGEST_BOOST, LARGEST_BOOST)


@click.command(cls=SegueCommand)
@seed_options
@click.option("--match", "level", type=click.Choice([one.value for one in MatchLevel]),
              help="Compare whole tracks; the best passage of each track; every passage of the "
              "seed with its best match (late); or shares of genres.  [default: passage for one "
              "--file, else track]")  # fmt: skip
@click.option("--sound-weight", type=click.FloatRange(0, 1), help="1: the same sound; 0: the same "
              "style.  [default: as the model weighs them]")  # fmt: skip
@click.option("--segments", is_flag=True, help="Find passages: answer with the best ones of each "
              "track.")  # fmt: skip
@click.option("--per-track", type=click.IntRange(1, MOST_PASSAGES_EACH), help="With --segments: "
              "most passages of one track.  [default: 1]")  # fmt: skip
@click.option("--not-seed-track", is_flag=True, help="With --segments: none of the passages of "
              "--track.")  # fmt: skip
@click.option("--highlight", is_flag=True, help="Show the passage of each track that is most like "
              "the seed, also when whole tracks are compared.")  # fmt: skip
@filter_options
@click.option("--user", default="", metavar="ID", help="Mix in this listener's scores.")
@click.option("--mix", type=click.Choice(list(METHODS)), help="How to mix in collaborative "
              "scores.  [default: weighted; with --user and without --weight as learned, where a "
              "ranker is published]")  # fmt: skip
@click.option("--weight", type=click.FloatRange(0, 1), help="Share of the collaborative "
              "side.  [default: as learned, else 0.5]")  # fmt: skip
@click.option("--boost-popularity", type=_BOOST, metavar="NUMBER", help="Add so much to the score "
              "of the most popular track.")  # fmt: skip
@click.option("--boost-recency", type=_BOOST, metavar="NUMBER", help="Add so much for a track of "
              "this year, half of it for one of ten years ago.")  # fmt: skip
@click.option("--boost-genre", "boost_genres", multiple=True, type=(str, _BOOST),
              metavar="GENRE NUMBER", help="Add so much for a track of this genre.")  # fmt: skip
@click.option("--all-copies", is_flag=True, help="Show every copy of a recording, and those of "
              "--track.  [default: one of each, with the number of others]")  # fmt: skip
@variety_options
@click.option("--explain", is_flag=True, help="Say what the scores are made of, and what of the "
              "candidates was dropped, and why.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, LARGEST_SEARCH_PAGE), default=10, show_default=True,
              help="Most answers.")  # fmt: skip
@click.option("--page-token", default="", metavar="TOKEN",
              help="Go on where a call ended: next_page_token of its --json.")  # fmt: skip
@stack_options
def search(**given: Any) -> None:
    """Find tracks that sound like seeds: tracks, files, vectors, artists, playlists, listeners."""
    check_search_options(given)
    stack = find_stack(given["address"], given["data"], given["timeout_seconds"])
    console = PlainConsole()
    if given["segments"]:
        with stack.client() as client:
            passages = client.search_segments(segments_request(client, given))
        if given["as_json"]:
            print_json(passages)
            return
        print_passages(passages, console)
        if given["explain"]:
            print_course(passages.explanation, console)
        return
    with stack.client() as client:
        answer = client.search(tracks_request(client, given))
    if given["as_json"]:
        print_json(answer)
        return
    print_answer(answer, console)
    if given["explain"]:
        print_reasons(answer, console)
