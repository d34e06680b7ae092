"""What the file of a playlist says of a track: where its audio lies to the owner, else its name."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote, urlsplit

from segue.callers import current_caller
from segue.library.places import path_of
from segue.media_fragments import divided_uri
from segue.object_names import is_object_uri
from segue.playlists.files import Entry, Place
from segue.texts import cleaned, shown_uri
from segue.tracks import Track


def entry_of(track: Track) -> Entry:
    """The entry of a track as the current caller may have it."""
    metadata = track.metadata
    return Entry(
        _place(track),
        metadata.title,
        metadata.artist,
        metadata.album,
        track.duration_seconds,
        metadata.track_number,
        metadata.isrc,
        metadata.musicbrainz_recording_id,
    )


def _place(track: Track) -> Place:
    uri, part = divided_uri(track.source_uri)
    scheme = uri.partition(":")[0].lower()
    if scheme == "file":
        path = path_of(uri) or ""
        if current_caller().may_all:
            return Place(path=path, part=part)
        return Place(name=_name(path), part=part)
    if scheme in ("http", "https"):
        # One with a secret in it is no place to hand on.
        return Place(address=uri) if shown_uri(uri) == uri else Place(name=_url_name(uri))
    if is_object_uri(uri):
        return Place(name=_name(uri))
    return Place(name=_name(track.file_name))


def _url_name(url: str) -> str:
    try:
        return _name(unquote(urlsplit(url).path))
    except ValueError:
        return ""


def _name(path: str) -> str:
    return unicodedata.normalize("NFC", cleaned(path.rpartition("/")[2]))
