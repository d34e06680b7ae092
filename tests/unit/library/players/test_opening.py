import contextlib
import hashlib
import os
import sqlite3

import pytest

from foreign_libraries import (
    BEETS,
    EARLIER_BEETS,
    EARLIER_NAVIDROME,
    NAVIDROME,
    write_database,
    write_itunes,
)
from segue.errors import SegueError
from segue.library.players.database import LibraryBusy
from segue.library.players.itunes import path_of_location
from segue.library.players.opening import kind_of, library_tracks
from segue.library.players.tracks import LibraryNotRead, LibraryTrack, Liking
from segue.tracks import TrackMetadata

RECORDING = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"


def read(path):
    return list(library_tracks(path, kind_of(path)))


def test_beets_tells_its_own_metadata_and_what_plugins_counted(tmp_path):
    path = write_database(
        tmp_path / "any name",
        BEETS,
        items=[
            {
                "id": 7, "path": b"/music/\xe9.flac", "title": "One", "artist": "Ann feat. Bob",
                "artists": "Ann\\␀Bob", "album": "First", "albumartist": "Ann",
                "genres": "Jazz\\␀Folk, World, & Country", "year": 1999, "track": 3, "disc": 0,
                "bpm": 120, "mb_trackid": RECORDING, "initial_key": "C#m",
            },
            {"id": 9, "path": b"Two/two.mp3", "title": "Two", "year": 0},
        ],
        item_attributes=[
            {"entity_id": 7, "key": "play_count", "value": "12.0"},
            {"entity_id": 7, "key": "rating", "value": "0.8"},
            {"entity_id": 7, "key": "mood", "value": "calm"},
            {"entity_id": 9, "key": "itunes_rating", "value": "100"},
        ],
    )  # fmt: skip

    one, two = read(path)

    assert one.path == "/music/\udce9.flac"
    assert one.metadata.artists == ("Ann", "Bob")
    assert one.metadata.genres == ("Jazz", "Folk, World, & Country")
    assert (one.metadata.year, one.metadata.bpm) == (1999, 120)
    assert one.metadata.musicbrainz_recording_id == RECORDING
    assert one.likings == (Liking(plays=12, stars=4.0),)
    assert (two.path, two.metadata.title) == ("Two/two.mp3", "Two")
    assert two.likings == (Liking(stars=5.0),)


def test_earlier_versions_of_beets_lack_tables_and_columns(tmp_path):
    item = {"id": 1, "path": b"\\\\?\\C:\\Music\\a.mp3", "title": "A", "genre": "Rock; Pop"}
    path = write_database(tmp_path / "library.db", EARLIER_BEETS, items=[item])

    metadata = TrackMetadata(title="A", genres=("Rock", "Pop"))
    assert read(path) == [LibraryTrack("C:\\Music\\a.mp3", metadata, (Liking(),))]


def test_navidrome_tells_ids_and_who_likes_what(tmp_path):
    path = write_database(
        tmp_path / "navidrome.db",
        NAVIDROME,
        library=[{"id": 1, "name": "Music", "path": "/music"}],
        user=[{"id": "u1", "user_name": "ann"}],
        media_file=[
            {"id": "a", "path": "x/a.mp3", "title": "A", "mbz_recording_id": RECORDING},
            {"id": "b", "path": "b.mp3", "title": "B"},
            {"id": "c", "path": "c.mp3", "title": "C", "missing": True},
        ],
        annotation=[
            {"user_id": "u1", "item_id": "a", "item_type": "media_file", "play_count": 3,
             "rating": 4, "starred": True},
            {"user_id": "u2", "item_id": "a", "item_type": "media_file", "play_count": 1},
            {"user_id": "u1", "item_id": "b", "item_type": "album", "play_count": 9},
        ],
    )  # fmt: skip

    one, two = read(path)

    assert one.path == "/music/x/a.mp3"
    assert one.metadata == TrackMetadata(musicbrainz_recording_id=RECORDING)
    assert set(one.likings) == {Liking("ann", 3, 4.0, True), Liking("u2", 1)}
    assert two == LibraryTrack("/music/b.mp3")


def test_earlier_versions_of_navidrome_have_absolute_paths(tmp_path):
    path = write_database(
        tmp_path / "navidrome.db",
        EARLIER_NAVIDROME,
        media_file=[{"id": "a", "path": "/m/a.mp3", "title": "A", "mbz_track_id": RECORDING}],
    )

    assert read(path) == [
        LibraryTrack("/m/a.mp3", TrackMetadata(musicbrainz_recording_id=RECORDING))
    ]


def test_itunes_tells_what_was_written_by_hand(tmp_path):
    path = write_itunes(
        tmp_path / "Library.xml",
        {
            "Track ID": 100, "Name": "Rock & Roll", "Artist": "Björk", "Album Artist": "B",
            "Genre": "Hip-Hop/Rap", "Year": 2001, "BPM": 90, "Track Number": 2, "Play Count": 42,
            "Rating": 80, "Loved": True, "Track Type": "File", "Explicit": True,
            "Location": "file:///Users/me/Music/Bj%C3%B6rk/01%20H%23.mp3",
        },
        {"Name": "Guess", "Rating": 60, "Rating Computed": True, "Disliked": True,
         "Location": "file://localhost/C:/Music/g.mp3"},
        {"Name": "Film", "Movie": True, "Location": "file:///Users/me/f.m4v"},
        {"Name": "Cloud", "Track Type": "Remote"},
        {"Name": "Radio", "Track Type": "URL", "Location": "http://radio.example/"},
    )  # fmt: skip

    song, guess, cloud, radio = read(path)

    assert song.path == "/Users/me/Music/Björk/01 H#.mp3"
    assert song.metadata == TrackMetadata(
        title="Rock & Roll",
        artist="Björk",
        album_artist="B",
        genres=("Hip-Hop/Rap",),
        year=2001,
        bpm=90,
        track_number=2,
        explicit=True,
    )
    assert song.likings == (Liking(plays=42, stars=4.0, loved=True),)
    assert guess.path == "C:/Music/g.mp3"
    assert guess.likings == (Liking(loved=False),)
    assert (cloud.path, radio.path) == ("", "")


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("file://nas/share/a%20b.mp3", "//nas/share/a b.mp3"),
        ("file:///a#b?c.mp3", "/a#b?c.mp3"),
        ("file:///%E9.mp3", "/\udce9.mp3"),
        ("https://example.org/a.mp3", ""),
        ("file://[::1/a.mp3", ""),
        ("", ""),
    ],
)
def test_locations_are_paths_of_any_machine(location, path):
    assert path_of_location(location) == path


def test_a_library_is_only_read_whatever_its_journal(tmp_path):
    path = write_database(tmp_path / "library.db", BEETS, items=[{"id": 1, "path": b"a"}])
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = hashlib.sha256(path.read_bytes()).digest()

    assert len(read(path)) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["library.db"], (
        "a reader of write-ahead logs lays files"
    )
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_what_a_running_program_wrote_last_is_read(tmp_path):
    path = write_database(tmp_path / "library.db", BEETS, items=[{"id": 1, "path": b"a"}])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO items (id, path) VALUES (2, x'62')")

        assert [track.path for track in read(path)] == ["a", "b"]


def test_a_library_in_the_middle_of_a_change_is_busy(tmp_path, monkeypatch):
    monkeypatch.setattr("segue.library.players.database._WAIT_SECONDS", 0.1)
    path = write_database(tmp_path / "library.db", BEETS, items=[{"id": 1, "path": b"a"}])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("INSERT INTO items (id, path) VALUES (2, x'62')")

        with pytest.raises(LibraryBusy) as refusal:
            read(path)

    assert refusal.value.retryable
    assert len(read(path)) == 1


def test_a_library_that_is_locked_but_not_being_changed_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("segue.library.players.database._WAIT_SECONDS", 0.1)
    path = write_database(tmp_path / "library.db", BEETS, items=[{"id": 1, "path": b"a"}])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")

        assert len(read(path)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk" * 1000,
        b"bplist00\0\0",
        b"SQLite format 3\0" + b"\xff" * 5000,
        b"SQLite format 3\0" + b"\2" * 5000,
        b"<?xml version='1.0'?><plist version='1.0'><dict><key>Tracks</key><dict>",
        b"<plist><dict><key>Name</key><string>x</string></dict></plist>",
        b'<!DOCTYPE plist [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        b"<plist><dict><key>Tracks</key><dict><key>&b;</key></dict></dict></plist>",
        b"<html><!-- <plist --></html>",
    ],
)
def test_what_is_no_library_is_refused(tmp_path, content):
    (tmp_path / "library").write_bytes(content)

    with pytest.raises(LibraryNotRead) as refusal:
        read(tmp_path / "library")

    assert refusal.value.reason == "LIBRARY_NOT_READ"


def test_a_database_of_something_else_is_refused_with_its_tables(tmp_path):
    schema = (
        "CREATE TABLE bookmarks (id); CREATE VIEW items AS SELECT 1 AS id, 2 AS path, 3 AS title"
    )
    path = write_database(tmp_path / "places.sqlite", schema)

    with pytest.raises(LibraryNotRead, match="bookmarks"):
        read(path)


def test_a_database_that_is_broken_in_the_middle_says_so(tmp_path):
    items = [{"id": n, "path": b"a", "title": "t" * 500} for n in range(1, 200)]
    path = write_database(tmp_path / "library.db", BEETS, items=items)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    path.write_bytes(content)

    with pytest.raises(LibraryNotRead, match="broken"):
        read(path)


def test_what_cannot_be_opened_is_said(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "gone", tmp_path, tmp_path / "pipe"):
        with pytest.raises(SegueError) as refusal:
            read(path)
        assert refusal.value.next_step


@pytest.mark.parametrize(
    ("liking", "score"),
    [
        (Liking(), None),
        (Liking(plays=1), 1.0),
        (Liking(plays=7, stars=5), 5.0),
        (Liking(stars=1), -2.0),
        (Liking(plays=3, stars=3, loved=True), 2.0),
        (Liking(loved=True), 2.0),
        (Liking(plays=1, loved=False), -1.0),
    ],
)
def test_scores_grow_with_plays_and_stars(liking, score):
    assert liking.score() == (None if score is None else pytest.approx(score))
