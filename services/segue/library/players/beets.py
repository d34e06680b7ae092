"""The library of beets: the table ``items`` of its ``library.db``.

Plays and ratings are attributes that plugins add (``item_attributes``): ``play_count`` and
``rating`` of *mpdstats*, ``itunes_playcount`` and ``itunes_rating`` of *metasync*.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from segue.audio.separators import split_genres
from segue.library.players.database import Database, Row
from segue.library.players.tracks import (
    LibraryTrack,
    Liking,
    count_of,
    number_of,
    stars_of,
    text_of,
)
from segue.tracks import TrackMetadata

_COLUMNS = (
    "title", "artist", "artists", "album", "albumartist", "genre", "genres", "year", "track",
    "disc", "bpm", "isrc", "initial_key", "language", "mb_trackid", "mb_albumid", "mb_artistid",
    "mb_artistids",
)  # fmt: skip
_ATTRIBUTES = ("play_count", "rating", "itunes_playcount", "itunes_rating")
_SEPARATOR = "\\␀"
"""Between the values of a list: a backslash and the picture of a NUL."""


def is_beets(database: Database) -> bool:
    """Whether the database is one of beets."""
    return database.has("items", "id", "path", "title") and "albums" in database.columns


def beets_tracks(database: Database) -> Iterator[LibraryTrack]:
    """The items, in the order of their numbers."""
    chosen = database.named("items", "i", ("id", "path", *_COLUMNS))
    attributes = "NULL AS key, NULL AS value"
    joined = ""
    if database.has("item_attributes", "entity_id", "key", "value"):
        attributes = "a.key AS key, a.value AS value"
        names = ", ".join(f"'{name}'" for name in _ATTRIBUTES)
        joined = f"LEFT JOIN item_attributes a ON a.entity_id = i.id AND a.key IN ({names})"
    rows = database.rows(f"SELECT {chosen}, {attributes} FROM items i {joined} ORDER BY i.id")  # noqa: S608  # names of ours alone
    for _, of_item in groupby(rows, key=itemgetter("id")):
        several = list(of_item)
        known = {row["key"]: row["value"] for row in several}
        yield LibraryTrack(_path(several[0]["path"]), _metadata(several[0]), (_liking(known),))


def _path(value: Any) -> str:
    path = os.fsdecode(value) if isinstance(value, (bytes, str)) else ""
    return re.sub(r"^\\\\\?\\(UNC\\)?", lambda found: "\\\\" if found[1] else "", path)


def _liking(known: Row) -> Liking:
    plays = max(count_of(known.get("play_count")), count_of(known.get("itunes_playcount")))
    stars = stars_of(known.get("itunes_rating"), most=100)
    if stars is None:
        stars = stars_of(known.get("rating"), most=1)
    return Liking(plays=plays, stars=stars)


def _metadata(row: Row) -> TrackMetadata:
    genres = _values(row, "genres")
    if not genres:
        listed = _values(row, "genre")
        genres = tuple(split_genres(listed[0])) if len(listed) == 1 else listed
    artists = _values(row, "mb_artistids") or _values(row, "mb_artistid")
    return TrackMetadata(
        title=text_of(row, "title"),
        artist=text_of(row, "artist"),
        artists=_values(row, "artists"),
        album=text_of(row, "album"),
        album_artist=text_of(row, "albumartist"),
        genres=genres,
        year=_whole(row, "year"),
        track_number=_whole(row, "track"),
        disc_number=_whole(row, "disc"),
        bpm=number_of(row.get("bpm")),
        isrc=text_of(row, "isrc"),
        key=text_of(row, "initial_key"),
        language=text_of(row, "language"),
        musicbrainz_recording_id=text_of(row, "mb_trackid"),
        musicbrainz_release_id=text_of(row, "mb_albumid"),
        musicbrainz_artist_ids=artists,
    )


def _values(row: Row, name: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in text_of(row, name).split(_SEPARATOR) if value.strip())


def _whole(row: Row, name: str) -> int | None:
    number = number_of(row.get(name))
    return None if number is None else int(number)
