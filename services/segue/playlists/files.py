"""Playlists as files that players read: extended M3U, XSPF 1 and JSPF.

What players make of them, and so what is written:

- M3U: one path a line, as the disk spells it, since most players compare bytes and decode percent
  signs in URIs only. What a line cannot hold (a line end, blanks at an end, bytes that are no
  UTF-8) is written as a ``file://`` URI, and so is what VLC takes for parts of an address (``#``,
  ``?``, ``%``). A part of a file is the whole file to most; VLC heeds ``#EXTVLCOPT``.
- XSPF (https://xspf.org/spec): a location is a URI, percent-encoded once. Texts hold no characters
  that XML has none for.
- JSPF (https://xspf.org/jspf): the same in JSON; locations and identifiers are arrays, and lengths
  are in milliseconds.

Texts are in NFC; places are never touched.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote, quote_from_bytes
from xml.sax.saxutils import escape

from segue.media_fragments import Part
from segue.texts import cleaned

_MUSICBRAINZ = "https://musicbrainz.org/recording/"
_VLC = "http://www.videolan.org/vlc/playlist/0"
_VLC_NAMES = "http://www.videolan.org/vlc/playlist/ns/0/"
_MISREAD = frozenset("#?%\0")
"""Characters of a path that a player may take for something else."""

_SAFE_IN_ADDRESSES = "%/:?#[]@!$&'()*+,;=~"
"""What stays as it is in an address that is one already: nothing is encoded twice."""


class PlaylistFormat(Enum):
    """A kind of file, by the suffix that it has first of all."""

    M3U8 = ".m3u8"
    XSPF = ".xspf"
    JSPF = ".jspf"

    @property
    def media_type(self) -> str:
        """Its type on the web."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    PlaylistFormat.M3U8: "audio/x-mpegurl",
    PlaylistFormat.XSPF: "application/xspf+xml",
    PlaylistFormat.JSPF: "application/jspf+json",
}

FORMATS = {".m3u": PlaylistFormat.M3U8} | {one.value: one for one in PlaylistFormat}
"""By suffix, in lower case."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where audio lies: one of a path, an address, and the name alone of a file.

    Attributes
    ----------
    path
        Absolute, of a local file; bytes that are no UTF-8 as the system's surrogates.
    address
        An ``http`` or ``https`` URL.
    name
        Of a file whose folder is not told or that no player could reach.
    part
        What of the file is meant; None: all of it.
    """

    path: str = ""
    address: str = ""
    name: str = ""
    part: Part | None = None

    def __bool__(self) -> bool:
        return bool(self.path or self.address or self.name)

    @property
    def is_reached(self) -> bool:
        """Whether a player finds the audio there."""
        return bool(self.path or self.address)


@dataclass(frozen=True, slots=True)
class Entry:
    """One track of a playlist.

    Attributes
    ----------
    duration_seconds
        0: not known.
    isrc, musicbrainz_recording_id
        Empty: not known.
    """

    place: Place
    title: str = ""
    artist: str = ""
    album: str = ""
    duration_seconds: float = 0.0
    track_number: int | None = None
    isrc: str = ""
    musicbrainz_recording_id: str = ""

    @property
    def identifiers(self) -> list[str]:
        """URIs that stand for the recording, wherever it lies."""
        found = []
        if self.musicbrainz_recording_id:
            found.append(_MUSICBRAINZ + self.musicbrainz_recording_id)
        if self.isrc:
            found.append(f"isrc:{self.isrc}")
        return found


def written(entries: Sequence[Entry], form: PlaylistFormat, title: str = "") -> bytes:
    """A playlist as a file, in UTF-8.

    What no player can reach stands there by its name, and where there is no name, by artist and
    title: in M3U as a comment.
    """
    if form is PlaylistFormat.M3U8:
        return "".join(f"{line}\n" for line in _m3u_lines(entries, title)).encode()
    if form is PlaylistFormat.XSPF:
        return "".join(f"{line}\n" for line in _xspf_lines(entries, title)).encode()
    playlist = {"playlist": _jspf(entries, title)}
    return f"{json.dumps(playlist, ensure_ascii=False, indent=2)}\n".encode()


def _m3u_lines(entries: Sequence[Entry], title: str) -> Iterator[str]:
    yield "#EXTM3U"
    if title:
        yield f"#PLAYLIST:{_text(title)}"
    for entry in entries:
        name = " - ".join(filter(None, (_text(entry.artist), _text(entry.title))))
        if not entry.place:
            yield f"# no file is known of: {name or 'a track without a name'}"
            continue
        # -1 stands for a length that is not known.
        seconds = round(entry.duration_seconds) if entry.duration_seconds > 0 else -1
        yield f"#EXTINF:{seconds},{name or _text(_file_name(entry.place))}"
        if entry.album:
            yield f"#EXTALB:{_text(entry.album)}"
        if entry.place.part is not None:
            yield f"#EXTVLCOPT:start-time={entry.place.part.start_seconds:.3f}"
            if entry.place.part.end_seconds is not None:
                yield f"#EXTVLCOPT:stop-time={entry.place.part.end_seconds:.3f}"
        yield _m3u_place(entry.place)


def _m3u_place(place: Place) -> str:
    if place.address:
        return _address(place.address)
    if place.path:
        return place.path if _fits_line(place.path) else _file_uri(place.path)
    # A name that begins with # would be a comment, one with a colon may be taken for an address.
    return f"./{place.name}" if _fits_line(place.name) else f"./{_encoded(place.name)}"


def _fits_line(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return path == path.strip() and len(path.splitlines()) == 1 and _MISREAD.isdisjoint(path)


def _xspf_lines(entries: Sequence[Entry], title: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<playlist version="1" xmlns="http://xspf.org/ns/0/" xmlns:vlc="{_VLC_NAMES}">'
    if title:
        yield f"  <title>{_xml(title)}</title>"
    yield "  <trackList>"
    for entry in entries:
        yield "    <track>"
        if entry.place:
            yield f"      <location>{_xml(_uri(entry.place))}</location>"
        for identifier in entry.identifiers:
            yield f"      <identifier>{_xml(identifier)}</identifier>"
        for name, text in (
            ("title", entry.title),
            ("creator", entry.artist),
            ("album", entry.album),
        ):
            if _text(text):
                yield f"      <{name}>{_xml(text)}</{name}>"
        if entry.track_number:
            yield f"      <trackNum>{entry.track_number}</trackNum>"
        if entry.duration_seconds > 0:
            yield f"      <duration>{round(entry.duration_seconds * 1000)}</duration>"
        if entry.place.part is not None:
            yield f'      <extension application="{_VLC}">'
            start, end = entry.place.part.start_seconds, entry.place.part.end_seconds
            yield f"        <vlc:option>start-time={start:.3f}</vlc:option>"
            if end is not None:
                yield f"        <vlc:option>stop-time={end:.3f}</vlc:option>"
            yield "      </extension>"
        yield "    </track>"
    yield "  </trackList>"
    yield "</playlist>"


def _jspf(entries: Sequence[Entry], title: str) -> dict[str, object]:
    playlist: dict[str, object] = {"title": _text(title)} if title else {}
    playlist["track"] = [_jspf_track(entry) for entry in entries]
    return playlist


def _jspf_track(entry: Entry) -> dict[str, object]:
    track: dict[str, object] = {}
    if entry.place:
        track["location"] = [_uri(entry.place)]
    if entry.identifiers:
        track["identifier"] = entry.identifiers
    for name, text in (("title", entry.title), ("creator", entry.artist), ("album", entry.album)):
        if _text(text):
            track[name] = _text(text)
    if entry.track_number:
        track["trackNum"] = entry.track_number
    if entry.duration_seconds > 0:
        track["duration"] = round(entry.duration_seconds * 1000)
    return track


def _uri(place: Place) -> str:
    """The place as a URI, or as one relative to the playlist."""
    if place.address:
        return _address(place.address)
    uri = _file_uri(place.path) if place.path else f"./{_encoded(place.name)}"
    return uri if place.part is None else f"{uri}{place.part.fragment}"


def _file_uri(path: str) -> str:
    return f"file://{_encoded(path)}"


def _encoded(name: str) -> str:
    return quote_from_bytes(os.fsencode(name))


def _address(url: str) -> str:
    return quote(url, safe=_SAFE_IN_ADDRESSES)


def _file_name(place: Place) -> str:
    return (place.path or place.address or place.name).rpartition("/")[2]


def _text(text: str) -> str:
    """A text on one line, composed."""
    return unicodedata.normalize("NFC", cleaned(text))


def _xml(text: str) -> str:
    # XML has no characters for these two, escaped or not.
    return escape(_text(text).replace("\ufffe", "").replace("\uffff", ""))
