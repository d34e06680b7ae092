"""What listeners did, over a real redis-server that is killed in between."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import redis

from redis_process import RedisProcess
from segue.errors import InteractionsFull, QueueUnavailable
from segue.interactions import EntryId, Interaction, InteractionKind
from segue.jobs.listener_store import MOST_PLAYS, PLAYS_KEPT_SECONDS, ListenerStore
from segue.settings import ListenerSettings, QueueSettings

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
PLAY, SKIP, LIKE, DISLIKE = InteractionKind


def done(
    user: str, track: str, kind: InteractionKind = PLAY, *, ago: float = 0.0, seconds: float = 0.0
) -> Interaction:
    """An interaction some seconds ago."""
    return Interaction(user, track, kind, NOW - timedelta(seconds=ago), seconds)


@pytest.fixture
def settings() -> ListenerSettings:
    return ListenerSettings(most_waiting_interactions=1_000, most_recent_listeners=3)


@pytest.fixture
async def store(redis_url: str, settings: ListenerSettings) -> AsyncIterator[ListenerStore]:
    opened = ListenerStore(QueueSettings(redis_url=redis_url), settings)
    yield opened
    await opened.close()


async def test_what_is_recorded_is_read_back_in_order(store: ListenerStore) -> None:
    sent = [
        done("ann", "a", seconds=31.25),
        done("é 1", "b c", SKIP, ago=10, seconds=2),
        done("ann", "a", LIKE),
        done("ann", "d", DISLIKE),
    ]
    assert await store.record(sent) == (4, True)
    entries = await store.entries(limit=10)
    assert [entry.interaction for entry in entries] == sent
    assert [entry.entry_id for entry in entries] == sorted({entry.entry_id for entry in entries})
    assert (await store.waiting()).count == 4
    assert await store.remove_up_to(entries[1].entry_id) == 2
    assert [entry.interaction for entry in await store.entries(limit=10)] == sent[2:]
    assert await store.remove_up_to(entries[3].entry_id) == 2
    waiting = await store.waiting()
    assert (waiting.count, waiting.age_seconds) == (0, 0)


async def test_a_request_counts_once_and_another_one_again(store: ListenerStore) -> None:
    request = uuid.uuid4().hex
    for now in (True, False, False):
        assert await store.record([done("ann", "a"), done("ann", "b")], request_id=request) == (
            2,
            now,
        )
    assert await store.record([done("ann", "a")]) == (1, True)
    assert (await store.waiting()).count == 3
    assert len(await store.plays("ann")) == 3


async def test_it_survives_a_kill_of_redis(
    store: ListenerStore, redis_process: RedisProcess
) -> None:
    request = uuid.uuid4().hex
    await store.record([done("ann", "a")], request_id=request)
    stream = await store.stream()
    redis_process.kill()
    with pytest.raises(QueueUnavailable):
        await store.record([done("bob", "b")])
    redis_process.start()
    assert [entry.interaction.user_id for entry in await store.entries(limit=9)] == ["ann"]
    assert await store.record([done("ann", "a")], request_id=request) == (1, False)
    assert [play.track_id for play in await store.plays("ann")] == ["a"]
    assert await store.stream() == stream


async def test_no_more_than_may_wait_are_taken(store: ListenerStore) -> None:
    many = [done("ann", f"t{number}") for number in range(990)]
    await store.record(many)
    request = uuid.uuid4().hex
    with pytest.raises(InteractionsFull, match="wait to be written") as refused:
        await store.record(many[:11], request_id=request)
    assert refused.value.reason == "INTERACTIONS_FULL"
    assert refused.value.retry_after_seconds > 1
    assert (await store.waiting()).count == 990
    await store.remove_up_to((await store.entries(limit=1))[0].entry_id)
    assert await store.record(many[:11], request_id=request) == (11, True)


async def test_a_full_memory_is_told_as_the_same_and_forgetting_goes_on(
    store: ListenerStore, redis_url: str
) -> None:
    await store.record([done("ann", "a")])
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        for share in (0.9, 2.0):
            client.config_set("maxmemory", round(client.info("memory")["used_memory"] * share))
            if share == 2.0:
                # Beyond the share that is kept for accepted tracks, and not yet refused by Redis.
                most = client.info("memory")["maxmemory"]
                while client.info("memory")["used_memory"] < 0.9 * most:
                    client.lpush("filler", "x" * 50_000)
            with pytest.raises(InteractionsFull, match="memory is full"):
                await store.record([done("bob", "b")])
    last = await store.begin_forgetting("ann")
    assert await store.forget_entries("ann", last) == 1
    await store.end_forgetting("ann", last)
    assert (await store.waiting()).count == 0


async def test_recent_plays_are_the_newest_by_when_they_happened(store: ListenerStore) -> None:
    late = [done("ann", f"n{number}", ago=number) for number in range(150)]
    early = [done("ann", f"o{number}", LIKE, ago=1_000 + number) for number in range(150)]
    await store.record(late)
    await store.record(early)
    await store.record([done("ann", "skipped", SKIP), done("ann", "disliked", DISLIKE)])
    await store.record([done("ann", "x y", ago=-60)])
    plays = await store.plays("ann")
    expected = ["x y", *(f"n{n}" for n in range(150)), *(f"o{n}" for n in range(MOST_PLAYS - 151))]
    assert [play.track_id for play in plays] == expected
    assert plays[0].when == NOW + timedelta(seconds=60)
    assert {play.kind for play in plays[151:]} == {LIKE}
    assert await store.plays("nobody") == []


async def test_recent_plays_come_in_any_order(store: ListenerStore) -> None:
    """Plays of a few moments, some of them the same, in every way that they can be sent."""
    rng = random.Random(7)
    sent = [done("ann", f"t{rng.randrange(9)}", ago=rng.randrange(400)) for _ in range(600)]
    for first in range(0, 600, 60):
        await store.record(sent[first : first + 60])
    for one in sent[:3]:
        await store.record([one])
    plays = [(play.when, play.track_id) for play in await store.plays("ann")]
    everything = sorted((one.occurred_at, one.track_id) for one in [*sent, *sent[:3]])
    # Of those of the oldest moment that is kept, some may have been let go.
    oldest = everything[-MOST_PLAYS][0]
    assert [one for one in reversed(plays) if one[0] > oldest] == [
        one for one in everything if one[0] > oldest
    ]
    assert len(plays) == MOST_PLAYS
    assert plays[-1][0] == oldest


async def test_the_longest_idle_listeners_are_let_go(store: ListenerStore, redis_url: str) -> None:
    for user in ("ann", "bob", "cid"):
        await store.record([done(user, "a")])
    await store.record([done("ann", "b")])
    await store.record([done("dee", "a")])
    assert [bool(await store.plays(user)) for user in ("ann", "bob", "cid", "dee")] == [
        *(True, False, True, True)
    ]
    with redis.Redis.from_url(redis_url) as client:
        assert 0 < client.ttl("segue:listeners:plays:cid") <= PLAYS_KEPT_SECONDS
        client.zadd("segue:listeners:recent", {"cid": 1})
    await store.record([done("ann", "c")])
    assert await store.plays("cid") == []


async def test_what_is_forgotten_ends_where_forgetting_began(store: ListenerStore) -> None:
    await store.record([done("ann", "a"), done("bob", "b"), done("ann", "c")])
    last = await store.begin_forgetting("ann")
    assert await store.plays("ann") == []
    await store.record([done("ann", "new")])
    newest = (await store.entries(limit=9))[-1].entry_id
    hidden = await store.forgetting()
    stream = await store.stream()
    assert hidden.hides("ann", last, stream)
    assert not hidden.hides("ann", newest, stream)
    assert hidden.hides("ann", newest, "an earlier stream")
    assert not hidden.hides("bob", last, stream)
    assert await store.forget_entries("ann", last) == 2
    assert await store.forget_entries("ann", last) == 0
    left = [entry.interaction.track_id for entry in await store.entries(limit=9)]
    assert left == ["b", "new"]
    assert [play.track_id for play in await store.plays("ann")] == ["new"]
    again = await store.begin_forgetting("ann")
    await store.end_forgetting("ann", last)  # of the first one: the second has not ended
    assert (await store.forgetting()).listeners == {"ann": again}
    await store.end_forgetting("ann", again)
    assert (await store.forgetting()).listeners == {}


async def test_forgetting_passes_over_many_entries_of_others(store: ListenerStore) -> None:
    others = [done("bob", f"t{number}") for number in range(499)]
    await store.record([done("ann", "a"), *others])
    await store.record([*others[:498], done("ann", "z")])
    last = await store.begin_forgetting("ann")
    assert await store.forget_entries("ann", last) == 2
    assert (await store.waiting()).count == 997


async def test_entries_of_a_backup_are_behind_what_is_forgotten(store: ListenerStore) -> None:
    now_ms = round(datetime.now(UTC).timestamp() * 1000)
    last = await store.begin_forgetting("ann")
    assert EntryId(now_ms - 5_000, 7) < last


async def test_listeners_of_catalogues_are_apart_though_their_ids_are_the_same(
    redis_url: str, settings: ListenerSettings, store: ListenerStore
) -> None:
    other = ListenerStore(QueueSettings(redis_url=redis_url), settings, catalogue="archive")
    request = uuid.uuid4().hex
    try:
        assert await store.record([done("ann", "a")], request_id=request) == (1, True)
        assert await other.record([done("ann", "b"), done("bob", "b")], request_id=request) == (
            2,
            True,
        )
        assert [play.track_id for play in await store.plays("ann")] == ["a"]
        assert [play.track_id for play in await other.plays("ann")] == ["b"]
        assert ((await store.waiting()).count, (await other.waiting()).count) == (1, 2)
        assert await store.stream() != await other.stream()
        last = await other.begin_forgetting("ann")
        assert (await store.forgetting()).listeners == {}
        assert (await other.forgetting()).listeners == {"ann": last}
        assert await other.forget_entries("ann", last) == 1
        await other.end_forgetting("ann", last)
        assert (await other.plays("ann"), len(await store.plays("ann"))) == ([], 1)
        assert await other.log_is_old()
        assert not await store.log_is_old()
        assert (await store.waiting()).count == 1
    finally:
        await other.close()
