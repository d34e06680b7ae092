"""Paths of this machine as URIs and back. Names are bytes to the system, and stay what they are."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote, urlsplit


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
