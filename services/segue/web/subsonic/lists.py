"""Lists of albums and songs, and what words find.

What was played often or lately is not told here, since the catalogue does not count plays by
account: those lists are empty.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from segue.notation import text_key
from segue.v1 import similarity_service_pb2, track_pb2
from segue.web.subsonic import ids
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import (
    Entry,
    album_directory,
    album_entry,
    artist_directory,
    artist_entry,
    song_entries,
)
from segue.web.subsonic.errors import Code, SubsonicError
from segue.web.subsonic.library import Library, shelf_key
from segue.web.subsonic.songs import Album, Artist, Song, song_of

T = TypeVar("T")

MOST = 500
"""Of one answer to a list; searches give more, since clients copy whole catalogues by them."""

MOST_FOUND = 10_000
_FAR = 10**9
_PAGE = 1_000

_UNCOUNTED = ("frequent", "recent", "highest")
_NO_WORDS = ("", '""', "''", "*")
"""What clients ask for everything by: many send the quotes of the documentation's example."""


async def get_album_list2(call: Call) -> Entry:
    """List albums in one of several orders."""
    stars = await call.stars()
    return {"albumList2": {"album": [album_entry(one, stars) for one in await _listed(call)]}}


async def get_album_list(call: Call) -> Entry:
    """List albums as folders."""
    stars = await call.stars()
    return {"albumList": {"album": [album_directory(one, stars) for one in await _listed(call)]}}


async def get_random_songs(call: Call) -> Entry:
    """Give songs by chance, of a genre and of some years."""
    count = call.parameters.integer("size", 10, most=MOST)
    genre = text_key(call.parameters.get("genre"))
    first = call.parameters.integer("fromYear", 0, most=9999)
    last = call.parameters.integer("toYear", 9999, most=9999)
    bounded = call.parameters.given("fromYear") or call.parameters.given("toYear")
    songs = [
        song
        for song in (await call.library()).songs
        if (not genre or genre in song.genres)
        and (not bounded or (song.year is not None and first <= song.year <= last))
    ]
    chosen = random.sample(songs, min(count, len(songs)))
    return {"randomSongs": {"song": song_entries(chosen, await call.stars())}}


async def get_songs_by_genre(call: Call) -> Entry:
    """List the songs that carry a genre."""
    genre = text_key(call.parameters.required("genre"))
    songs = [song for song in (await call.library()).songs if genre in song.genres]
    part = _part(songs, call, "count", "offset", default=10, most=MOST)
    return {"songsByGenre": {"song": song_entries(part, await call.stars())}}


async def get_starred2(call: Call) -> Entry:
    """List what the account has starred, the newest first."""
    artists, albums, songs = await _starred(call)
    return {"starred2": await _by_names(call, artists, albums, songs)}


async def get_starred(call: Call) -> Entry:
    """List as :func:`get_starred2`, albums as folders."""
    artists, albums, songs = await _starred(call)
    return {"starred": await _by_folders(call, artists, albums, songs)}


async def get_top_songs(call: Call) -> Entry:
    """Give none: plays are not counted here."""
    call.parameters.required("artist")
    return {"topSongs": {"song": []}}


async def search3(call: Call) -> Entry:
    """Find artists, albums and songs by words; without any, list all."""
    artists, albums, songs = await _found(call)
    return {"searchResult3": await _by_names(call, artists, albums, songs)}


async def search2(call: Call) -> Entry:
    """Find as :func:`search3`, albums as folders."""
    artists, albums, songs = await _found(call)
    return {"searchResult2": await _by_folders(call, artists, albums, songs)}


async def _by_names(
    call: Call, artists: Sequence[Artist], albums: Sequence[Album], songs: Sequence[Song]
) -> Entry:
    stars = await call.stars()
    return {
        "artist": [artist_entry(one, stars) for one in artists],
        "album": [album_entry(one, stars) for one in albums],
        "song": song_entries(songs, stars),
    }


async def _by_folders(
    call: Call, artists: Sequence[Artist], albums: Sequence[Album], songs: Sequence[Song]
) -> Entry:
    stars = await call.stars()
    return {
        "artist": [artist_directory(one, stars) for one in artists],
        "album": [album_directory(one, stars) for one in albums],
        "song": song_entries(songs, stars),
    }


async def _found(call: Call) -> tuple[Sequence[Artist], Sequence[Album], Sequence[Song]]:
    query = call.parameters.get("query").strip()
    query = "" if query in _NO_WORDS else query
    library = await call.library()
    artists = _part(library.artists_found(query), call, "artistCount", "artistOffset")
    albums = _part(library.albums_found(query), call, "albumCount", "albumOffset")
    if not query:
        return artists, albums, _part(library.songs, call, "songCount", "songOffset")
    count = call.parameters.integer("songCount", 20, most=MOST_FOUND)
    offset = call.parameters.integer("songOffset", 0, most=_FAR)
    return artists, albums, await _songs_found(call, query, offset, count)


async def _songs_found(call: Call, query: str, offset: int, count: int) -> list[Song]:
    """Songs by words: the catalogue finds them, so that those just ingested are among them."""
    songs: list[Song] = []
    request = similarity_service_pb2.SearchTracksRequest(
        query=query, view=track_pb2.TRACK_VIEW_FULL
    )
    passed = 0
    while len(songs) < count:
        request.page_size = min(_PAGE, offset + count - passed)
        page = await call.ask("SimilarityService", "SearchTracks", request)
        wanted = page.tracks[max(0, offset - passed) :]
        songs += map(song_of, wanted[: count - len(songs)])
        passed += len(page.tracks)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    return songs


async def _listed(call: Call) -> Sequence[Album]:
    library = await call.library()
    albums = await _ordered(call, library)
    return _part(albums, call, "size", "offset", default=10, most=MOST)


async def _ordered(call: Call, library: Library) -> Sequence[Album]:
    order = call.parameters.required("type")
    albums = library.albums
    if order == "alphabeticalByName":
        return albums
    if order == "alphabeticalByArtist":
        return sorted(albums, key=lambda album: shelf_key(album.artist))
    if order == "newest":
        return sorted(albums, key=lambda album: -album.created_at)
    if order == "random":
        return random.sample(albums, len(albums))
    if order == "starred":
        stars = await call.stars()
        starred = [album for album in albums if album.album_id in stars]
        return sorted(starred, key=lambda album: -stars[album.album_id])
    if order == "byGenre":
        genre = text_key(call.parameters.required("genre"))
        return [album for album in albums if genre in album.genres]
    if order == "byYear":
        return _by_year(call, albums)
    if order in _UNCOUNTED:
        return []
    raise SubsonicError(Code.GENERIC, "There is no such type of list")


def _by_year(call: Call, albums: Sequence[Album]) -> list[Album]:
    """Albums of some years; where the first year is the later one, the latest come first."""
    call.parameters.required("fromYear")
    call.parameters.required("toYear")
    first = call.parameters.integer("fromYear", 0, most=9999)
    last = call.parameters.integer("toYear", 9999, most=9999)
    low, high = sorted((first, last))
    dated = [(album.year, album) for album in albums if album.year is not None]
    within = [(year, album) for year, album in dated if low <= year <= high]
    within.sort(key=lambda one: one[0], reverse=first > last)
    return [album for _, album in within]


async def _starred(call: Call) -> tuple[list[Artist], list[Album], list[Song]]:
    stars = await call.stars()
    library = await call.library()
    newest = sorted(stars, key=lambda one: -stars[one])
    artists = [library.by_artist[one] for one in newest if one in library.by_artist]
    albums = [library.by_album[one] for one in newest if one in library.by_album]
    songs = await call.tracks([ids.track_id_of(one) for one in newest if ids.is_song(one)])
    return artists, albums, songs


def _part(
    found: Sequence[T],
    call: Call,
    count_name: str,
    offset_name: str,
    *,
    default: int = 20,
    most: int = MOST_FOUND,
) -> Sequence[T]:
    count = call.parameters.integer(count_name, default, most=most)
    offset = call.parameters.integer(offset_name, 0, most=_FAR)
    return found[offset : offset + count]
