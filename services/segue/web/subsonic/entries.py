"""Songs, albums, artists and playlists as the API writes them (``Child``, ``AlbumID3`` and others).

What is not known is left out. Clients take lists for lists and numbers for whole ones, so nothing
here is ever ``null``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from segue.saved_playlists import PlaylistSummary
from segue.web.account_file import name_of
from segue.web.subsonic import ids
from segue.web.subsonic.songs import Album, Artist, Song

Entry: TypeAlias = dict[str, Any]
Stars: TypeAlias = Mapping[str, float]
"""What an account has starred: id → when, in seconds since 1970."""

OWNER_NAME = "owner"
"""What the playlists of the stack's owner are shown under; no account can have an empty name."""

_CONTENT_TYPES = {
    "aac": "audio/aac",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "ape": "audio/x-ape",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "mka": "audio/x-matroska",
    "mp3": "audio/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "webm": "audio/webm",
    "wma": "audio/x-ms-wma",
    "wv": "audio/x-wavpack",
}


def song_entry(song: Song, stars: Stars) -> Entry:
    """A song as a ``Child``."""
    album_id = song.album_id
    entry: Entry = {
        "id": song.song_id,
        "parent": album_id,
        "isDir": False,
        "title": song.title,
        "album": song.album,
        "artist": song.artist,
        "coverArt": song.song_id,
        "duration": round(song.duration_seconds),
        "isVideo": False,
        "albumId": album_id,
        "artistId": ids.artist_id(song.artists[0]),
        "type": "music",
        "mediaType": "song",
        "genres": [{"name": genre} for genre in song.genres],
        "moods": list(song.moods),
        "artists": [_named(name) for name in song.artists],
        "displayArtist": song.artist,
        "albumArtists": [_named(song.album_artist)],
        "displayAlbumArtist": song.album_artist,
        "isrc": [song.isrc] if song.isrc else [],
        "musicBrainzId": song.musicbrainz_id,
        "explicitStatus": _explicit(song.explicit),
    }
    known = {
        "track": song.number,
        "discNumber": song.disc,
        "year": song.year,
        "genre": song.genres[0] if song.genres else None,
        "suffix": song.suffix or None,
        "contentType": _CONTENT_TYPES.get(song.suffix),
        "created": moment(song.created_at) if song.created_at else None,
        "bpm": None if song.bpm is None else round(song.bpm),
        "replayGain": None if song.gain_db is None else {"trackGain": song.gain_db},
    }
    return entry | _given(known) | _starred(song.song_id, stars)


def album_entry(album: Album, stars: Stars) -> Entry:
    """An album as an ``AlbumID3``, without its songs."""
    artist_id = ids.artist_id(album.artist)
    entry: Entry = {
        "id": album.album_id,
        "name": album.name,
        "artist": album.artist,
        "artistId": artist_id,
        "coverArt": album.album_id,
        "songCount": len(album.songs),
        "duration": round(album.duration_seconds),
        "created": moment(album.created_at),
        "genres": [{"name": genre} for genre in album.genres],
        "artists": [_named(album.artist)],
        "displayArtist": album.artist,
    }
    known = {"year": album.year, "genre": album.genres[0] if album.genres else None}
    return entry | _given(known) | _starred(album.album_id, stars)


def album_directory(album: Album, stars: Stars) -> Entry:
    """An album as a ``Child`` that is a folder, for clients that browse folders."""
    entry = album_entry(album, stars)
    entry |= {
        "parent": entry["artistId"],
        "isDir": True,
        "title": album.name,
        "album": album.name,
        "mediaType": "album",
    }
    del entry["name"], entry["songCount"]
    return entry


def artist_entry(artist: Artist, stars: Stars) -> Entry:
    """An artist as an ``ArtistID3``, without their albums."""
    entry: Entry = {
        "id": artist.artist_id,
        "name": artist.name,
        "coverArt": artist.artist_id,
        "albumCount": len(artist.albums),
    }
    return entry | _starred(artist.artist_id, stars)


def artist_directory(artist: Artist, stars: Stars) -> Entry:
    """An artist as an ``Artist``, for clients that browse folders."""
    entry = {"id": artist.artist_id, "name": artist.name}
    return entry | _starred(artist.artist_id, stars)


def playlist_entry(playlist: PlaylistSummary, account_id: str) -> Entry:
    """A saved playlist as a ``Playlist``, without its songs.

    Parameters
    ----------
    account_id
        Of the account that asks: only its own playlists can be changed.
    """
    identifier = ids.playlist_id(playlist.playlist_id)
    return {
        "id": identifier,
        "name": playlist.name,
        "comment": playlist.comment,
        "owner": name_of(playlist.owner) or OWNER_NAME,
        "public": playlist.public,
        "songCount": playlist.tracks,
        "duration": round(playlist.duration_seconds),
        "created": moment(playlist.created_at),
        "changed": moment(playlist.changed_at),
        "coverArt": identifier,
        "readonly": playlist.owner != account_id,
    }


def song_entries(songs: Iterable[Song], stars: Stars) -> list[Entry]:
    """Several songs."""
    return [song_entry(song, stars) for song in songs]


def moment(seconds: float) -> str:
    """A point in time as the API writes it, such as ``2026-01-02T03:04:05.678Z``."""
    written = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")


def _named(name: str) -> Entry:
    return {"id": ids.artist_id(name), "name": name}


def _explicit(explicit: bool | None) -> str:
    return "" if explicit is None else ("explicit" if explicit else "clean")


def _starred(identifier: str, stars: Stars) -> Entry:
    return {"starred": moment(stars[identifier])} if identifier in stars else {}


def _given(known: Entry) -> Entry:
    return {name: value for name, value in known.items() if value is not None}
