"""Playlists as lists of files: M3U, M3U8, XSPF and JSPF.

What a playlist says of artist and title (``#EXTINF``) is not heeded: the files' tags say it better.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from segue.errors import InvalidArgument, SourceError
from segue.library import names
from segue.library.left_out import NotAFile, Problem
from segue.library.places import path_below, uri_of
from segue.library.spellings import file_spelt
from segue.library.xml_events import BrokenXml, xml_events
from segue.limits import checked_uri
from segue.texts import shown_uri

LARGEST_PLAYLIST_BYTES = 64 * 1024 * 1024
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
"""A scheme of one letter is a drive of Windows."""


class PlaylistBroken(SourceError):
    """A playlist that cannot be read as one."""

    reason = "PLAYLIST_BROKEN"
    next_step = "Export the playlist again as M3U8, or name the audio files themselves."


class PlaylistEntryInvalid(SourceError):
    """An entry of a playlist that is no file of audio."""

    reason = "PLAYLIST_ENTRY_INVALID"
    next_step = "Correct the line; playlists and folders can be named to segue ingest themselves."


class PlaylistEntryMissing(SourceError):
    """An entry of a playlist whose file is not there."""

    reason = "SOURCE_NOT_FOUND"
    next_step = (
        "Correct the line, or put the playlist where its paths hold: relative ones start at its "
        "own folder."
    )


@dataclass(slots=True)
class Playlist:
    """What a playlist names.

    Attributes
    ----------
    uris
        Of the files and addresses, once each, in order.
    problems
        Entries that cannot be taken, by line (in XSPF and JSPF: by number of the track).
    """

    uris: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_playlist(path: Path) -> Playlist:
    """Read a playlist; its kind follows from its name.

    Raises
    ------
    OSError
        When it cannot be read.
    PlaylistBroken
        When it is none, is larger than 64 MiB, or lists the pieces of a stream.
    """
    content = _content(path)
    folder = os.path.realpath(path.parent)
    suffix = names.suffix_of(path.name)
    if suffix == ".xspf":
        unit, entries = "track", _xspf_entries(content)
    elif suffix == ".jspf":
        unit, entries = "track", _jspf_entries(content)
    else:
        unit, entries = "line", _m3u_entries(content)
    playlist = Playlist()
    seen: set[str] = set()
    try:
        for number, spellings in entries:
            try:
                uri = _uri(spellings, folder)
            except (SourceError, InvalidArgument) as exc:
                playlist.problems.append(Problem.of(f"{path} {unit} {number}", exc))
                continue
            if uri not in seen:
                seen.add(uri)
                playlist.uris.append(uri)
    except BrokenXml as exc:
        raise PlaylistBroken(f"{str(path)!r} is no playlist: {exc}") from exc
    return playlist


def _content(path: Path) -> bytes:
    # Opening a pipe would wait for somebody to write into it.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotAFile(f"{str(path)!r} is not a regular file")
    with path.open("rb") as file:
        content = file.read(LARGEST_PLAYLIST_BYTES + 1)
    if len(content) > LARGEST_PLAYLIST_BYTES:
        raise PlaylistBroken(f"{str(path)!r} is larger than 64 MiB")
    return content


def _m3u_entries(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Number and possible readings of each line that names something."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            content = content[len(mark) :].decode(encoding, "replace").encode()
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content:
        raise PlaylistBroken("the playlist holds bytes that are no text")
    for number, line in enumerate(re.split(rb"\r\n|\n|\r", content), start=1):
        if line.startswith((b"#EXT-X-TARGETDURATION", b"#EXT-X-STREAM-INF")):
            raise PlaylistBroken("the playlist lists the pieces of a stream (HLS), not tracks")
        if line.strip() and not line.lstrip().startswith(b"#"):
            yield number, list(_readings(line))


def _readings(line: bytes) -> Iterator[str]:
    # Names are bytes to the system: those of the line may be the file's own, whatever they mean.
    yield os.fsdecode(line)
    try:
        line.decode()
    except UnicodeDecodeError:
        yield line.decode("cp1252", "replace")


def _xspf_entries(content: bytes) -> Iterator[tuple[int, list[str]]]:
    number, locations, has_root = 0, list[str](), False
    for event in xml_events(io.BytesIO(content)):
        name = event.name.rpartition(":")[2]
        if not has_root and name != "playlist":
            raise BrokenXml("its root is not a playlist")
        has_root = True
        if name == "track" and not event.ends:
            number, locations = number + 1, []
        elif name == "location" and event.ends:
            locations.append(event.text.strip())
        elif name == "track" and locations:
            yield number, [_place(locations[0])]


def _jspf_entries(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        root: Any = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise PlaylistBroken(f"the playlist is no JSON: {exc}") from exc
    playlist = root.get("playlist") if isinstance(root, dict) else None
    tracks = playlist.get("track", []) if isinstance(playlist, dict) else None
    if not isinstance(tracks, list):
        raise PlaylistBroken("the JSON holds no playlist with a list of tracks")
    for number, track in enumerate(tracks, start=1):
        locations = track.get("location") if isinstance(track, dict) else None
        # The specification wants an array; some programs write the one location as it is.
        first = locations[0] if isinstance(locations, list) and locations else locations
        if isinstance(first, str) and first.strip():
            # JSON can say half of a surrogate pair, which is in no name.
            yield number, [_place(first.strip().encode("utf-8", "replace").decode())]


def _place(location: str) -> str:
    """What an entry of an XSPF or JSPF list, a URI or a relative one, is in a list of paths."""
    return location if _URI.match(location) else os.fsdecode(unquote_to_bytes(location))


def _uri(readings: Iterable[str], folder: str) -> str:
    first = ""
    for reading in readings:
        entry = reading.strip()
        first = first or entry
        if _URI.match(entry) and not entry.lower().startswith("file://"):
            # Spaces are common in addresses, though no address has any.
            return checked_uri(quote(entry, safe="%/:?#[]@!$&'()*+,;=~"), "entry")
        for place in _places(reading):
            if "\0" in place:
                continue
            found = file_spelt(path_below(folder, place))
            if found is not None:
                return _checked(found)
    raise PlaylistEntryMissing(f"no such file: {shown_uri(first)!r}")


def _checked(path: str) -> str:
    if os.path.isdir(path):
        raise PlaylistEntryInvalid(f"{path!r} is a folder")
    if names.is_playlist(path):
        raise PlaylistEntryInvalid(f"{path!r} is a playlist itself")
    if not os.path.isfile(path):
        raise NotAFile(f"{path!r} is not a regular file")
    return uri_of(path)


def _places(entry: str) -> Iterator[str]:
    """Paths that an entry may mean, the likeliest first."""
    if entry.strip().lower().startswith("file://"):
        parts = urlsplit(entry.strip())
        if parts.netloc in ("", "localhost"):
            yield os.fsdecode(unquote_to_bytes(parts.path))
        return
    yield entry
    yield entry.strip()
    words = PureWindowsPath(entry.strip())
    if "\\" in entry and not words.drive and not words.root:
        yield os.path.join(*words.parts)
