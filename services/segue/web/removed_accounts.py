"""What removed accounts leave behind: nobody has their ids again, and nobody hears what they kept.

Removing an account wants nothing but the file of accounts, so that it works while the stack is
down. The page's processes clear up after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from segue.errors import SegueError
from segue.jobs.playlist_store import RedisPlaylistStore
from segue.web.accounts import Accounts

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0


@asynccontextmanager
async def cleared(accounts: Accounts, store: RedisPlaylistStore) -> AsyncIterator[None]:
    """Remove playlists and stars of accounts that are removed, as long as this is open.

    A call that was under way when its account went may save something after that. The next start
    of any replica removes it.
    """
    clearing = asyncio.create_task(_clear(accounts, store))
    try:
        yield
    finally:
        clearing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await clearing


async def _clear(accounts: Accounts, store: RedisPlaylistStore) -> None:
    done: frozenset[str] = frozenset()
    said = ""
    while True:
        try:
            retired = accounts.retired()
            if gone := retired - done:
                await store.remove_all_of(gone)
            done, said = retired, ""
        except SegueError as exc:
            if exc.reason != said:  # once, and not every few seconds
                log.warning("what removed accounts leave behind stays: %s (%s)", exc, exc.reason)
            said = exc.reason
        await asyncio.sleep(EVERY_SECONDS)
