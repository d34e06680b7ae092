"""All songs of the catalogue at one moment, grouped into albums and artists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from segue.notation import text_key
from segue.tracks import Track, TrackMetadata
from segue.web.subsonic import ids
from segue.web.subsonic.songs import Album, Artist, Song
from segue.words import beginnings, words_of

_ARTICLES = ("the ", "a ", "an ", "der ", "die ", "das ", "el ", "la ", "los ", "las ", "le ",
             "les ")  # fmt: skip
IGNORED_ARTICLES = " ".join(article.strip().capitalize() for article in _ARTICLES)


@dataclass(frozen=True, slots=True)
class GenreCount:
    """A genre, and how many songs and albums carry it."""

    name: str
    songs: int
    albums: int


class Library:
    """Songs by id of their track; albums and artists by name, as one looks for them in a shelf.

    The same songs give the same order on every replica.

    Parameters
    ----------
    known
        The library a moment ago: most names are the same, and splitting them into words takes
        longer than all else.
    """

    def __init__(self, songs: Iterable[Song], known: Library | None = None) -> None:
        self.songs: Sequence[Song] = sorted(songs, key=lambda song: song.track_id)
        self.by_track: Mapping[str, Song] = {song.track_id: song for song in self.songs}
        on_album: dict[str, list[Song]] = {}
        for song in self.songs:
            on_album.setdefault(song.album_id, []).append(song)
        albums = [_album(album_id, found) for album_id, found in on_album.items()]
        self.albums: Sequence[Album] = sorted(albums, key=_album_order)
        self.by_album: Mapping[str, Album] = {album.album_id: album for album in self.albums}
        self.by_artist: Mapping[str, Artist] = _artists(self.albums)
        self.artists: Sequence[Artist] = sorted(
            self.by_artist.values(), key=lambda artist: (shelf_key(artist.name), artist.artist_id)
        )
        self.words: dict[tuple[str, ...], list[str]] = {}
        words = {} if known is None else known.words
        named = chain(
            ((one.name, one.artist) for one in self.albums), ((one.name,) for one in self.artists)
        )
        for names in named:
            self.words[names] = words.get(names) or _words(*names)

    @cached_property
    def genres(self) -> list[GenreCount]:
        """Genres that were given, the most songs first."""
        songs = Counter(genre for song in self.songs for genre in song.genres)
        albums = Counter(genre for album in self.albums for genre in album.genres)
        return [GenreCount(name, count, albums[name]) for name, count in songs.most_common()]

    def albums_found(self, query: str) -> list[Album]:
        """Albums whose name and artist have every word of a query; all for one without words."""
        parts = beginnings(query)
        words = self.words
        return [one for one in self.albums if _has(words[one.name, one.artist], parts)]

    def artists_found(self, query: str) -> list[Artist]:
        """Artists whose name has every word of a query; all for one without words."""
        parts = beginnings(query)
        return [one for one in self.artists if _has(self.words[one.name,], parts)]


def shelf_key(name: str) -> str:
    """What a name is sorted by: without the article that it begins with."""
    key = text_key(name)
    for article in _ARTICLES:
        if key.startswith(article):
            return key.removeprefix(article)
    return key


def _album(album_id: str, songs: list[Song]) -> Album:
    ordered = sorted(songs, key=_song_order)
    return Album(album_id, ordered[0].album, ordered[0].album_artist, tuple(ordered))


def _song_order(song: Song) -> tuple[int, float, str, str]:
    number = float("inf") if song.number is None else song.number
    return (song.disc or 1, number, text_key(song.title), song.track_id)


def _album_order(album: Album) -> tuple[str, str, str]:
    return (shelf_key(album.name), shelf_key(album.artist), album.album_id)


def _artists(albums: Sequence[Album]) -> dict[str, Artist]:
    artists: dict[str, Artist] = {}

    def named(name: str) -> Artist:
        artist_id = ids.artist_id(name)
        return artists.setdefault(artist_id, Artist(artist_id, name))

    for album in albums:
        on_it = {ids.artist_id(album.artist): named(album.artist)}
        for song in album.songs:
            by = {ids.artist_id(name): named(name) for name in song.artists}
            for artist in by.values():
                artist.songs.append(song)
            on_it |= by
        for artist in on_it.values():
            artist.albums.append(album)
    return artists


def _words(*texts: str) -> list[str]:
    # The catalogue finds a track by the same words.
    title, *rest = texts
    return words_of(Track("", TrackMetadata(title, artist=" ".join(rest))))


def _has(words: list[str], parts: list[str]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in parts)
