"""Artists, albums, songs and genres one by one, and folders for clients that know no albums."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import groupby

from segue.web.subsonic import ids
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import (
    Entry,
    Stars,
    album_directory,
    album_entry,
    artist_directory,
    artist_entry,
    song_entries,
    song_entry,
)
from segue.web.subsonic.errors import SubsonicError
from segue.web.subsonic.library import IGNORED_ARTICLES, shelf_key
from segue.web.subsonic.songs import Artist


async def get_artists(call: Call) -> Entry:
    """List all artists by their first letters."""
    index = await _index(call, artist_entry)
    return {"artists": {"ignoredArticles": IGNORED_ARTICLES, "index": index}}


async def get_indexes(call: Call) -> Entry:
    """List all artists as folders."""
    listed = {
        "ignoredArticles": IGNORED_ARTICLES,
        "lastModified": int(time.time() * 1_000),
        "index": await _index(call, artist_directory),
    }
    return {"indexes": listed}


async def get_artist(call: Call) -> Entry:
    """Give an artist with the albums that they are on."""
    artist = await call.artist(call.parameters.required("id"))
    stars = await call.stars()
    albums = [album_entry(album, stars) for album in artist.albums]
    return {"artist": artist_entry(artist, stars) | {"album": albums}}


async def get_album(call: Call) -> Entry:
    """Give an album with its songs."""
    album = await call.album(call.parameters.required("id"))
    stars = await call.stars()
    return {"album": album_entry(album, stars) | {"song": song_entries(album.songs, stars)}}


async def get_song(call: Call) -> Entry:
    """Give a song."""
    song = await call.song(call.parameters.required("id"))
    return {"song": song_entry(song, await call.stars())}


async def get_music_directory(call: Call) -> Entry:
    """Give what is in a folder: albums of an artist, songs of an album."""
    identifier = call.parameters.required("id")
    stars = await call.stars()
    kind = ids.kind_of(identifier)
    if kind is ids.Kind.ARTIST:
        artist = await call.artist(identifier)
        inside = [album_directory(album, stars) for album in artist.albums]
        return {"directory": {"id": identifier, "name": artist.name, "child": inside}}
    if kind is ids.Kind.ALBUM:
        album = await call.album(identifier)
        parent = ids.artist_id(album.artist)
        inside = song_entries(album.songs, stars)
        named = {"id": identifier, "parent": parent, "name": album.name}
        return {"directory": named | {"child": inside}}
    raise SubsonicError.not_found(identifier)


async def get_genres(call: Call) -> Entry:
    """List the genres that were given, the largest first."""
    genres = (await call.library()).genres
    listed = [
        {"value": genre.name, "songCount": genre.songs, "albumCount": genre.albums}
        for genre in genres
    ]
    return {"genres": {"genre": listed}}


async def get_artist_info(call: Call) -> Entry:
    """Say that nothing more is known of an artist."""
    await call.artist(call.parameters.required("id"))
    return {"artistInfo": {}}


async def get_artist_info2(call: Call) -> Entry:
    """Say that nothing more is known of an artist."""
    await call.artist(call.parameters.required("id"))
    return {"artistInfo2": {}}


async def get_album_info(call: Call) -> Entry:
    """Say that nothing more is known of an album."""
    await call.album(call.parameters.required("id"))
    return {"albumInfo": {}}


async def _index(call: Call, written: Callable[[Artist, Stars], Entry]) -> list[Entry]:
    artists = (await call.library()).artists
    stars = await call.stars()
    by_letter = sorted(artists, key=_letter)  # keeps the order of the shelf within a letter
    return [
        {"name": letter, "artist": [written(artist, stars) for artist in under]}
        for letter, under in groupby(by_letter, key=_letter)
    ]


def _letter(artist: Artist) -> str:
    first = shelf_key(artist.name)[:1].upper()
    return first if first.isalpha() else "#"
