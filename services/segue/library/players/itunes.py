"""The library of iTunes and Music, as they export it: a property list in XML.

It is read element by element: ``plistlib`` would hold a library of gigabytes in memory at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import unquote_to_bytes, urlsplit

from segue.audio.separators import split_genres
from segue.library.players.tracks import (
    LibraryNotRead,
    LibraryTrack,
    Liking,
    count_of,
    number_of,
    stars_of,
)
from segue.library.xml_events import BrokenXml, xml_events
from segue.tracks import TrackMetadata

# plist, the dict in it, "Tracks" and its dict, each track's number and dict, its keys and values.
_TOP, _TRACK, _VALUE = 3, 4, 5
_SEEN = ("Has Video", "Movie", "TV Show", "Podcast")


def itunes_tracks(file: BinaryIO) -> Iterator[LibraryTrack]:
    """The tracks, in the order of the file; without those that are videos or podcasts.

    Raises
    ------
    LibraryNotRead
        When it is no such list, or a broken one.
    """
    found = False
    try:
        for record in _records(file):
            found = True
            if record and not any(record.get(name) == "true" for name in _SEEN):
                yield _track(record)
    except BrokenXml as exc:
        raise LibraryNotRead(f"the library's XML is broken: {exc}") from exc
    if not found:
        raise LibraryNotRead("the property list holds no tracks")


def _records(file: BinaryIO) -> Iterator[dict[str, str]]:
    """Each track's values by name, as texts; at first an empty one, where tracks begin."""
    key, name, inside = "", "", False
    record: dict[str, str] = {}
    for event in xml_events(file):
        if event.depth == 1 and event.name != "plist":
            raise BrokenXml("its root is not a property list")
        if event.depth == _TOP:
            if event.name == "key":
                key = event.text
            elif event.name == "dict" and key == "Tracks":
                if event.ends:
                    return
                inside = True
                yield {}
        elif inside and event.depth == _TRACK and event.name == "dict":
            if event.ends:
                yield record
            record, name = {}, ""
        elif inside and event.depth == _VALUE and event.ends:
            if event.name == "key":
                name = event.text
            elif name:
                record[name] = event.name if event.name in ("true", "false") else event.text
                name = ""


def _track(record: dict[str, str]) -> LibraryTrack:
    is_file = record.get("Track Type", "File") == "File"
    path = path_of_location(record.get("Location", "")) if is_file else ""
    # Other stars are guesses from those of the album.
    own_stars = record.get("Rating Computed") != "true"
    loved = None
    if "true" in (record.get("Loved"), record.get("Favorited")):
        loved = True
    elif record.get("Disliked") == "true":
        loved = False
    liking = Liking(
        plays=count_of(record.get("Play Count")),
        stars=stars_of(record.get("Rating"), most=100) if own_stars else None,
        loved=loved,
    )
    return LibraryTrack(path, _metadata(record), (liking,))


def path_of_location(location: str) -> str:
    """Path of a ``file://`` URL: of a Mac, of Windows with its drive, or of a share."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    if parts.scheme.lower() != "file":
        return ""
    # What follows "#" or "?" belongs to the name: not every version escapes them.
    rest = location.split("://", 1)[-1].partition("/")[2]
    path = "/" + os.fsdecode(unquote_to_bytes(rest))
    if re.match(r"/[A-Za-z]:/", path):
        return path[1:]
    if parts.netloc.lower() not in ("", "localhost"):
        return f"//{parts.netloc}{path}"
    return path


def _metadata(record: dict[str, str]) -> TrackMetadata:
    def whole(name: str) -> int | None:
        number = number_of(record.get(name))
        return None if number is None else int(number)

    return TrackMetadata(
        title=record.get("Name", ""),
        artist=record.get("Artist", ""),
        album=record.get("Album", ""),
        album_artist=record.get("Album Artist", ""),
        genres=tuple(split_genres(record.get("Genre", ""))),
        year=whole("Year"),
        track_number=whole("Track Number"),
        disc_number=whole("Disc Number"),
        bpm=number_of(record.get("BPM")),
        explicit=True if record.get("Explicit") == "true" else None,
    )
