"""Tracks that a file lists, as they are named there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from segue.errors import InvalidRequest
from segue.library.names import is_playlist
from segue.library.playlist import read_playlist
from segue.limits import MOST_PLAYLIST_SEED_TRACKS
from segue.permissions import unreadable

_MOST_BYTES = 16 * 1024 * 1024
"""What the longest list that is taken can need: a source of 16 384 bytes for each track."""


class TrackListUnusable(InvalidRequest):
    """A file of tracks that holds none, too many, or no text."""

    reason = "TRACK_LIST_UNUSABLE"
    next_step = (
        f"Give a playlist (M3U, XSPF, JSPF), or a text with one to {MOST_PLAYLIST_SEED_TRACKS:,} "
        "tracks, each on a line of its own."
    )


@dataclass(frozen=True, slots=True)
class TrackList:
    """What a file calls its tracks, each once.

    Attributes
    ----------
    astray
        Entries of a playlist that lead to no file, as "list.m3u8 line 3".
    """

    names: list[str]
    astray: list[str] = field(default_factory=list)


def read_track_list(path: Path) -> TrackList:
    """Read a playlist, whose entries are sources, or a text with an id, path or name a line.

    In a text, lines that are empty or begin with ``#`` are passed over.

    Raises
    ------
    SourceNotFound, SourceNotReadable, SourceUnavailable
        When the file cannot be read.
    PlaylistBroken
        As ``read_playlist``.
    TrackListUnusable
        When it holds no tracks, more than 1 000, or is no text.
    """
    try:
        tracks = _playlist(path) if is_playlist(path.name) else TrackList(_lines(path))
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc
    number = len(tracks.names) + len(tracks.astray)
    if not 1 <= number <= MOST_PLAYLIST_SEED_TRACKS:
        raise TrackListUnusable(f"{path} names {number:,} tracks")
    return tracks


def _playlist(path: Path) -> TrackList:
    playlist = read_playlist(path)
    return TrackList(
        playlist.uris,
        [f"{path.name}{problem.place.removeprefix(str(path))}" for problem in playlist.problems],
    )


def _lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise TrackListUnusable(f"{path} is larger than {_MOST_BYTES // 2**20} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise TrackListUnusable(f"{path} is no text in UTF-8: {exc}") from exc
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
