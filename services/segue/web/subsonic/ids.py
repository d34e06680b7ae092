"""Ids as clients see them: what they stand for is told by how they begin.

Many clients put ids into addresses as they are, and into names of files: they hold nothing that
either would take for something else. Those of albums and artists follow from names, so that they
are the same on every replica and after every start.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from enum import Enum
from functools import lru_cache

from segue.notation import text_key
from segue.web.subsonic.errors import SubsonicError

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,128}")
_DIGITS = 20


class Kind(Enum):
    """What an id stands for, and how it begins."""

    SONG = "tr-"
    ENCODED_SONG = "tx-"
    ALBUM = "al-"
    ARTIST = "ar-"
    PLAYLIST = "pl-"


def kind_of(identifier: str) -> Kind:
    """What an id stands for. Raises ``SubsonicError`` where it is none of ours."""
    for kind in Kind:
        if identifier.startswith(kind.value):
            return Kind.SONG if kind is Kind.ENCODED_SONG else kind
    raise SubsonicError.not_found(identifier)


def is_song(identifier: str) -> bool:
    """Whether an id is that of a song."""
    return identifier.startswith((Kind.SONG.value, Kind.ENCODED_SONG.value))


def song_id(track_id: str) -> str:
    """The id of a song."""
    if _PLAIN.fullmatch(track_id):
        return Kind.SONG.value + track_id
    encoded = base64.urlsafe_b64encode(track_id.encode()).decode().rstrip("=")
    return Kind.ENCODED_SONG.value + encoded


def track_id_of(identifier: str) -> str:
    """The track that the id of a song stands for. Raises ``SubsonicError`` where it is none."""
    if identifier.startswith(Kind.SONG.value):
        return identifier.removeprefix(Kind.SONG.value)
    if not identifier.startswith(Kind.ENCODED_SONG.value):
        raise SubsonicError.not_found(identifier)
    encoded = identifier.removeprefix(Kind.ENCODED_SONG.value)
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as exc:
        raise SubsonicError.not_found(identifier) from exc


def artist_id(name: str) -> str:
    """The id of an artist: the same for all ways to write the name in small and large letters."""
    return Kind.ARTIST.value + _digest(name)


def album_id(artist: str, album: str) -> str:
    """The id of an album by an artist."""
    return Kind.ALBUM.value + _digest(artist, album)


def playlist_id(saved: str) -> str:
    """The id of a saved playlist."""
    return Kind.PLAYLIST.value + saved


def saved_playlist_of(identifier: str) -> str:
    """The saved playlist that an id stands for. Raises ``SubsonicError`` where it is none."""
    if not identifier.startswith(Kind.PLAYLIST.value):
        raise SubsonicError.not_found(identifier)
    return identifier.removeprefix(Kind.PLAYLIST.value)


@lru_cache(maxsize=1 << 15)  # a song has three, and its album and artist the same
def _digest(*names: str) -> str:
    keys = "\0".join(text_key(name) for name in names)
    return hashlib.sha256(keys.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
