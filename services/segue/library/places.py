"""Paths of this machine as URIs and back. Names are bytes to the system, and stay what they are."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote, urlsplit

from segue.media_fragments import divided, divided_uri


def uri_of(path: str | Path) -> str:
    """``file://`` URI of an absolute path, also of one whose name is no UTF-8."""
    return f"file://{quote_from_bytes(os.fsencode(path))}"


def path_of(uri: str) -> str | None:
    """Path of a ``file://`` URI, or None for any other."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    return unquote(parts.path, errors="surrogateescape") if parts.scheme == "file" else None


def place_of(uri: str) -> str | None:
    """Path of a ``file://`` URI with the part of the file that it names, such as ``#t=12.5,200``.

    None for any other URI, and for a whole file whose own name ends as if it named a part.
    """
    whole, part = divided_uri(uri)
    path = path_of(whole)
    if path is None or divided(path)[1] is not None:
        return None
    return path if part is None else f"{path}{part.fragment}"


def uri_of_place(place: str) -> str:
    """``file://`` URI of what :func:`place_of` gives."""
    path, part = divided(place)
    return uri_of(path) + ("" if part is None else part.fragment)


def path_below(folder: str | Path, given: str | Path) -> str:
    """Absolute path of what is given relative to a folder; links on the way stay as they are.

    Where it climbs (``..``) it says what the system makes of it: behind a link that is not what the
    words say.
    """
    path = os.path.join(folder, given)
    return os.path.realpath(path) if ".." in Path(given).parts else os.path.normpath(path)


def lies_below(path: str, folder: str) -> bool:
    """Whether a path names the folder or something below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
