"""Playlists that people save: what one is, and the port of what keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import InvalidRequest, NotFound, SegueError
from segue.texts import control_character

MOST_PLAYLISTS = 1_000
"""Of one owner."""

MOST_TRACKS = 10_000
"""Of one playlist."""

MOST_ID_BYTES = 256
MOST_NAME_BYTES = 1_024
MOST_COMMENT_BYTES = 4_096


class PlaylistNotFound(NotFound):
    """No playlist has this id."""

    reason = "PLAYLIST_NOT_FOUND"
    next_step = "List the playlists: it may have been removed."

    def __init__(self, playlist_id: str) -> None:
        super().__init__(f"there is no playlist {playlist_id!r}")


class PlaylistUnfit(InvalidRequest):
    """A playlist cannot be saved like this."""

    reason = "PLAYLIST_UNFIT"
    next_step = "Give it a name and fewer tracks."


class PlaylistsFull(SegueError):
    """An owner has as many playlists as one may have."""

    reason = "PLAYLISTS_FULL"
    next_step = "Remove playlists that nobody plays."


class StarsFull(SegueError):
    """An account has starred as much as one may."""

    reason = "STARS_FULL"
    next_step = "Take stars back."


@dataclass(frozen=True, slots=True)
class PlaylistDraft:
    """What its owner says of a playlist.

    Attributes
    ----------
    public
        Whether everybody with an account may hear it.
    duration_seconds
        Of all its tracks, when it was saved.
    catalogue
        Of which its tracks are; empty: the default one.
    """

    name: str
    track_ids: tuple[str, ...] = ()
    public: bool = False
    comment: str = ""
    duration_seconds: float = 0.0
    catalogue: str = DEFAULT_CATALOGUE

    def __post_init__(self) -> None:
        if not self.name.strip() or control_character(self.name) is not None:
            raise PlaylistUnfit("a playlist has a name, without control characters")
        for text, most, what in (
            (self.name, MOST_NAME_BYTES, "the name of a playlist"),
            (self.comment, MOST_COMMENT_BYTES, "a comment"),
        ):
            if not 0 <= _size(text) <= most:
                raise PlaylistUnfit(f"{what} has at most {most} bytes in UTF-8")
        if len(self.track_ids) > MOST_TRACKS:
            raise PlaylistUnfit(f"a playlist has at most {MOST_TRACKS} tracks")
        if not all(0 < _size(one) <= MOST_ID_BYTES for one in self.track_ids):
            raise PlaylistUnfit(f"ids of tracks have 1 to {MOST_ID_BYTES} bytes in UTF-8")


@dataclass(frozen=True, slots=True)
class PlaylistSummary:
    """A playlist without its tracks.

    Attributes
    ----------
    owner
        Id of the account that saved it; empty: the owner of the stack.
    tracks
        How many it has.
    created_at, changed_at
        Seconds since 1970.
    catalogue
        Of which its tracks are; empty: the default one.
    """

    playlist_id: str
    owner: str
    name: str
    public: bool
    comment: str
    tracks: int
    duration_seconds: float
    created_at: float
    changed_at: float
    catalogue: str = DEFAULT_CATALOGUE


@dataclass(frozen=True, slots=True)
class SavedPlaylist:
    """A playlist; the ids of its tracks are in its order, and may repeat."""

    summary: PlaylistSummary
    track_ids: tuple[str, ...]


class PlaylistStore(Protocol):
    """Keeps playlists, for all replicas. Every method raises ``QueueUnavailable`` without it."""

    async def create(self, owner: str, draft: PlaylistDraft) -> SavedPlaylist:
        """Save a new playlist. When it returns, it survives a crash.

        Raises
        ------
        PlaylistsFull
            When the owner has ``MOST_PLAYLISTS``.
        QueueFull
            When there is no memory for it.
        """
        ...

    async def every(self) -> list[PlaylistSummary]:
        """All playlists of everybody, the oldest first."""
        ...

    async def get(self, playlist_id: str) -> SavedPlaylist:
        """One playlist. Raises ``PlaylistNotFound``."""
        ...

    async def change(
        self, playlist_id: str, change: Callable[[SavedPlaylist], PlaylistDraft]
    ) -> SavedPlaylist:
        """Save a playlist as ``change`` makes it of what it is now.

        Where somebody else changes it meanwhile, ``change`` is called again.

        Raises
        ------
        PlaylistNotFound
            When there is none.
        QueueFull
            When there is no memory for it.
        """
        ...

    async def remove(self, playlist_id: str) -> None:
        """Remove a playlist. Raises ``PlaylistNotFound``."""
        ...


def draft_of(playlist: SavedPlaylist) -> PlaylistDraft:
    """What its owner has said of a playlist: what a change begins with."""
    summary = playlist.summary
    return PlaylistDraft(
        summary.name,
        playlist.track_ids,
        summary.public,
        summary.comment,
        summary.duration_seconds,
        summary.catalogue,
    )


def without_places(track_ids: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """The tracks but those at some places, counted from 0; places that are none are passed over."""
    gone = frozenset(places)
    return tuple(one for place, one in enumerate(track_ids) if place not in gone)


def _size(text: str) -> int:
    """Bytes of a text in UTF-8; -1 for what cannot be written so."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return -1
