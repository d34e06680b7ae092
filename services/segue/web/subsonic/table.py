"""Every method of the API with what answers it; names are told apart without regard to case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.responses import Response

from segue.web.subsonic import (
    annotation,
    browsing,
    lists,
    media,
    playlist_methods,
    similar,
    system,
)
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import Entry

Handler: TypeAlias = Callable[[Call], Awaitable[Entry | Response]]


def _nothing(answer: Entry) -> Handler:
    """What there is none of here, and what clients list nevertheless."""

    async def handle(call: Call) -> Entry:
        del call
        return answer

    return handle


METHODS: Mapping[str, Handler] = {
    "ping": system.ping,
    "getLicense": system.get_license,
    "tokenInfo": system.token_info,
    "getMusicFolders": system.get_music_folders,
    "getUser": system.get_user,
    "getUsers": system.get_users,
    "getScanStatus": system.get_scan_status,
    "startScan": system.start_scan,
    "getArtists": browsing.get_artists,
    "getArtist": browsing.get_artist,
    "getAlbum": browsing.get_album,
    "getSong": browsing.get_song,
    "getGenres": browsing.get_genres,
    "getIndexes": browsing.get_indexes,
    "getMusicDirectory": browsing.get_music_directory,
    "getArtistInfo": browsing.get_artist_info,
    "getArtistInfo2": browsing.get_artist_info2,
    "getAlbumInfo": browsing.get_album_info,
    "getAlbumInfo2": browsing.get_album_info,
    "getAlbumList": lists.get_album_list,
    "getAlbumList2": lists.get_album_list2,
    "getRandomSongs": lists.get_random_songs,
    "getSongsByGenre": lists.get_songs_by_genre,
    "getStarred": lists.get_starred,
    "getStarred2": lists.get_starred2,
    "getTopSongs": lists.get_top_songs,
    "search2": lists.search2,
    "search3": lists.search3,
    "getSimilarSongs": similar.get_similar_songs,
    "getSimilarSongs2": similar.get_similar_songs2,
    "getSonicSimilarTracks": similar.get_sonic_similar_tracks,
    "findSonicPath": similar.find_sonic_path,
    "getPlaylists": playlist_methods.get_playlists,
    "getPlaylist": playlist_methods.get_playlist,
    "createPlaylist": playlist_methods.create_playlist,
    "updatePlaylist": playlist_methods.update_playlist,
    "deletePlaylist": playlist_methods.delete_playlist,
    "star": annotation.star,
    "unstar": annotation.unstar,
    "scrobble": annotation.scrobble,
    "stream": media.stream,
    "download": media.download,
    "getCoverArt": media.get_cover_art,
    "getNowPlaying": _nothing({"nowPlaying": {"entry": []}}),
    "getLyrics": _nothing({"lyrics": {"value": ""}}),
    "getInternetRadioStations": _nothing({"internetRadioStations": {}}),
    "getPodcasts": _nothing({"podcasts": {}}),
    "getNewestPodcasts": _nothing({"newestPodcasts": {}}),
    "getBookmarks": _nothing({"bookmarks": {}}),
    "getShares": _nothing({"shares": {}}),
    "getVideos": _nothing({"videos": {}}),
}

EXTENSIONS = "getOpenSubsonicExtensions"
"""Answered to everybody, so that clients learn how to say who they are."""

_BY_KEY = {name.lower(): handler for name, handler in METHODS.items()}


def handler_of(name: str) -> Handler | None:
    """What answers a method, with ``.view`` at its end or without; None: nothing does."""
    return _BY_KEY.get(_key(name))


def is_public(name: str) -> bool:
    """Whether a method is the one that tells the extensions."""
    return _key(name) == EXTENSIONS.lower()


def _key(name: str) -> str:
    return name.lower().removesuffix(".view")
