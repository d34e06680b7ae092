"""What a track is called before people: artist and title, else the name of its file."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from segue.media_fragments import divided_uri
from segue.object_names import is_object_uri
from segue.v1 import track_pb2

# The name of an upload whose own was not kept: an id that the service made, and what was harmless.
_SPOOLED = re.compile(r"spool://upload-[0-9a-f]{32}-(.+)")


def name_of(track: track_pb2.Track) -> str:
    """``artist – title``; the file's name where there is no title; empty when neither is known."""
    metadata = track.metadata
    return " – ".join(filter(None, (metadata.artist, metadata.title or file_name_of(track))))


def file_name_of(track: track_pb2.Track) -> str:
    """Name of the file, or part of one, that a track came from; empty where nothing says it."""
    spooled = _SPOOLED.fullmatch(track.source_uri)
    if spooled:
        return track.file_name or spooled[1]
    if is_object_uri(track.source_uri):
        return track.source_uri.rpartition("/")[2]
    uri, part = divided_uri(track.source_uri)
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if parts.scheme not in ("file", "http", "https"):
        return track.file_name
    name = unquote(parts.path.rpartition("/")[2], errors="surrogateescape")
    return name if part is None else f"{name}{part.fragment}"
