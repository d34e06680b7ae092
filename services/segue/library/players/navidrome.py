"""The library of Navidrome: ``media_file`` and ``annotation`` of its ``navidrome.db``.

All that Navidrome knows of a file is from its tags, which a worker reads itself, and anew when they
change. So only what identifies a track is given on: a manifest's word stands above the tags.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from segue.library.players.database import Database, Row
from segue.library.players.tracks import LibraryTrack, Liking, count_of, stars_of, text_of
from segue.tracks import TrackMetadata

_COLUMNS = ("id", "path", "mbz_recording_id", "mbz_track_id", "mbz_album_id")
_LIKING = ("user_id", "play_count", "rating", "starred")


def is_navidrome(database: Database) -> bool:
    """Whether the database is one of Navidrome."""
    return database.has("media_file", "id", "path", "title") and database.has(
        "annotation", "user_id", "item_id", "item_type"
    )


def navidrome_tracks(database: Database) -> Iterator[LibraryTrack]:
    """The files that were there at the last scan, in the order in which they were found."""
    chosen = [
        "m.rowid AS number",
        database.named("media_file", "m", _COLUMNS),
        database.named("annotation", "a", _LIKING),
    ]
    joined = ["LEFT JOIN annotation a ON a.item_id = m.id AND a.item_type = 'media_file'"]
    if database.has("user", "id", "user_name"):
        chosen.append("u.user_name AS user_name")
        joined.append('LEFT JOIN "user" u ON u.id = a.user_id')
    # Paths are below the folders of libraries since these exist, before that they are absolute.
    if database.has("library", "id", "path") and database.has("media_file", "library_id"):
        chosen.append("l.path AS folder")
        joined.append("LEFT JOIN library l ON l.id = m.library_id")
    there = "WHERE NOT m.missing" if database.has("media_file", "missing") else ""
    rows = database.rows(
        f"SELECT {', '.join(chosen)} FROM media_file m {' '.join(joined)} {there} ORDER BY m.rowid"  # noqa: S608  # names of ours alone
    )
    for _, of_file in groupby(rows, key=itemgetter("number")):
        several = list(of_file)
        likings = [_liking(row) for row in several if row.get("user_id")]
        yield LibraryTrack(_path(several[0]), _metadata(several[0]), tuple(likings))


def _path(row: Row) -> str:
    path = row["path"] if isinstance(row["path"], str) else ""
    folder = row.get("folder")
    return os.path.join(folder, path) if path and isinstance(folder, str) else path


def _liking(row: Row) -> Liking:
    starred = row.get("starred")
    return Liking(
        listener=text_of(row, "user_name") or text_of(row, "user_id"),
        plays=count_of(row.get("play_count")),
        stars=stars_of(row.get("rating"), most=5),
        loved=True if count_of(starred) else None,
    )


def _metadata(row: Row) -> TrackMetadata:
    return TrackMetadata(
        # The recording's id had the other name in earlier versions.
        musicbrainz_recording_id=text_of(row, "mbz_recording_id") or text_of(row, "mbz_track_id"),
        musicbrainz_release_id=text_of(row, "mbz_album_id"),
    )
