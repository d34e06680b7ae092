"""Where the API is among the application's routes, and what it keeps open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import State
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from segue.jobs.changed_tracks import ChangedTracks
from segue.jobs.playlist_store import RedisPlaylistStore
from segue.settings import QueueSettings
from segue.web.accounts import Accounts
from segue.web.removed_accounts import cleared
from segue.web.subsonic.application import PATH, Subsonic


def routes() -> list[Mount]:
    """What the application mounts."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await scope["app"].state.subsonic(scope, receive, send)

    return [Mount(PATH, call)]


@asynccontextmanager
async def opened(state: State, accounts: Accounts, queue: QueueSettings) -> AsyncIterator[None]:
    """Open what saved playlists and the API need, beside ``state.backend``.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """
    state.playlist_store = RedisPlaylistStore(queue)
    changed = ChangedTracks(queue)
    state.subsonic = Subsonic(state.backend, accounts, state.playlist_store, changed)
    try:
        async with cleared(accounts, state.playlist_store):
            yield
    finally:
        await state.subsonic.close()
        await changed.close()
        await state.playlist_store.close()
