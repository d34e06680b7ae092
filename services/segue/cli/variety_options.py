"""Options that keep the answers of a search from being all of one kind."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from segue.limits import MOST_SEARCH_ANSWERS
from segue.variety import Variety

F = TypeVar("F", bound=Callable[..., Any])

_NUMBER = click.IntRange(1, MOST_SEARCH_ANSWERS)

_OPTIONS = (
    click.option("--per-artist", "most_per_artist", type=_NUMBER, metavar="N",
                 help="Most answers by one artist.  [default: any number]"),
    click.option("--per-album", "most_per_album", type=_NUMBER, metavar="N",
                 help="Most answers of one album.  [default: any number]"),
    click.option("--in-a-row", "most_in_a_row", type=_NUMBER, metavar="N",
                 help="Most by one artist one after the other.  [default: any number]"),
    click.option("--not-seed-album", "not_seed_albums", is_flag=True,
                 help="Leave out what is of the seed's album."),
    click.option("--not-seed-artist", "not_seed_artists", is_flag=True,
                 help="Leave out what is by the seed's artists."),
    click.option("--diversity", type=click.FloatRange(0, 1), help="0: by likeness alone; 1: as "
                 "different from one another as can be.  [default: 0]"),
)  # fmt: skip


def variety_options(command: F) -> F:
    """Add ``--per-artist`` and others, which the command gets as one ``variety``."""

    @functools.wraps(command)
    def with_variety(
        *args: Any,
        most_per_artist: int | None,
        most_per_album: int | None,
        most_in_a_row: int | None,
        not_seed_albums: bool,
        not_seed_artists: bool,
        diversity: float | None,
        **others: Any,
    ) -> Any:
        variety = Variety(
            most_per_artist or 0,
            most_per_album or 0,
            most_in_a_row or 0,
            not_seed_albums,
            not_seed_artists,
            diversity or 0.0,
        )
        return command(*args, variety=variety, **others)

    decorated: Any = with_variety
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: F = decorated
    return result
