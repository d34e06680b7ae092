"""Saved playlists and stars over a real server, which is killed in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import redis

from redis_process import RedisProcess
from segue.errors import QueueFull, QueueUnavailable
from segue.jobs import playlist_store
from segue.jobs.playlist_store import RedisPlaylistStore
from segue.saved_playlists import (
    MOST_NAME_BYTES,
    MOST_TRACKS,
    PlaylistDraft,
    PlaylistNotFound,
    PlaylistsFull,
    PlaylistUnfit,
    SavedPlaylist,
    StarsFull,
    draft_of,
    without_places,
)
from segue.settings import QueueSettings

DRAFT = PlaylistDraft("Søndag ☕", ("a", "b c", "a"), True, "slow", 12.5)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[RedisPlaylistStore]:
    opened = RedisPlaylistStore(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


async def test_what_is_saved_is_read_back(store: RedisPlaylistStore) -> None:
    made = await store.create("ann", DRAFT)
    assert draft_of(made) == DRAFT
    assert await store.get(made.summary.playlist_id) == made
    other = await store.create("", PlaylistDraft("none"))
    assert await store.every() == [made.summary, other.summary]
    assert (made.summary.owner, made.summary.tracks) == ("ann", 3)
    assert other.track_ids == ()


async def test_a_playlist_keeps_its_catalogue_and_had_none_before_there_were_others(
    store: RedisPlaylistStore, redis_url: str
) -> None:
    made = await store.create("ann", replace(DRAFT, catalogue="archive"))
    playlist_id = made.summary.playlist_id
    changed = await store.change(playlist_id, lambda now: replace(draft_of(now), name="Other"))
    assert (made.summary.catalogue, changed.summary.catalogue) == ("archive", "archive")
    with redis.Redis.from_url(redis_url) as client:
        said: Any = json.loads(client.hget("segue:playlists", playlist_id))
        del said["catalogue"]
        client.hset("segue:playlists", playlist_id, json.dumps(said))
    assert (await store.get(playlist_id)).summary.catalogue == ""


async def test_a_change_begins_with_what_is_there(store: RedisPlaylistStore) -> None:
    made = await store.create("ann", DRAFT)
    changed = await store.change(
        made.summary.playlist_id,
        lambda now: replace(draft_of(now), track_ids=without_places(now.track_ids, [0, 7])),
    )
    assert changed.track_ids == ("b c", "a")
    assert changed.summary.created_at == made.summary.created_at
    assert changed.summary.changed_at >= made.summary.changed_at
    assert await store.get(made.summary.playlist_id) == changed


async def test_changes_at_the_same_time_are_all_made(
    store: RedisPlaylistStore, redis_url: str
) -> None:
    """Two replicas add tracks to one playlist: none is lost."""
    made = await store.create("ann", PlaylistDraft("both"))
    other = RedisPlaylistStore(QueueSettings(redis_url=redis_url))

    def adding(track: str) -> Callable[[SavedPlaylist], PlaylistDraft]:
        def change(now: SavedPlaylist) -> PlaylistDraft:
            return replace(draft_of(now), track_ids=(*now.track_ids, track))

        return change

    await asyncio.gather(
        *(
            (store, other)[number % 2].change(made.summary.playlist_id, adding(f"t{number}"))
            for number in range(20)
        )
    )
    await other.close()
    found = await store.get(made.summary.playlist_id)
    assert sorted(found.track_ids) == sorted(f"t{number}" for number in range(20))


async def test_what_is_removed_leaves_nothing(store: RedisPlaylistStore, redis_url: str) -> None:
    made = await store.create("ann", DRAFT)
    playlist_id = made.summary.playlist_id
    await store.remove(playlist_id)
    for call in (store.get(playlist_id), store.remove(playlist_id)):
        with pytest.raises(PlaylistNotFound):
            await call
    with pytest.raises(PlaylistNotFound):
        await store.change(playlist_id, draft_of)
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys("segue:playlists*") == []


async def test_it_survives_a_kill_of_redis(
    store: RedisPlaylistStore, redis_process: RedisProcess
) -> None:
    made = await store.create("ann", DRAFT)
    await store.star("ann", ["s1"])
    redis_process.kill()
    with pytest.raises(QueueUnavailable):
        await store.every()
    redis_process.start()
    assert await store.every() == [made.summary]
    assert list(await store.stars("ann")) == ["s1"]


async def test_a_full_memory_refuses_and_keeps_what_is_there(
    store: RedisPlaylistStore, redis_url: str
) -> None:
    made = await store.create("ann", DRAFT)
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "1mb")
        with pytest.raises(QueueFull):
            await store.create("ann", PlaylistDraft("more"))
        client.config_set("maxmemory", "0")
    assert await store.every() == [made.summary]


async def test_an_owner_has_a_bound(
    store: RedisPlaylistStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playlist_store, "MOST_PLAYLISTS", 2)
    for _ in range(2):
        await store.create("ann", DRAFT)
    with pytest.raises(PlaylistsFull):
        await store.create("ann", DRAFT)
    await store.create("bob", DRAFT)


async def test_stars_keep_their_moment_and_are_an_accounts_own(
    store: RedisPlaylistStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.star("ann", ["s1", "al"])
    first = await store.stars("ann")
    await store.star("ann", ["s1", "s2"])
    assert (await store.stars("ann"))["s1"] == first["s1"]
    await store.unstar("ann", ["s1", "nothing"])
    await store.unstar("ann", [])
    assert sorted(await store.stars("ann")) == ["al", "s2"]
    assert await store.stars("bob") == {}
    monkeypatch.setattr(playlist_store, "MOST_STARS", 3)
    with pytest.raises(StarsFull, match="at most 3"):
        await store.star("ann", ["s3", "s4"])


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"name": "n" * (MOST_NAME_BYTES + 1)},
        {"name": "a\nb"},
        {"name": "\ud800"},
        {"name": "n", "comment": "\udfff"},
        {"name": "n", "track_ids": ("\ud800",)},
        {"name": "n", "track_ids": ("t" * 257,)},
        {"name": "n", "comment": "c" * 5_000},
        {"name": "n", "track_ids": ("t",) * (MOST_TRACKS + 1)},
    ],
)
def test_a_draft_has_bounds(fields: dict[str, Any]) -> None:
    with pytest.raises(PlaylistUnfit):
        PlaylistDraft(**fields)


async def test_all_of_an_account_is_removed_and_nothing_of_others(
    store: RedisPlaylistStore, redis_url: str
) -> None:
    for owner in ("ann", "ann", "ann~2", ""):
        await store.create(owner, DRAFT)
    for account in ("ann", "ann~2"):
        await store.star(account, ["tr-a"])
    await store.remove_all_of({"ann", "nobody"})
    assert sorted(one.owner for one in await store.every()) == ["", "ann~2"]
    assert await store.stars("ann") == {}
    assert list(await store.stars("ann~2")) == ["tr-a"]
    with redis.Redis.from_url(redis_url) as client:
        assert len(client.keys("segue:playlists:*:tracks")) == 2
