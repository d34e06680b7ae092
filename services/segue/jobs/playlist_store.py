"""Saved playlists and stars in the queue's Redis, which all replicas share."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from segue.jobs import scripts
from segue.jobs.connection import StoreOnRedis
from segue.saved_playlists import (
    MOST_PLAYLISTS,
    PlaylistDraft,
    PlaylistNotFound,
    PlaylistsFull,
    PlaylistSummary,
    SavedPlaylist,
    StarsFull,
)
from segue.settings import QueueSettings

MOST_STARS = 20_000
"""Of one account."""

_LIST = "segue:playlists"
_STARS = "segue:stars:"


class RedisPlaylistStore(StoreOnRedis):
    """:class:`segue.saved_playlists.PlaylistStore` over Redis, and what accounts have starred.

    Every method raises ``QueueUnavailable`` when Redis does not answer.

    Parameters
    ----------
    timeout_seconds
        Longest wait for one answer.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(self, queue: QueueSettings, *, timeout_seconds: float = 5.0) -> None:
        super().__init__(queue, connections=8, timeout_seconds=timeout_seconds)
        self._save = self._redis.register_script(scripts.SAVE_PLAYLIST)

    async def create(self, owner: str, draft: PlaylistDraft) -> SavedPlaylist:
        """As the port says."""
        if sum(one.owner == owner for one in await self.every()) >= MOST_PLAYLISTS:
            raise PlaylistsFull(f"there are {MOST_PLAYLISTS} playlists of the same owner")
        now = time.time()
        made = _drafted(uuid.uuid4().hex, owner, draft, now, now)
        await self._saved(made, "")
        return made

    async def every(self) -> list[PlaylistSummary]:
        """As the port says."""
        async with self._answers():
            found = await cast("Awaitable[dict[str, str]]", self._redis.hgetall(_LIST))
        summaries = [_summary(text)[0] for text in found.values()]
        return sorted(summaries, key=lambda one: (one.created_at, one.playlist_id))

    async def get(self, playlist_id: str) -> SavedPlaylist:
        """As the port says."""
        playlist, _ = await self._read(playlist_id)
        return playlist

    async def change(
        self, playlist_id: str, change: Callable[[SavedPlaylist], PlaylistDraft]
    ) -> SavedPlaylist:
        """As the port says."""
        while True:
            now, version = await self._read(playlist_id)
            kept = now.summary
            made = _drafted(playlist_id, kept.owner, change(now), kept.created_at, time.time())
            if await self._saved(made, version):
                return made

    async def remove(self, playlist_id: str) -> None:
        """As the port says."""
        async with self._answers(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(_LIST, playlist_id)
            pipe.unlink(_tracks_key(playlist_id))
            removed, _ = await pipe.execute()
        if not removed:
            raise PlaylistNotFound(playlist_id)

    async def stars(self, account: str) -> dict[str, float]:
        """What an account has starred: id → when, in seconds since 1970."""
        async with self._answers():
            found = await cast("Awaitable[dict[str, str]]", self._redis.hgetall(_STARS + account))
        return {item: int(moment) / 1_000 for item, moment in found.items()}

    async def star(self, account: str, items: Sequence[str]) -> None:
        """Star items by their ids; those that are starred keep their moment.

        Raises
        ------
        StarsFull
            When the account would have more than ``MOST_STARS``.
        """
        moment = str(int(time.time() * 1_000))
        async with self._answers():
            count = await self._redis.hlen(_STARS + account)
        if count + len(items) > MOST_STARS:
            raise StarsFull(f"an account stars at most {MOST_STARS} things")
        async with self._answers(), self._redis.pipeline(transaction=True) as pipe:
            for item in items:
                pipe.hsetnx(_STARS + account, item, moment)
            await pipe.execute()

    async def unstar(self, account: str, items: Sequence[str]) -> None:
        """Take stars back; those that are not there are passed over."""
        if items:
            async with self._answers():
                await self._redis.hdel(_STARS + account, *items)

    async def remove_all_of(self, accounts: Collection[str]) -> None:
        """Remove all playlists and stars of some accounts."""
        gone = [one.playlist_id for one in await self.every() if one.owner in accounts]
        async with self._answers(), self._redis.pipeline(transaction=True) as pipe:
            for playlist_id in gone:
                pipe.hdel(_LIST, playlist_id)
                pipe.unlink(_tracks_key(playlist_id))
            for account in accounts:
                pipe.unlink(_STARS + account)
            await pipe.execute()

    async def _read(self, playlist_id: str) -> tuple[SavedPlaylist, str]:
        async with self._answers(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hget(_LIST, playlist_id)
            pipe.get(_tracks_key(playlist_id))
            said, tracks = await pipe.execute()
        if said is None:
            raise PlaylistNotFound(playlist_id)
        summary, version = _summary(said)
        return SavedPlaylist(summary, tuple(json.loads(tracks))), version

    async def _saved(self, playlist: SavedPlaylist, version: str) -> bool:
        fields: Mapping[str, Any] = asdict(playlist.summary) | {"version": uuid.uuid4().hex}
        playlist_id = playlist.summary.playlist_id
        async with self._answers():
            saved = await self._save(
                keys=[_LIST, _tracks_key(playlist_id)],
                args=[playlist_id, version, _json(fields), _json(playlist.track_ids)],
            )
        return bool(saved)


def _tracks_key(playlist_id: str) -> str:
    return f"{_LIST}:{playlist_id}:tracks"


def _drafted(
    playlist_id: str, owner: str, draft: PlaylistDraft, created_at: float, changed_at: float
) -> SavedPlaylist:
    summary = PlaylistSummary(
        playlist_id=playlist_id,
        owner=owner,
        name=draft.name,
        public=draft.public,
        comment=draft.comment,
        tracks=len(draft.track_ids),
        duration_seconds=draft.duration_seconds,
        created_at=created_at,
        changed_at=changed_at,
        catalogue=draft.catalogue,
    )
    return SavedPlaylist(summary, draft.track_ids)


def _summary(text: str) -> tuple[PlaylistSummary, str]:
    fields = json.loads(text)
    version = fields.pop("version")
    return PlaylistSummary(**fields), version


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
