"""Libraries of other programs, with the columns of their real schemas that matter here."""

from __future__ import annotations

import contextlib
import plistlib
import sqlite3
from pathlib import Path
from typing import Any

BEETS = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY, path BLOB, album_id INTEGER, title TEXT, artist TEXT, artists TEXT,
    album TEXT, albumartist TEXT, genres TEXT, year INTEGER, month INTEGER, track INTEGER,
    disc INTEGER, lyrics TEXT, bpm INTEGER, comp INTEGER, mb_trackid TEXT, mb_albumid TEXT,
    mb_artistid TEXT, mb_artistids TEXT, isrc TEXT, language TEXT, initial_key TEXT, length REAL,
    mtime REAL, added REAL);
CREATE TABLE item_attributes (
    id INTEGER PRIMARY KEY, entity_id INTEGER, key TEXT, value TEXT,
    UNIQUE(entity_id, key) ON CONFLICT REPLACE);
CREATE INDEX item_attributes_by_entity ON item_attributes (entity_id);
CREATE TABLE albums (id INTEGER PRIMARY KEY, artpath BLOB, album TEXT);
"""
EARLIER_BEETS = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY, path BLOB, title TEXT, artist TEXT, genre TEXT, year INTEGER);
CREATE TABLE albums (id INTEGER PRIMARY KEY, artpath BLOB);
"""

NAVIDROME = """
CREATE TABLE library (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL);
CREATE TABLE user (
    id VARCHAR(255) NOT NULL PRIMARY KEY, user_name VARCHAR(255) DEFAULT '' NOT NULL UNIQUE);
CREATE TABLE media_file (
    id VARCHAR(255) NOT NULL PRIMARY KEY, path VARCHAR(255) DEFAULT '' NOT NULL,
    title VARCHAR(255) DEFAULT '' NOT NULL, artist VARCHAR(255) DEFAULT '' NOT NULL,
    mbz_recording_id VARCHAR(255), mbz_album_id VARCHAR(255),
    library_id INTEGER DEFAULT 1 NOT NULL, missing BOOLEAN DEFAULT FALSE NOT NULL);
CREATE TABLE annotation (
    user_id VARCHAR(255) DEFAULT '' NOT NULL, item_id VARCHAR(255) DEFAULT '' NOT NULL,
    item_type VARCHAR(255) DEFAULT '' NOT NULL, play_count INTEGER DEFAULT 0, play_date DATETIME,
    rating INTEGER DEFAULT 0, starred BOOL DEFAULT FALSE NOT NULL, starred_at DATETIME,
    UNIQUE (user_id, item_id, item_type));
"""
EARLIER_NAVIDROME = """
CREATE TABLE media_file (
    id VARCHAR(255) NOT NULL PRIMARY KEY, path VARCHAR(255) DEFAULT '' NOT NULL,
    title VARCHAR(255) DEFAULT '' NOT NULL, mbz_track_id VARCHAR(255));
CREATE TABLE annotation (
    ann_id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(255), item_id VARCHAR(255),
    item_type VARCHAR(255), play_count INTEGER, rating INTEGER, starred BOOL);
"""


def write_database(path: Path, schema: str, **rows: list[dict[str, Any]]) -> Path:
    """A SQLite file with rows by table."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(schema)
        for table, records in rows.items():
            for record in records:
                columns = ", ".join(record)
                marks = ", ".join("?" * len(record))
                connection.execute(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(record.values())
                )
    return path


def write_itunes(path: Path, *tracks: dict[str, Any]) -> Path:
    """A property list as iTunes exports it."""
    content = {
        "Major Version": 1,
        "Minor Version": 1,
        "Application Version": "12.13.2.3",
        "Music Folder": "file:///Users/me/Music/",
        "Tracks": {str(number): track for number, track in enumerate(tracks, start=100)},
        "Playlists": [{"Name": "Library", "Playlist Items": [{"Track ID": 100}]}],
    }
    with path.open("wb") as file:
        plistlib.dump(content, file, sort_keys=False)
    return path
