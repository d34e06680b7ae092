"""Published maps over a real Redis, and who makes the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from segue.catalogues import Catalogues
from segue.errors import MapNotFound, MapUnusable, QueueUnavailable, SegueError
from segue.jobs import map_store
from segue.jobs.map_store import MapStore
from segue.jobs.map_tasks import MapTurns
from segue.map_work import MapProgress
from segue.settings import QueueSettings
from segue.track_map import MapAbout
from unit.test_track_map import assert_same, small_map

ABOUT = MapAbout("", "m-v1", 4, 0, 2.0, 1.0)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[MapStore]:
    opened = MapStore(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


@pytest.fixture
def turns(redis_url: str) -> Iterator[MapTurns]:
    opened = MapTurns(QueueSettings(redis_url=redis_url))
    yield opened
    opened.close()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as opened:
        yield opened


async def test_what_is_published_is_served(store: MapStore) -> None:
    assert await store.current_version("m-v1") == ""
    one = small_map()
    about = await store.publish(one, ABOUT)

    assert await store.current_version("m-v1") == about.version
    found, read = await store.read("m-v1", about.version)
    assert found == about
    assert found.labels == list(one.colours.labels)
    assert found.size_bytes > 0
    assert_same(one, read)


async def test_one_before_is_kept_for_who_reads_it(store: MapStore, client: redis.Redis) -> None:
    first, second, third = [await store.publish(small_map(seed=n), ABOUT) for n in range(3)]

    with pytest.raises(MapNotFound):
        await store.read("m-v1", first.version)
    await store.read("m-v1", second.version)
    assert await store.current_version("m-v1") == third.version
    assert len(client.keys("segue:map:m-v1:*")) == 4


async def test_each_space_has_its_own_and_old_ones_go(store: MapStore, client: redis.Redis) -> None:
    for number, space in enumerate(("a-v1", "b-v1", "c-v1")):
        about = MapAbout("", space, 4, 0, float(number), 1.0)
        await store.publish(small_map(seed=number), about)

    assert await store.current_version("a-v1") == ""
    assert await store.current_version("b-v1") != await store.current_version("c-v1") != ""
    assert client.keys("segue:map:a-v1:*") == []


async def test_one_that_is_too_large_changes_nothing(
    store: MapStore, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_store, "MOST_BYTES", 10)
    with pytest.raises(MapUnusable, match="may take"):
        await store.publish(small_map(), ABOUT)
    assert client.keys("segue:map:*") == []


async def test_a_map_that_is_damaged_is_told_of(store: MapStore, client: redis.Redis) -> None:
    about = await store.publish(small_map(), ABOUT)
    client.set(f"segue:map:m-v1:{about.version}", "something else")
    with pytest.raises(MapUnusable):
        await store.read("m-v1", about.version)


async def test_a_queue_that_does_not_answer_is_told_of() -> None:
    gone = MapStore(QueueSettings(redis_url="redis://127.0.0.1:1/0"), timeout_seconds=1.0)
    with pytest.raises(QueueUnavailable):
        await gone.current_version("m-v1")
    await gone.close()


async def test_only_one_makes_what_is_wanted(store: MapStore, turns: MapTurns) -> None:
    assert turns.take("one") is None
    assert await store.tasks.want()
    assert not await store.tasks.want()
    task = turns.take("one")

    assert task is not None
    assert (task.anew, task.attempt) == (False, 1)
    assert turns.take("other") is None
    assert turns.hold("one", task)
    assert not turns.hold("other", task)
    assert await store.tasks.tell("one", MapProgress("read", 0.5))
    assert not await store.tasks.tell("other", MapProgress("read", 0.9))
    work = await store.tasks.work()
    assert (work.wanted, work.running) == (True, True)
    assert work.progress == MapProgress("read", 0.5)

    await store.tasks.end("one", task)
    assert not turns.hold("one", task)  # what has ended is not held on by who is late
    assert await store.tasks.work() == type(work)()


async def test_what_its_maker_does_not_hold_on_is_made_by_another(
    store: MapStore, turns: MapTurns, client: redis.Redis
) -> None:
    await store.tasks.want()
    turns.take("killed")
    assert 0 < client.ttl("segue:map:holder") <= 20
    client.delete("segue:map:holder")  # as its lease does when it ends
    assert turns.take("at once") is None  # what kills who makes it is not tried again and again

    client.hset("segue:map:wanted", "not_before", "0")
    task = turns.take("other")
    assert task is not None
    assert task.attempt == 2
    await store.tasks.end("killed", task)  # late
    assert (await store.tasks.work()).running


async def test_a_failure_is_told_of_and_tried_again_later_and_at_once_when_somebody_asks(
    store: MapStore, turns: MapTurns
) -> None:
    await store.tasks.want()
    task = turns.take("one")
    assert task is not None
    await store.tasks.end("one", task, SegueError("no room", reason="FULL", next_step="Wait."))

    work = await store.tasks.work()
    assert (work.reason, work.message, work.next_step) == ("FULL", "no room", "Wait.")
    assert (work.wanted, work.running, work.attempts) == (True, False, 1)
    assert turns.take("one") is None
    await store.tasks.want(asked=True, anew=True)
    again = turns.take("one")
    assert again is not None
    assert again.anew


async def test_who_asks_while_one_is_made_gets_another_one(
    store: MapStore, turns: MapTurns
) -> None:
    await store.tasks.want()
    task = turns.take("one")
    assert task is not None
    await store.tasks.want(asked=True)
    await store.tasks.end("one", task)

    assert (await store.tasks.work()).wanted
    following = turns.take("one")
    assert following is not None
    assert following.task_id != task.task_id


@pytest.fixture
async def archive(redis_url: str) -> AsyncIterator[MapStore]:
    opened = MapStore(QueueSettings(redis_url=redis_url), catalogue="archive")
    yield opened
    await opened.close()


async def test_catalogues_do_not_see_each_others(
    store: MapStore, archive: MapStore, client: redis.Redis
) -> None:
    own = await store.publish(small_map(), ABOUT)
    other = await archive.publish(small_map(seed=1), ABOUT)
    for number, space in enumerate(("b-v1", "c-v1")):  # the first space of one goes
        await archive.publish(small_map(), MapAbout("", space, 4, 0, 3.0 + number, 1.0))

    assert await store.current_version("m-v1") == own.version
    assert await archive.current_version("m-v1") == ""
    with pytest.raises(MapNotFound):
        await store.read("m-v1", other.version)
    # What was published before there were catalogues is the default one's.
    assert client.exists(f"segue:map:m-v1:{own.version}")


async def test_maps_of_all_catalogues_are_made_one_at_a_time_and_in_turn(
    store: MapStore, archive: MapStore, redis_url: str
) -> None:
    turns = MapTurns(QueueSettings(redis_url=redis_url), Catalogues(("archive",)))
    await store.tasks.want()
    await archive.tasks.want()
    made = []
    for token in ("one", "two", "three"):
        task = turns.take(token)
        assert task is not None
        assert turns.take("at the same time") is None
        made.append(task.catalogue)
        of = archive if task.catalogue else store
        await of.tasks.tell(token, MapProgress("read", 0.5))
        running = [(await one.tasks.work()).running for one in (store, archive)]
        assert running == [not task.catalogue, bool(task.catalogue)]
        await store.tasks.want(asked=True)  # that one changes all the time
        await of.tasks.end(token, task)
    turns.close()

    assert made == ["", "archive", ""]
    assert not (await archive.tasks.work()).wanted
