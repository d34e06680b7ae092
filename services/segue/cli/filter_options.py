"""Options that say which tracks a list may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from segue.cli.commands.search import RangeType
from segue.cli.options import label_source_options
from segue.tracks import LabelMatch, LabelSource, NumberRange, TrackFilter

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("--genre", "genres", {"multiple": True, "help": "Of this genre; several: of any of them."}),
    ("--not-genre", "not_genres", {"multiple": True, "help": "Not of this genre."}),
    ("--mood", "moods", {"multiple": True, "help": "Of this mood; several: of any of them."}),
    ("--not-mood", "not_moods", {"multiple": True, "help": "Not of this mood."}),
    ("--artist", "artists", {"multiple": True, "help": "By this artist; several: by any."}),
    ("--not-artist", "not_artists", {"multiple": True, "help": "Not by this artist."}),
    ("--not-album", "not_albums", {"multiple": True, "help": "Not of this album."}),
    ("--bpm", "bpm", {"type": RangeType(), "help": "Of beats per minute in this range."}),
    ("--year", "year", {"type": RangeType(), "help": "Released in this range of years."}),
    ("--duration", "duration", {"type": RangeType(), "help": "As long as this range of seconds."}),
    ("--exclude", "exclude", {"multiple": True, "metavar": "ID", "help": "Leave this track out."}),
)  # fmt: skip


def filter_options(command: F) -> F:
    """Add ``--genre``, ``--mood``, ``--artist`` and others; :func:`track_filter` reads them."""
    command = label_source_options(command)
    for option, name, settings in reversed(_OPTIONS):
        command = click.option(option, name, **settings)(command)
    return command


def track_filter(given: dict[str, Any]) -> TrackFilter:
    """The filter of a command's options."""
    source = LabelSource(given["label_source"])
    probability = given["probability"]
    ranges = {
        name: NumberRange() if given[name] is None else NumberRange(*given[name])
        for name in ("bpm", "year", "duration")
    }
    return TrackFilter(
        genres=LabelMatch(given["genres"], (), given["not_genres"], source, probability),
        moods=LabelMatch(given["moods"], (), given["not_moods"], source, probability),
        artists=LabelMatch(any_of=given["artists"], none_of=given["not_artists"]),
        albums=LabelMatch(none_of=given["not_albums"]),
        bpm=ranges["bpm"],
        year=ranges["year"],
        duration_seconds=ranges["duration"],
        exclude_track_ids=given["exclude"],
        tempo_and_key_source=source,
    )
