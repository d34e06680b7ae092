"""Saved playlists as an account may see and change them: its own, and those that are public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import NotPermitted
from segue.saved_playlists import (
    PlaylistDraft,
    PlaylistNotFound,
    PlaylistStore,
    PlaylistSummary,
    SavedPlaylist,
    draft_of,
)
from segue.v1 import catalog_service_pb2, track_pb2
from segue.web.backend import Backend
from segue.web.callers import OWNER, Role, WebCaller

_PIECE = 1_000


class PlaylistOfAnother(NotPermitted):
    """A playlist is somebody else's."""

    reason = "PLAYLIST_OF_ANOTHER"
    next_step = "Save it as one of your own, and change that."


class OwnPlaylists:
    """Playlists of one owner, of one catalogue.

    Parameters
    ----------
    owner
        Id of an account; empty: the owner of the stack, who sees and may remove everybody's.
    catalogue
        Those of another one are none here; empty: the default one.
    """

    def __init__(
        self,
        store: PlaylistStore,
        backend: Backend,
        owner: str,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._store = store
        self._backend = backend
        self._owner = owner
        self._catalogue = catalogue
        self._reader = WebCaller(Role.LISTENER, account_id=owner).as_reader if owner else OWNER

    async def every(self) -> list[PlaylistSummary]:
        """Those that the owner may hear, by name.

        Raises
        ------
        QueueUnavailable
            As all here, when playlists cannot be read.
        """
        heard = filter(self._may_hear, await self._store.every())
        return sorted(heard, key=lambda one: (one.name.casefold(), one.playlist_id))

    async def get(self, playlist_id: str) -> SavedPlaylist:
        """One of them. Raises ``PlaylistNotFound``, also for another's that is not public."""
        playlist = await self._store.get(playlist_id)
        if not self._may_hear(playlist.summary):
            raise PlaylistNotFound(playlist_id)
        return playlist

    async def create(self, draft: PlaylistDraft) -> SavedPlaylist:
        """Save a new one.

        Raises
        ------
        PlaylistUnfit, PlaylistsFull, QueueFull
            When it cannot be saved.
        """
        own = replace(draft, catalogue=self._catalogue)
        return await self._store.create(self._owner, await self._measured(own))

    async def change(
        self, playlist_id: str, change: Callable[[PlaylistDraft], PlaylistDraft]
    ) -> SavedPlaylist:
        """Save one of the owner's own as ``change`` makes it of what it is.

        Raises
        ------
        PlaylistNotFound, PlaylistOfAnother
            When it is none of theirs.
        PlaylistUnfit, QueueFull
            When it cannot be saved.
        """
        now = await self.get(playlist_id)
        if now.summary.owner != self._owner:
            raise PlaylistOfAnother("this playlist is somebody else's")
        # What is said of the length may be of an earlier state where two change it at once; what
        # tracks it has is not.
        length = (await self._measured(change(draft_of(now)))).duration_seconds
        return await self._store.change(
            playlist_id,
            lambda stands: replace(change(draft_of(stands)), duration_seconds=length),
        )

    async def remove(self, playlist_id: str) -> None:
        """Remove one.

        Raises
        ------
        PlaylistNotFound, PlaylistOfAnother
            When it is none of theirs.
        """
        summary = (await self.get(playlist_id)).summary
        if self._owner and summary.owner != self._owner:
            raise PlaylistOfAnother("this playlist is somebody else's")
        await self._store.remove(playlist_id)

    def _may_hear(self, summary: PlaylistSummary) -> bool:
        if summary.catalogue != self._catalogue:
            return False
        return summary.public or summary.owner == self._owner or not self._owner

    async def _measured(self, draft: PlaylistDraft) -> PlaylistDraft:
        seconds: dict[str, float] = {}
        unique = list(dict.fromkeys(draft.track_ids))
        for first in range(0, len(unique), _PIECE):
            request = catalog_service_pb2.GetTracksRequest(
                track_ids=unique[first : first + _PIECE],
                view=track_pb2.TRACK_VIEW_BASIC,
                catalogue=self._catalogue,
            )
            answer = await self._backend.call("CatalogService", "GetTracks", request, self._reader)
            seconds |= {track.track_id: track.duration_seconds for track in answer.tracks}
        length = sum(seconds.get(track_id, 0.0) for track_id in draft.track_ids)
        return replace(draft, duration_seconds=length)
