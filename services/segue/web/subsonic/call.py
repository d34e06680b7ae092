"""One call of a method: what it says, who it is of, and what it is answered from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from segue.jobs.playlist_store import RedisPlaylistStore
from segue.v1 import catalog_service_pb2, track_pb2
from segue.web.account_file import Account
from segue.web.backend import Backend
from segue.web.callers import Role, WebCaller
from segue.web.playlists import OwnPlaylists
from segue.web.subsonic import ids
from segue.web.subsonic.entries import Entry, Stars, song_entry
from segue.web.subsonic.errors import SubsonicError
from segue.web.subsonic.library import Library
from segue.web.subsonic.library_keeper import LibraryKeeper
from segue.web.subsonic.parameters import Parameters
from segue.web.subsonic.songs import Album, Artist, Song, song_of


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose sender is known.

    All is read with the owner's rights, and counts for the account: whoever has one may hear the
    whole catalogue.
    """

    request: Request
    parameters: Parameters
    account: Account
    backend: Backend
    keeper: LibraryKeeper
    store: RedisPlaylistStore

    @property
    def caller(self) -> WebCaller:
        """Who makes it, as the rest of the page knows callers."""
        return WebCaller(Role.LISTENER, self.account.name, self.account.account_id)

    @property
    def playlists(self) -> OwnPlaylists:
        """What the account may do with saved playlists."""
        return OwnPlaylists(self.store, self.backend, self.account.account_id)

    async def ask(self, service: str, method: str, request: Any) -> Any:
        """Ask the query service. Raises as :meth:`Backend.call`."""
        return await self.backend.call(service, method, request, self.caller.as_reader)

    async def library(self) -> Library:
        """All songs, albums and artists. Raises as :meth:`LibraryKeeper.library`."""
        return await self.keeper.library()

    async def stars(self) -> Stars:
        """What the account has starred."""
        return await self.store.stars(self.account.account_id)

    async def song(self, identifier: str) -> Song:
        """The song of an id, as it is now. Raises ``SubsonicError`` where there is none."""
        found = await self.tracks([ids.track_id_of(identifier)])
        if not found:
            raise SubsonicError.not_found(identifier)
        return found[0]

    async def tracks(self, track_ids: list[str]) -> list[Song]:
        """Songs by ids of their tracks, in this order, without those that are not there."""
        found: dict[str, Song] = {}
        unique = list(dict.fromkeys(track_ids))
        for first in range(0, len(unique), 1_000):
            request = catalog_service_pb2.GetTracksRequest(
                track_ids=unique[first : first + 1_000], view=track_pb2.TRACK_VIEW_FULL
            )
            answer = await self.ask("CatalogService", "GetTracks", request)
            found |= {track.track_id: song_of(track) for track in answer.tracks}
        return [found[track_id] for track_id in track_ids if track_id in found]

    async def album(self, identifier: str) -> Album:
        """The album of an id. Raises ``SubsonicError`` where there is none."""
        album = (await self.library()).by_album.get(identifier)
        if album is None:
            album = (await self.keeper.library(missing=True)).by_album.get(identifier)
        if album is None:
            raise SubsonicError.not_found(identifier)
        return album

    async def artist(self, identifier: str) -> Artist:
        """The artist of an id. Raises ``SubsonicError`` where there is none."""
        artist = (await self.library()).by_artist.get(identifier)
        if artist is None:
            artist = (await self.keeper.library(missing=True)).by_artist.get(identifier)
        if artist is None:
            raise SubsonicError.not_found(identifier)
        return artist

    async def written(self, songs: list[Song]) -> list[Entry]:
        """Songs as they are answered, with the account's stars."""
        stars = await self.stars()
        return [song_entry(song, stars) for song in songs]
