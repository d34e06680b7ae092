"""What the file of a playlist says of a track: to the owner where its audio lies, to others its name."""

from __future__ import annotations

import unicodedata

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
    if scheme in ("http", "https") and shown_uri(uri) == uri:
        return Place(address=uri)
    if is_object_uri(uri):
        return Place(name=_name(uri))
    # An address with something secret in it is no place to hand on, nor is that of a kept upload.
    return Place(name=_name(track.file_name))


def _name(path: str) -> str:
    return unicodedata.normalize("NFC", cleaned(path.rpartition("/")[2]))
