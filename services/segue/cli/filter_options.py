"""Options that say which tracks an answer may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from segue.cli.client import SegueClient
from segue.cli.option_types import RangeType
from segue.cli.options import label_source_options
from segue.cli.track_finder import known_tracks
from segue.tracks import LabelMatch, LabelSource, NumberRange, TrackFilter

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("--genre", "genres", {"multiple": True, "help": "Of this genre; several: of any of them."}),
    ("--all-genre", "all_genres", {"multiple": True, "help": "Of every genre named like this."}),
    ("--not-genre", "not_genres", {"multiple": True, "help": "Not of this genre."}),
    ("--mood", "moods", {"multiple": True, "help": "Of this mood; several: of any of them."}),
    ("--all-mood", "all_moods", {"multiple": True, "help": "Of every mood named like this."}),
    ("--not-mood", "not_moods", {"multiple": True, "help": "Not of this mood."}),
    ("--descriptor", "descriptors", {"multiple": True, "help": "In which this instrument, "
     "voice or pace is heard (piano, 'female voice', slow ...); several: any of them."}),
    ("--all-descriptor", "all_descriptors", {"multiple": True, "help": "In which every one named "
     "like this is heard."}),
    ("--not-descriptor", "not_descriptors", {"multiple": True, "help": "In which it is not "
     "heard."}),
    ("--artist", "artists", {"multiple": True, "help": "By this artist; several: by any."}),
    ("--not-artist", "not_artists", {"multiple": True, "help": "Not by this artist."}),
    ("--album", "albums", {"multiple": True, "help": "Of this album; several: of any."}),
    ("--not-album", "not_albums", {"multiple": True, "help": "Not of this album."}),
    ("--key", "keys", {"multiple": True, "help": "In this key: Am, F#, 8A ..."}),
    ("--bpm", "bpm", {"type": RangeType(), "help": "Of beats per minute in this range."}),
    ("--year", "year", {"type": RangeType(), "help": "Released in this range of years."}),
    ("--duration", "duration", {"type": RangeType(), "help": "As long as this range of seconds."}),
    ("--exclude", "exclude", {"multiple": True, "metavar": "TRACK", "help": "Leave this track out: "
     "its id, the path or URI of its file, or its words."}),
)  # fmt: skip


def filter_options(command: F) -> F:
    """Add ``--genre``, ``--mood``, ``--artist`` and others; :func:`track_filter` reads them."""
    command = label_source_options(command)
    for option, name, settings in reversed(_OPTIONS):
        command = click.option(option, name, **settings)(command)
    return command


def track_filter(client: SegueClient, given: dict[str, Any]) -> TrackFilter:
    """The filter of a command's options.

    Raises
    ------
    TrackNotFound
        When tracks that are to be left out are not there: nothing would be.
    TrackAmbiguous
        When such a name is that of several tracks.
    """
    source = LabelSource(given["label_source"])
    probability = given["probability"]
    ranges = {
        name: NumberRange() if given[name] is None else NumberRange(*given[name])
        for name in ("bpm", "year", "duration")
    }
    return TrackFilter(
        genres=_labels(given, "genres", source, probability),
        moods=_labels(given, "moods", source, probability),
        descriptors=_labels(given, "descriptors", LabelSource.PREDICTED, probability),
        artists=LabelMatch(any_of=given["artists"], none_of=given["not_artists"]),
        albums=LabelMatch(any_of=given["albums"], none_of=given["not_albums"]),
        keys=LabelMatch(any_of=given["keys"]),
        bpm=ranges["bpm"],
        year=ranges["year"],
        duration_seconds=ranges["duration"],
        exclude_track_ids=tuple(known_tracks(client, given["exclude"])),
        tempo_and_key_source=source,
    )


def _labels(
    given: dict[str, Any], name: str, source: LabelSource, probability: float | None
) -> LabelMatch:
    return LabelMatch(given[name], given[f"all_{name}"], given[f"not_{name}"], source, probability)
