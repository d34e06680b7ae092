"""Songs, albums and artists as players know them, made of the tracks of the catalogue.

A track without an album is on one that is called ``[Unknown Album]``, and one without an artist is
by ``[Unknown Artist]``, as players and taggers name them: what stood under neither could not be
reached in players that begin with artists or albums.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from segue.file_names import file_name_of
from segue.media_fragments import divided_uri
from segue.v1 import track_pb2
from segue.web.subsonic import ids

UNKNOWN_ALBUM = "[Unknown Album]"
UNKNOWN_ARTIST = "[Unknown Artist]"


@dataclass(frozen=True, slots=True)
class Song:
    """A track.

    Attributes
    ----------
    artist
        As it is shown; never empty.
    album_artist
        Of its album; where that names none, the first of the artists, so that one with guests on
        some of its songs stays one.
    artists
        Each of them by name.
    created_at
        When it was ingested, in seconds since 1970; 0: not known.
    suffix
        Ending of its file's name as it is given to players, in small letters, without the dot;
        empty: none.
    """

    track_id: str
    title: str
    artist: str
    artists: tuple[str, ...]
    album: str
    album_artist: str
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    year: int | None = None
    number: int | None = None
    disc: int | None = None
    duration_seconds: float = 0.0
    created_at: float = 0.0
    suffix: str = ""
    bpm: float | None = None
    isrc: str = ""
    musicbrainz_id: str = ""
    explicit: bool | None = None
    gain_db: float | None = None

    @property
    def song_id(self) -> str:
        """Its id for clients."""
        return ids.song_id(self.track_id)

    @property
    def album_id(self) -> str:
        """Id of its album."""
        return ids.album_id(self.album_artist, self.album)


@dataclass(frozen=True, slots=True)
class Album:
    """What one artist calls by one name, in the order of discs and numbers."""

    album_id: str
    name: str
    artist: str
    songs: tuple[Song, ...]

    @property
    def duration_seconds(self) -> float:
        """Of all its songs."""
        return sum(song.duration_seconds for song in self.songs)

    @property
    def created_at(self) -> float:
        """When its first song came."""
        return min(song.created_at for song in self.songs)

    @property
    def year(self) -> int | None:
        """The latest that one of its songs names."""
        return max((song.year for song in self.songs if song.year is not None), default=None)

    @property
    def genres(self) -> tuple[str, ...]:
        """All genres of its songs, each once."""
        return tuple(dict.fromkeys(genre for song in self.songs for genre in song.genres))


@dataclass(slots=True)
class Artist:
    """Who is named on songs or albums.

    Attributes
    ----------
    albums
        All on which a song of theirs is, by name.
    """

    artist_id: str
    name: str
    albums: list[Album] = field(default_factory=list)
    songs: list[Song] = field(default_factory=list)


def song_of(message: track_pb2.Track) -> Song:
    """A track of the API, in the view FULL, as a song."""
    meta = message.metadata
    file_name = file_name_of(message.source_uri, message.file_name)
    stem, dot, ending = file_name.rpartition(".")
    artist = meta.artist or ", ".join(meta.artists) or UNKNOWN_ARTIST
    artists = _interned(meta.artists) or (sys.intern(artist),)
    return Song(
        track_id=message.track_id,
        title=meta.title or (stem if dot else file_name) or message.track_id,
        artist=sys.intern(artist),
        artists=artists,
        album=sys.intern(meta.album or UNKNOWN_ALBUM),
        album_artist=sys.intern(meta.album_artist or artists[0]),
        genres=_interned(meta.genres),
        moods=_interned(meta.moods),
        year=meta.year if meta.HasField("year") else None,
        number=meta.track_number if meta.HasField("track_number") else None,
        disc=meta.disc_number if meta.HasField("disc_number") else None,
        duration_seconds=message.duration_seconds,
        created_at=message.ingested_at.seconds + message.ingested_at.nanos / 1e9,
        suffix=sys.intern(_suffix(message.source_uri, ending) if dot else ""),
        bpm=meta.bpm if meta.HasField("bpm") else None,
        isrc=meta.isrc,
        musicbrainz_id=meta.musicbrainz_recording_id,
        explicit=meta.explicit if meta.HasField("explicit") else None,
        gain_db=meta.track_gain_db if meta.HasField("track_gain_db") else None,
    )


def _suffix(source_uri: str, ending: str) -> str:
    if divided_uri(source_uri)[1] is not None:
        return "flac"  # a part of a file is cut out, without a loss
    plain = ending.lower()
    return plain if plain.isascii() and plain.isalnum() and len(plain) <= 5 else ""


def _interned(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(sys.intern(text) for text in texts)
