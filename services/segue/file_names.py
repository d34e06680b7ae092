"""The name of the file that a track came from, as people know it."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from segue.media_fragments import divided_uri
from segue.object_names import is_object_uri

# The name of an upload whose own was not kept: an id that the service made, and what was harmless.
_SPOOLED = re.compile(r"spool://upload-[0-9a-f]{32}-(.+)")


def file_name_of(source_uri: str, file_name: str) -> str:
    """Name of a file, or of a part of one; empty where nothing says it.

    Parameters
    ----------
    source_uri
        Where the audio came from.
    file_name
        Name that the file of an upload had; empty for what came in by URI.
    """
    spooled = _SPOOLED.fullmatch(source_uri)
    if spooled:
        return file_name or spooled[1]
    if is_object_uri(source_uri):
        return source_uri.rpartition("/")[2]
    uri, part = divided_uri(source_uri)
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if parts.scheme not in ("file", "http", "https"):
        return file_name
    name = unquote(parts.path.rpartition("/")[2], errors="surrogateescape")
    return name if part is None else f"{name}{part.fragment}"
