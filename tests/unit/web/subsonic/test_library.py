"""Songs of the catalogue, and how they are grouped into albums and artists."""

from __future__ import annotations

import random

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from segue.v1 import track_pb2
from segue.web.subsonic.entries import album_entry, song_entry
from segue.web.subsonic.library import Library, shelf_key
from segue.web.subsonic.songs import UNKNOWN_ALBUM, UNKNOWN_ARTIST, Song, song_of


def song(track_id: str, artists: tuple[str, ...] = ("Ann",), album: str = "One", **more) -> Song:  # type: ignore[no-untyped-def]
    """A song with what a test says of it."""
    fields = {"title": track_id, "artist": " & ".join(artists), "album_artist": artists[0]} | more
    return Song(track_id=track_id, artists=artists, album=album, **fields)


def test_a_track_becomes_a_song() -> None:
    track = track_pb2.Track(
        track_id="t1",
        metadata=track_pb2.TrackMetadata(
            title="Title",
            artist="Ann feat. Bob",
            artists=["Ann", "Bob"],
            album="One",
            genres=["rock", "pop"],
            year=1999,
            track_number=3,
            disc_number=2,
            bpm=99.6,
            explicit=True,
            track_gain_db=-3.25,
            musicbrainz_recording_id="m",
            isrc="i",
        ),
        duration_seconds=61.4,
        source_uri="file:///a/b%20c.FLAC",
        ingested_at=Timestamp(seconds=1_000_000_000, nanos=500_000_000),
    )
    entry = song_entry(song_of(track), {"tr-t1": 0.0})
    assert {name: entry[name] for name in ("id", "title", "artist", "albumId", "parent")} == {
        "id": "tr-t1",
        "title": "Title",
        "artist": "Ann feat. Bob",
        "albumId": entry["parent"],
        "parent": entry["albumId"],
    }
    assert [one["name"] for one in entry["artists"]] == ["Ann", "Bob"]
    assert [one["name"] for one in entry["albumArtists"]] == ["Ann"]
    assert (entry["track"], entry["discNumber"], entry["year"], entry["bpm"]) == (3, 2, 1999, 100)
    assert (entry["suffix"], entry["contentType"]) == ("flac", "audio/flac")
    assert (entry["genre"], entry["duration"], entry["explicitStatus"]) == ("rock", 61, "explicit")
    assert (entry["created"], entry["starred"]) == (
        "2001-09-09T01:46:40.500Z",
        "1970-01-01T00:00:00.000Z",
    )
    assert entry["replayGain"] == {"trackGain": -3.25}


@pytest.mark.parametrize(
    ("uri", "title", "suffix"),
    [
        ("file:///music/A%20Song.mp3", "A Song", "mp3"),
        ("file:///music/album.ape#t=10,20", "album", "flac"),
        ("file:///music/noending", "noending", ""),
        ("file:///music/odd.e%C3%A9", "odd", ""),
        ("", "t1", ""),
    ],
)
def test_what_nothing_is_said_of_has_names_nevertheless(uri: str, title: str, suffix: str) -> None:
    made = song_of(track_pb2.Track(track_id="t1", source_uri=uri))
    assert (made.title, made.suffix) == (title, suffix)
    assert (made.artist, made.album, made.album_artist) == (
        UNKNOWN_ARTIST,
        UNKNOWN_ALBUM,
        UNKNOWN_ARTIST,
    )
    entry = song_entry(made, {})
    assert None not in entry.values()
    assert "created" not in entry


def test_albums_are_grouped_by_name_and_artist_in_any_case() -> None:
    library = Library(
        [
            song("b", number=2),
            song("a", ("Ann", "Bob"), number=1),  # a guest does not make another album
            song("c", ("ANN",), "ONE", disc=2, number=1),
            song("d", ("Bob",), "One"),
        ]
    )
    assert [[one.track_id for one in album.songs] for album in library.albums] == [
        ["a", "b", "c"],
        ["d"],
    ]
    assert [artist.name for artist in library.artists] == ["Ann", "Bob"]
    ann, bob = library.artists
    assert [album.artist for album in ann.albums] == ["Ann"]
    assert [album.artist for album in bob.albums] == ["Ann", "Bob"]
    assert [one.track_id for one in bob.songs] == ["a", "d"]


def test_a_compilation_is_one_album_and_each_artist_is_on_it() -> None:
    songs = [song(name, (name,), "Hits", album_artist="Various") for name in ("x", "y")]
    library = Library(songs)
    (album,) = library.albums
    assert (album.artist, len(album.songs)) == ("Various", 2)
    assert [artist.name for artist in library.artists] == ["Various", "x", "y"]
    assert all(artist.albums == [album] for artist in library.artists)


def test_the_order_does_not_depend_on_how_songs_come() -> None:
    songs = [song(f"t{number:02}", (f"A{number % 5}",), f"B{number % 7}") for number in range(40)]
    first = Library(songs)
    random.Random(7).shuffle(songs)
    second = Library(songs)
    assert first.songs == second.songs
    assert first.albums == second.albums
    assert [one.artist_id for one in first.artists] == [one.artist_id for one in second.artists]


def test_articles_do_not_count_on_the_shelf() -> None:
    names = ["The Zebras", "Äpfel", "Die Ärzte", "abba", "The"]
    assert sorted(names, key=shelf_key) == ["abba", "The", "The Zebras", "Äpfel", "Die Ärzte"]


def test_words_find_albums_and_artists_as_they_find_tracks() -> None:
    library = Library([song("a", ("Zoë & Co",), "AC/DC Live"), song("b", ("Ann",), "Other")])
    assert [album.name for album in library.albums_found("acdc")] == ["AC/DC Live"]
    assert [album.name for album in library.albums_found("live zoe")] == ["AC/DC Live"]
    assert [artist.name for artist in library.artists_found("ZO")] == ["Zoë & Co"]
    assert library.albums_found("nothing") == []
    assert len(library.albums_found("")) == 2


def test_words_of_a_moment_ago_are_good_for_the_same_names_only() -> None:
    before = Library([song("a", ("Zoë",), "AC/DC Live"), song("b", ("Bob",), "Gone")])
    after = Library([song("a", ("Zoë",), "AC/DC Live"), song("b", ("Ann",), "New")], before)
    assert [album.name for album in after.albums_found("acdc")] == ["AC/DC Live"]
    assert [album.name for album in after.albums_found("new ann")] == ["New"]
    assert [artist.name for artist in after.artists_found("ann")] == ["Ann"]
    assert (after.albums_found("gone"), after.artists_found("bob")) == ([], [])
    assert after.words.keys() == Library(after.songs).words.keys()


def test_what_is_said_of_an_album_is_said_by_its_songs() -> None:
    library = Library(
        [
            song("a", genres=("rock",), year=1990, duration_seconds=10.6, created_at=9.0),
            song("b", genres=("pop", "rock"), year=1991, duration_seconds=10.6, created_at=5.0),
        ]
    )
    entry = album_entry(library.albums[0], {})
    assert (entry["songCount"], entry["duration"], entry["year"]) == (2, 21, 1991)
    assert entry["created"] == "1970-01-01T00:00:05.000Z"
    assert [one["name"] for one in entry["genres"]] == ["rock", "pop"]
    assert [(one.name, one.songs, one.albums) for one in library.genres] == [
        ("rock", 2, 1),
        ("pop", 1, 1),
    ]


def test_an_empty_catalogue_is_a_library_too() -> None:
    library = Library([])
    assert (library.albums, library.artists, library.genres) == ([], [], [])
