"""The job job_store and the ledger over a real redis-server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace

import pytest
import redis
from celery import Celery

from job_items import every_item
from redis_process import RedisProcess
from segue.callers import Caller
from segue.errors import (
    AudioError,
    InvalidArgument,
    InvalidPageToken,
    JobCancelled,
    JobNotFound,
    NotFound,
    QueueUnavailable,
    SegueError,
)
from segue.ingest_jobs import IngestItem, ItemState, JobChange
from segue.jobs.ledger import FailureKind, JobLedger
from segue.jobs.records import TASK_QUEUE
from segue.jobs.redis_store import CONNECTIONS, RedisJobStore
from segue.settings import QueueSettings
from segue.tracks import TrackMetadata

LOST = SegueError("the worker died", reason="AUDIO_DECODER_CRASHED", next_step="Convert it.")


@pytest.fixture
async def job_store(redis_url: str) -> AsyncIterator[RedisJobStore]:
    opened = RedisJobStore(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


@pytest.fixture
def ledger(redis_url: str) -> Iterator[JobLedger]:
    opened = JobLedger(QueueSettings(redis_url=redis_url, task_attempts=2))
    yield opened
    opened.close()


async def accepted(job_store: RedisJobStore, tracks: list[IngestItem]) -> str:
    """The job as which the job_store accepts tracks."""
    return (await job_store.submit(tracks)).job_id


def items(count: int, prefix: str = "track") -> list[IngestItem]:
    return [IngestItem(f"{prefix}-{n}", f"file:///music/{n}.mp3") for n in range(count)]


def take(ledger: JobLedger, owner: str) -> str | None:
    """Id of the item that the owner is given."""
    claim = ledger.take(owner)
    return None if claim is None else claim.item_id


async def close(watch: AsyncIterator[JobChange]) -> None:
    """Stop watching."""
    assert isinstance(watch, AsyncGenerator)
    await watch.aclose()


def counts(**expected: int) -> dict[ItemState, int]:
    return {state: expected.get(state.value, 0) for state in ItemState}


async def test_accepted_tracks_stand_in_order_with_all_that_was_given(
    job_store: RedisJobStore,
) -> None:
    metadata = TrackMetadata("Für Elise", "L. v. B.", "Bagatellen", ("classical",), ("calm",), 1810)
    job = await accepted(
        job_store, [IngestItem("é", "file:///a b.mp3", metadata, force=True), *items(11)]
    )
    listed = await every_item(job_store, job)
    assert [status.track_id for status in listed] == ["é", *(f"track-{n}" for n in range(11))]
    assert {status.state for status in listed} == {ItemState.QUEUED}
    progress = await job_store.progress(job)
    assert (progress.total, progress.done, progress.finished_at) == (12, False, None)
    assert progress.counts == counts(queued=12)


async def test_claimed_item_is_what_was_submitted(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    metadata = TrackMetadata("t", "a", "b", ("rock", "pop"), ("dark",), 1999)
    item = IngestItem(
        "x",
        "spool://x",
        metadata,
        force=True,
        expected_new=True,
        file_name="Für Elise.mp3",
        replace_given=True,
    )
    job = await accepted(job_store, [item])
    claim = ledger.claim(f"{job}/0", "me")
    assert claim is not None
    assert (claim.item, claim.attempt, claim.failures) == (item, 1, 0)


async def test_only_one_owner_gets_an_item_and_only_the_owner_settles_it(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    item_id = f"{job}/0"
    assert ledger.claim(item_id, "first") is not None
    assert ledger.claim(item_id, "second") is None
    assert not ledger.settle(item_id, "second", ItemState.INDEXED)
    assert ledger.settle(item_id, "first", ItemState.INDEXED)
    assert not ledger.settle(item_id, "first", ItemState.INDEXED)
    assert ledger.claim(item_id, "third") is None
    progress = await job_store.progress(job)
    assert progress.counts == counts(indexed=1)
    assert progress.done
    assert progress.finished_at is not None


async def test_finished_job_is_forgotten_after_a_week_and_reopened_by_an_addition(
    job_store: RedisJobStore, ledger: JobLedger, redis_process: RedisProcess
) -> None:
    job = await accepted(job_store, items(1))
    client = ledger._redis
    assert client.ttl(f"segue:job:{job}") == -1
    ledger.claim(f"{job}/0", "me")
    ledger.settle(f"{job}/0", "me", ItemState.SKIPPED, "UNCHANGED", "nothing changed")
    for suffix in ("", ":items", ":states", ":changed"):
        assert 0 < client.ttl(f"segue:job:{job}{suffix}") <= 7 * 86_400
    assert (await job_store.submit(items(2, "more"), job_id=job)).job_id == job
    for suffix in ("", ":items", ":states", ":changed"):
        assert client.ttl(f"segue:job:{job}{suffix}") == -1
    progress = await job_store.progress(job)
    assert progress.counts == counts(skipped=1, queued=2)
    assert progress.finished_at is None


async def test_a_repeated_request_is_accepted_once(
    job_store: RedisJobStore, ledger: JobLedger, redis_process: RedisProcess
) -> None:
    upload = [IngestItem("up", "spool://up")]
    first = await job_store.submit(upload, request_id="r1")
    assert not first.repeated
    more = await job_store.submit(
        [IngestItem("b", "spool://b")], job_id=first.job_id, request_id="r2"
    )
    assert not more.repeated
    redis_process.kill()
    redis_process.start()
    for request_id, items_again in (("r1", upload), ("r2", [IngestItem("b", "spool://b")])):
        again = await job_store.submit(items_again, request_id=request_id)
        assert (again.job_id, again.repeated, again.upload_needed) == (first.job_id, True, True)
    assert (await job_store.progress(first.job_id)).counts == counts(queued=2)
    ledger.claim(f"{first.job_id}/0", "me")
    ledger.settle(f"{first.job_id}/0", "me", ItemState.INDEXED)
    assert not (await job_store.submit(upload, request_id="r1")).upload_needed
    assert 0 < ledger._redis.ttl("segue:request:r1") <= 3600


async def test_a_repeated_replay_counts_once(job_store: RedisJobStore, ledger: JobLedger) -> None:
    job = await accepted(job_store, items(5))
    for n in range(5):
        ledger.claim(f"{job}/{n}", "me")
        ledger.fail(f"{job}/{n}", "me", FailureKind.REFUSED, SegueError("no"))
    by_id = await job_store.replay([f"{job}/0", f"{job}/1"], request_id="r1")
    assert by_id[1] == 2
    assert await job_store.replay([f"{job}/0", f"{job}/1"], request_id="r1") == by_id
    everything = await job_store.replay([], request_id="r2")
    assert everything[1] == 3
    assert await job_store.replay([], request_id="r2") == everything
    assert (await job_store.queue_state()).depth == 5


async def test_unknown_jobs_are_refused(job_store: RedisJobStore) -> None:
    with pytest.raises(JobNotFound):
        await job_store.submit(items(1), job_id="nobody")
    with pytest.raises(JobNotFound):
        await job_store.progress("nobody")
    with pytest.raises(JobNotFound):
        await every_item(job_store, "nobody")
    with pytest.raises(JobNotFound):
        await anext(job_store.watch("nobody"))
    with pytest.raises(InvalidArgument):
        await job_store.submit([])


async def test_refusal_goes_straight_to_the_dead_letters(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    ledger.claim(f"{job}/0", "me")
    error = AudioError("no audio here", "AUDIO_NOT_AUDIO")
    assert ledger.fail(f"{job}/0", "me", FailureKind.REFUSED, error) is ItemState.DEAD
    page, after, total = await job_store.dead_letters(limit=10)
    assert (after, total) == (None, 1)
    letter = page[0]
    assert (letter.job_id, letter.item, letter.attempts) == (job, items(1)[0], 1)
    assert (letter.reason, letter.message) == ("AUDIO_NOT_AUDIO", "no audio here")
    assert letter.next_step == error.next_step
    (status,) = await every_item(job_store, job)
    assert (status.state, status.reason) == (ItemState.DEAD, "AUDIO_NOT_AUDIO")


async def test_what_an_error_says_is_stored_on_one_line_short_and_without_secrets(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    ledger.claim(f"{job}/0", "me")
    said = "a\n\x1b[2J \ud800 https://ann:s3cret@host/a?t='s3cret' " + "ü" * 10_000
    ledger.fail(f"{job}/0", "me", FailureKind.REFUSED, SegueError(said))
    (letter,), _, _ = await job_store.dead_letters(limit=1)
    assert letter.message.startswith("a\\x0a\\x1b[2J \\ud800 https://***@host/a?t=***")
    assert "s3cret" not in letter.message
    assert len(letter.message.encode()) <= 4_096


async def test_failures_are_tried_again_until_the_attempts_are_used_up(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    item_id = f"{job}/0"
    ledger.claim(item_id, "a")
    failed = ledger.fail(item_id, "a", FailureKind.FAILED, SegueError("first"))
    assert failed is ItemState.RETRYING
    assert (await job_store.progress(job)).counts == counts(retrying=1)
    ledger.claim(item_id, "b")
    assert ledger.fail(item_id, "b", FailureKind.FAILED, SegueError("second")) is ItemState.DEAD
    (letter,), _, _ = await job_store.dead_letters(limit=1)
    assert (letter.message, letter.attempts) == ("second", 2)


async def test_item_waits_until_its_retry_is_due(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    item_id = f"{job}/0"
    ledger.claim(item_id, "a")
    ledger.fail(item_id, "a", FailureKind.FAILED, SegueError("x"), delay_seconds=60)
    assert ledger.claim(item_id, "b") is None
    assert take(ledger, "b") is None
    assert ledger.dispatch(10, LOST) == 0


async def test_outages_do_not_use_up_attempts_but_patience_ends(
    job_store: RedisJobStore, redis_url: str
) -> None:
    job = await accepted(job_store, items(1))
    item_id = f"{job}/0"
    gone = QueueUnavailable("gone")
    patient = JobLedger(QueueSettings(redis_url=redis_url, task_attempts=2))
    for _ in range(5):
        assert patient.claim(item_id, "a") is not None
        assert patient.fail(item_id, "a", FailureKind.OUTAGE, gone) is ItemState.RETRYING
    patient.close()
    impatient = JobLedger(
        QueueSettings(redis_url=redis_url, task_attempts=2, outage_patience_seconds=0)
    )
    assert impatient.claim(item_id, "a") is not None
    assert impatient.fail(item_id, "a", FailureKind.OUTAGE, gone) is ItemState.DEAD
    impatient.close()
    (letter,), _, _ = await job_store.dead_letters(limit=1)
    assert (letter.reason, letter.attempts) == ("QUEUE_UNAVAILABLE", 6)


async def test_items_are_taken_once_in_the_order_in_which_they_fell_due(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(3))
    postponed = take(ledger, "a")
    assert postponed == f"{job}/0"
    error = AudioError("no", "AUDIO_SILENT")
    ledger.fail(postponed, "a", FailureKind.FAILED, error, delay_seconds=60)
    assert [take(ledger, owner) for owner in "abc"] == [f"{job}/1", f"{job}/2", None]


def asked_by(asker: str, count: int, uri: str = "file:///music/{}.mp3") -> list[IngestItem]:
    guest = Caller.GUEST if asker else Caller.OWNER
    return [
        IngestItem(f"{asker or 'owner'}-{n}", uri.format(n), caller=guest, asker=asker)
        for n in range(count)
    ]


async def test_everybody_who_asks_has_their_turn(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    await accepted(job_store, asked_by("10.0.0.1", 50))
    await accepted(job_store, asked_by("10.0.0.1", 50, "file:///more/{}.mp3"))
    order = [claim.item.track_id for n in range(2) if (claim := ledger.take(f"w:{n}"))]
    await accepted(job_store, asked_by("", 3))
    await accepted(job_store, asked_by("10.0.0.2", 2))
    order += [claim.item.track_id for n in range(2, 9) if (claim := ledger.take(f"w:{n}"))]
    assert order[:2] == ["10.0.0.1-0", "10.0.0.1-1"]
    # Whoever comes waits for one round, not for the hundred tracks that came before.
    assert sorted(order[2:5]) == ["10.0.0.1-2", "10.0.0.2-0", "owner-0"]
    assert sorted(order[5:8]) == ["10.0.0.1-3", "10.0.0.2-1", "owner-1"]


async def test_a_lane_goes_on_where_it_was_after_it_had_been_empty(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    await accepted(job_store, asked_by("10.0.0.1", 4))
    for n in range(3):
        await accepted(job_store, asked_by("10.0.0.2", 1))
        order = [claim.item.asker for k in range(2) if (claim := ledger.take(f"w:{n}{k}"))]
        assert sorted(order) == ["10.0.0.1", "10.0.0.2"]


async def test_urls_of_guests_leave_a_process_free(
    job_store: RedisJobStore, redis_url: str
) -> None:
    ledger = JobLedger(QueueSettings(redis_url=redis_url, worker_concurrency=3))
    await accepted(job_store, asked_by("10.0.0.1", 9, "HTTP://host/{}.mp3"))
    taken = [ledger.take(f"w:{n}") for n in range(3)]
    assert [claim is not None for claim in taken] == [True, True, False]
    assert ledger.dispatch(9, LOST, worker="w") == 0
    assert ledger.dispatch(9, LOST, worker="another") == 2
    await accepted(job_store, asked_by("10.0.0.1", 1))
    assert ledger.dispatch(9, LOST, worker="w") == 1
    local = ledger.take("w:3")
    assert local is not None
    assert local.item.uri.startswith("file:")
    first = taken[0]
    assert first is not None
    held, following = ledger.settle_and_take(first.item_id, "w:0", ItemState.INDEXED)
    assert held
    assert following is not None
    assert following.item.uri == "HTTP://host/2.mp3"
    assert ledger.take("w:4") is None
    ledger.fail(following.item_id, "w:0", FailureKind.FAILED, SegueError("slow"), delay_seconds=60)
    assert ledger.take("w:5") is not None
    ledger.close()


@pytest.mark.parametrize("place", ["http://host/{}.mp3", "https://host/{}", "S3://bucket/{}.mp3"])
async def test_urls_of_guests_come_to_a_worker_of_one_process(
    job_store: RedisJobStore, redis_url: str, place: str
) -> None:
    ledger = JobLedger(QueueSettings(redis_url=redis_url, worker_concurrency=1))
    await accepted(job_store, asked_by("10.0.0.1", 2, place))
    assert ledger.take("w:1") is not None
    assert ledger.take("w:2") is None
    ledger.close()


async def test_the_owners_urls_may_hold_every_process(
    job_store: RedisJobStore, redis_url: str
) -> None:
    ledger = JobLedger(QueueSettings(redis_url=redis_url, worker_concurrency=2))
    await accepted(job_store, asked_by("", 3, "http://host/{}.mp3"))
    assert all(ledger.take(f"w:{n}") for n in range(2))
    ledger.close()


async def test_what_an_earlier_version_had_accepted_is_taken(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(2))
    for key in ("segue:turns", "segue:waiting:owner "):
        assert ledger._redis.delete(key)
    for n in range(2):
        state = json.loads(ledger._redis.hget(f"segue:job:{job}:states", str(n)))
        del state["lane"], state["fetches"]
        ledger._redis.hset(f"segue:job:{job}:states", str(n), json.dumps(state))
    assert ledger.dispatch(9, LOST) == 2
    assert take(ledger, "a") == f"{job}/0"
    ledger.fail(f"{job}/0", "a", FailureKind.FAILED, SegueError("x"))
    assert [take(ledger, owner) for owner in "bcd"] == [f"{job}/0", f"{job}/1", None]


async def test_settling_an_item_takes_the_next(job_store: RedisJobStore, ledger: JobLedger) -> None:
    job = await accepted(job_store, items(2))
    assert take(ledger, "me") == f"{job}/0"
    held, following = ledger.settle_and_take(f"{job}/0", "me", ItemState.INDEXED)
    assert held
    assert following is not None
    assert (following.item_id, following.item, following.attempt) == (f"{job}/1", items(2)[1], 1)
    assert ledger.held("me") == f"{job}/1"
    assert ledger.settle_and_take(f"{job}/1", "me", ItemState.SKIPPED) == (True, None)
    assert ledger.held("me") is None
    states = [status.state for status in await every_item(job_store, job)]
    assert states == [ItemState.INDEXED, ItemState.SKIPPED]


async def test_owner_gets_an_item_again_whose_first_answer_was_lost(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(3))
    assert [take(ledger, "me"), take(ledger, "me")] == [f"{job}/0", f"{job}/0"]
    ledger.settle_and_take(f"{job}/0", "me", ItemState.INDEXED)
    held, following = ledger.settle_and_take(f"{job}/0", "me", ItemState.INDEXED)
    assert not held
    assert following is not None
    assert (following.item_id, following.attempt) == (f"{job}/1", 1)
    assert take(ledger, "another") == f"{job}/2"


async def test_hints_are_as_many_as_are_due_up_to_the_most_allowed(
    job_store: RedisJobStore, ledger: JobLedger, redis_url: str
) -> None:
    assert ledger.dispatch(2, LOST) == 0
    await accepted(job_store, items(3))
    assert [ledger.dispatch(most, LOST) for most in (2, 9)] == [2, 3]
    with redis.Redis.from_url(redis_url) as client:
        client.rpush("segue.hints", "one")
    assert [ledger.dispatch(most, LOST) for most in (1, 2, 9)] == [0, 1, 3]


async def test_ended_lease_gives_the_item_to_another_and_shuts_out_the_first(
    job_store: RedisJobStore, ledger: JobLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await accepted(job_store, items(1))
    item_id = f"{job}/0"
    monkeypatch.setattr("segue.jobs.ledger.LEASE_SECONDS", 0.0)
    assert ledger.claim(item_id, "dead") is not None
    monkeypatch.undo()
    assert ledger.dispatch(1, LOST) == 1
    assert ledger.held("dead") is None
    assert ledger.claim(item_id, "alive") is not None
    assert not ledger.settle(item_id, "dead", ItemState.INDEXED)
    assert ledger.fail(item_id, "dead", FailureKind.REFUSED, LOST) is None
    assert ledger.settle(item_id, "alive", ItemState.INDEXED)
    (status,) = await every_item(job_store, job)
    assert (status.state, status.attempts) == (ItemState.INDEXED, 2)


async def test_item_that_loses_every_worker_dies(
    job_store: RedisJobStore, ledger: JobLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await accepted(job_store, items(1))
    monkeypatch.setattr("segue.jobs.ledger.LEASE_SECONDS", 0.0)
    for _ in range(2):
        assert ledger.claim(f"{job}/0", "dead") is not None
        ledger.dispatch(0, LOST)
    (status,) = await every_item(job_store, job)
    assert (status.state, status.reason) == (ItemState.DEAD, "AUDIO_DECODER_CRASHED")


async def test_extended_lease_holds(
    job_store: RedisJobStore, ledger: JobLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await accepted(job_store, items(2))
    monkeypatch.setattr("segue.jobs.ledger.LEASE_SECONDS", 0.0)
    assert [take(ledger, "me"), take(ledger, "another")] == [f"{job}/0", f"{job}/1"]
    monkeypatch.undo()
    ledger.extend(["me", "nobody"])
    assert ledger.dispatch(9, LOST) == 1
    states = [status.state for status in await every_item(job_store, job)]
    assert states == [ItemState.RUNNING, ItemState.RETRYING]


async def test_implicit_job_is_recorded_once(job_store: RedisJobStore, ledger: JobLedger) -> None:
    item = items(1)[0]
    assert ledger.record("task-7", item) == "task-7/0"
    assert ledger.record("task-7", item) == "task-7/0"
    assert (await job_store.progress("task-7")).total == 1


async def test_dead_letters_page_filter_and_replay(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(5))
    reasons = ["AUDIO_EMPTY", "AUDIO_SILENT", "AUDIO_EMPTY", "AUDIO_EMPTY", "AUDIO_SILENT"]
    for n, reason in enumerate(reasons):
        ledger.claim(f"{job}/{n}", "me")
        ledger.fail(f"{job}/{n}", "me", FailureKind.REFUSED, AudioError("no", reason))
    first, after, total = await job_store.dead_letters(limit=3)
    assert total == 5
    assert [letter.item.track_id for letter in first] == ["track-4", "track-3", "track-2"]
    rest, end, _ = await job_store.dead_letters(limit=3, after=after)
    assert [letter.item.track_id for letter in rest] == ["track-1", "track-0"]
    assert end is None
    empty, _, empty_total = await job_store.dead_letters(limit=9, reason="AUDIO_EMPTY")
    assert empty_total == 3
    assert [letter.item.track_id for letter in empty] == ["track-3", "track-2", "track-0"]

    with pytest.raises(NotFound):
        await job_store.replay([first[0].dead_letter_id, "nobody"])
    assert (await job_store.queue_state()).dead_letters == 5
    replayed, count = await job_store.replay([first[0].dead_letter_id, first[0].dead_letter_id])
    assert count == 1
    assert replayed is not None
    assert [status.track_id for status in await every_item(job_store, replayed)] == ["track-4"]
    with pytest.raises(NotFound):
        await job_store.replay([first[0].dead_letter_id])
    replayed, count = await job_store.replay([], reason="AUDIO_EMPTY")
    assert count == 3
    replayed, count = await job_store.replay([])
    assert count == 1
    assert await job_store.replay([]) == (None, 0)
    assert await job_store.dead_letters(limit=9) == ([], None, 0)
    assert (await job_store.queue_state()).depth == 5


def die(ledger: JobLedger, item_id: str, reason: str = "AUDIO_EMPTY") -> None:
    assert ledger.claim(item_id, "me") is not None
    ledger.fail(item_id, "me", FailureKind.REFUSED, AudioError("no", reason))


async def test_dead_letters_are_dismissed(job_store: RedisJobStore, ledger: JobLedger) -> None:
    uploads = [IngestItem(f"up-{n}", f"spool://up-{n}") for n in range(5)]
    job = await accepted(job_store, uploads)
    for n in range(5):
        die(ledger, f"{job}/{n}", "AUDIO_EMPTY" if n < 3 else "AUDIO_SILENT")
    with pytest.raises(NotFound):
        await job_store.dismiss([f"{job}/0", "nobody"])
    assert (await job_store.queue_state()).dead_letters == 5

    assert await job_store.dismiss([f"{job}/0", f"{job}/0"], request_id="r1") == 1
    assert await job_store.dismiss([f"{job}/0"], request_id="r1") == 1, "asked again, counted once"
    with pytest.raises(NotFound):
        await job_store.replay([f"{job}/0"])
    assert ledger.needed(["spool://up-0", "spool://up-1"]) == ["spool://up-1"]

    assert await job_store.dismiss([], reason="AUDIO_SILENT") == 2
    letters, _, total = await job_store.dead_letters(limit=9)
    assert (total, [letter.item.track_id for letter in letters]) == (2, ["up-2", "up-1"])
    assert await job_store.dismiss([], request_id="r2") == 2
    assert await job_store.dismiss([], request_id="r2") == 2
    assert await job_store.dismiss([]) == 0
    assert ledger.needed(["spool://up-1", "spool://up-4"]) == []
    assert not [key for key in ledger._redis.keys("segue:dead*") if key != "segue:dead:order"]


@pytest.mark.parametrize("state", [ItemState.INDEXED, ItemState.SKIPPED])
async def test_a_dead_letter_goes_when_its_track_is_indexed(
    job_store: RedisJobStore, ledger: JobLedger, state: ItemState
) -> None:
    failed = await accepted(job_store, [IngestItem("a", "spool://bad"), *items(1)])
    die(ledger, f"{failed}/0")
    die(ledger, f"{failed}/1")
    job = await accepted(job_store, [IngestItem("a", "spool://good")])
    assert ledger.claim(f"{job}/0", "me") is not None
    assert (await job_store.queue_state()).dead_letters == 2
    ledger.settle(f"{job}/0", "me", state)
    letters, _, _ = await job_store.dead_letters(limit=9)
    assert [letter.item.track_id for letter in letters] == ["track-0"]
    assert ledger.needed(["spool://bad", "spool://good"]) == []
    assert (await job_store.progress(failed)).counts == counts(dead=2), "what became of a job stays"


async def test_what_a_guest_has_indexed_settles_guests_letters_alone(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    asked = [
        IngestItem("a", "file:///a.mp3"),
        IngestItem("a", "file:///a.mp3", caller=Caller.GUEST, asker="1.2.3.4"),
    ]
    for item in asked:
        die(ledger, f"{await accepted(job_store, [item])}/0")
    letters, _, _ = await job_store.dead_letters(limit=9)
    assert [letter.occurrences for letter in letters] == [1, 1]
    for caller, left in ((Caller.GUEST, [Caller.OWNER]), (Caller.ADMITTED, [])):
        job = await accepted(job_store, [IngestItem("a", "file:///b.mp3", caller=caller)])
        assert ledger.claim(f"{job}/0", "me") is not None
        ledger.settle(f"{job}/0", "me", ItemState.INDEXED)
        letters, _, _ = await job_store.dead_letters(limit=9)
        assert [letter.item.caller for letter in letters] == left


async def test_the_same_failure_of_a_track_counts_up(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    for n in range(3):
        job = await accepted(job_store, [IngestItem("a", f"spool://{n}")])
        die(ledger, f"{job}/0")
    die(ledger, f"{await accepted(job_store, [IngestItem('a', 'spool://s')])}/0", "AUDIO_SILENT")
    die(ledger, f"{await accepted(job_store, [IngestItem('b', 'spool://b')])}/0")
    letters, _, total = await job_store.dead_letters(limit=9)
    assert total == 3
    assert [(letter.item.track_id, letter.reason, letter.occurrences) for letter in letters] == [
        ("b", "AUDIO_EMPTY", 1), ("a", "AUDIO_SILENT", 1), ("a", "AUDIO_EMPTY", 3),
    ]  # fmt: skip
    assert letters[2].dead_letter_id == f"{job}/0"
    assert ledger.needed([f"spool://{n}" for n in range(3)]) == ["spool://2"]

    again, _ = await job_store.replay([f"{job}/0"])
    die(ledger, f"{again}/0")
    letters, _, total = await job_store.dead_letters(limit=9)
    assert (total, letters[0].occurrences) == (3, 1)


async def test_a_letter_of_an_earlier_version_is_read_and_dismissed(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    die(ledger, f"{job}/0")
    # As it was stored before letters were counted and known by their tracks.
    text = ledger._redis.hget("segue:dead:letters", f"{job}/0")
    old = {name: value for name, value in json.loads(text).items() if name != "occurrences"}
    ledger._redis.hset("segue:dead:letters", f"{job}/0", json.dumps(old))
    ledger._redis.delete("segue:dead:track:track-0")
    (letter,), _, _ = await job_store.dead_letters(limit=1)
    assert letter.occurrences == 1
    assert await job_store.dismiss([f"{job}/0"]) == 1


async def test_what_an_earlier_version_replayed_is_no_letter_any_more(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    die(ledger, f"{await accepted(job_store, items(1))}/0")
    (letter,), _, _ = await job_store.dead_letters(limit=1)
    for key in ("segue:dead", "segue:dead:reason:AUDIO_EMPTY"):
        ledger._redis.zrem(key, letter.dead_letter_id)
    ledger._redis.hdel("segue:dead:letters", letter.dead_letter_id)
    die(ledger, f"{await accepted(job_store, items(1))}/0")
    (letter,), _, _ = await job_store.dead_letters(limit=2)
    assert letter.occurrences == 1


@pytest.mark.parametrize("cursor", ["elsewhere", "", "-1", "+inf", "(1", "1e9", "٣", "9" * 400])
async def test_a_forged_place_in_the_dead_letters_is_refused(
    job_store: RedisJobStore, cursor: str
) -> None:
    with pytest.raises(InvalidPageToken):
        await job_store.dead_letters(limit=1, after=cursor)


@pytest.mark.parametrize("suffix", [":items", ":states", ":changed", "x" * 100_000])
async def test_what_is_kept_beside_a_job_is_no_job(job_store: RedisJobStore, suffix: str) -> None:
    forged = await accepted(job_store, items(2)) + suffix
    with pytest.raises(JobNotFound):
        await job_store.progress(forged)
    with pytest.raises(JobNotFound):
        await every_item(job_store, forged)
    with pytest.raises(JobNotFound):
        await anext(job_store.watch(forged))
    with pytest.raises(JobNotFound):
        await job_store.submit(items(1, "more"), job_id=forged)


async def test_a_long_job_is_listed_in_its_order(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1_001))
    ledger.claim(f"{job}/500", "me")
    listed = await every_item(job_store, job)
    assert [status.track_id for status in listed] == [f"track-{n}" for n in range(1_001)]
    assert [n for n, one in enumerate(listed) if one.state is ItemState.RUNNING] == [500]


async def test_a_long_job_is_listed_from_any_track_on(job_store: RedisJobStore) -> None:
    job = await accepted(job_store, items(1_500))
    pieces = [piece async for piece in job_store.items(job, first=200)]
    assert [len(piece) for piece in pieces] == [1_000, 300]
    assert pieces[0][0].track_id == "track-200"
    assert [piece async for piece in job_store.items(job, first=1_500)] == []
    with pytest.raises(JobNotFound):
        await anext(job_store.items("nobody"))


async def test_what_changes_while_a_long_job_is_told_is_told_after_it(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(2_500))
    watch = job_store.watch(job)
    picture = [await anext(watch)]
    for n in (0, 2_499):
        ledger.claim(f"{job}/{n}", "me")
        ledger.settle(f"{job}/{n}", "me", ItemState.INDEXED)
    picture += [await anext(watch), await anext(watch)]
    assert [len(change.changed) for change in picture] == [1_000, 1_000, 500]
    assert [change.more for change in picture] == [True, True, True]
    listed = [status.track_id for change in picture for status in change.changed]
    assert listed == [f"track-{n}" for n in range(2_500)]
    after = await anext(watch)
    assert [status.track_id for status in after.changed] == ["track-0", "track-2499"]
    assert not after.more
    await close(watch)


async def test_many_changes_are_told_in_pieces_and_the_end_with_the_last(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1_200))
    watch = job_store.watch(job)
    assert [(await anext(watch)).more for _ in range(2)] == [True, False]
    for n in range(1_200):
        ledger.claim(f"{job}/{n}", "me")
        ledger.settle(f"{job}/{n}", "me", ItemState.INDEXED)
    rest = [change async for change in watch]
    assert [change.last for change in rest] == [False] * (len(rest) - 1) + [True]
    assert max(len(change.changed) for change in rest) <= 1_000
    told = [status for change in rest for status in change.changed]
    assert [status.track_id for status in told] == [f"track-{n}" for n in range(1_200)]


async def test_large_tracks_are_read_few_at_a_time(job_store: RedisJobStore) -> None:
    long = "x" * 15_000
    job = await accepted(job_store, [IngestItem(f"{n}", f"file:///{long}") for n in range(200)])
    pieces = [piece async for piece in job_store.items(job)]
    assert max(sum(len(status.uri) for status in piece) for piece in pieces) < 1_000_000
    assert [status.track_id for piece in pieces for status in piece] == [f"{n}" for n in range(200)]


async def test_a_track_of_any_size_is_read(
    job_store: RedisJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.jobs.redis_store._READ_BYTES", 1)
    job = await accepted(job_store, items(3))
    assert [len(piece) async for piece in job_store.items(job)] == [1, 1, 1]
    told = job_store.watch(job)
    assert [len((await anext(told)).changed) for _ in range(3)] == [1, 1, 1]
    await close(told)


async def test_what_waits_is_cancelled_and_what_runs_is_finished(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(5))
    other = await accepted(job_store, items(1, "other"))
    for n in range(3):
        ledger.claim(f"{job}/{n}", f"me:{n}")
    ledger.settle(f"{job}/0", "me:0", ItemState.INDEXED)
    ledger.fail(f"{job}/1", "me:1", FailureKind.FAILED, SegueError("again"), delay_seconds=600)
    assert await job_store.cancel(job) == 3
    progress = await job_store.progress(job)
    assert progress.counts == counts(indexed=1, running=1, cancelled=3)
    assert not progress.done
    assert take(ledger, "you:1") == f"{other}/0", "nothing else of the cancelled job is due"
    assert take(ledger, "you:2") is None
    assert ledger.settle(f"{job}/2", "me:2", ItemState.INDEXED)
    progress = await job_store.progress(job)
    assert progress.counts == counts(indexed=2, cancelled=3)
    assert progress.done
    assert progress.finished_at is not None
    assert (await job_store.queue_state()).depth == 0
    assert not ledger.claim(f"{job}/4", "me:4")
    assert await job_store.cancel(job) == 0


async def test_what_runs_of_a_cancelled_job_is_not_tried_again(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(3))
    for n in range(3):
        ledger.claim(f"{job}/{n}", f"me:{n}")
    assert await job_store.cancel(job) == 0
    failed = ledger.fail(f"{job}/0", "me:0", FailureKind.FAILED, SegueError("again"))
    assert failed is ItemState.CANCELLED
    refused = ledger.fail(f"{job}/1", "me:1", FailureKind.REFUSED, SegueError("no"))
    assert refused is ItemState.DEAD
    ledger._redis.zadd("segue:leases", {f"{job}/2": 0})
    ledger.dispatch(10, LOST)
    assert (await job_store.progress(job)).counts == counts(cancelled=2, dead=1)
    assert (await job_store.queue_state()).oldest_age_seconds == 0

    again, count = await job_store.replay([f"{job}/1"])
    assert count == 1
    assert take(ledger, "me:1") == f"{again}/0", "a replay is a job of its own"


async def test_what_a_broken_off_cancellation_left_never_runs(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(4))
    other = await accepted(job_store, items(1, "other"))
    # As the first of several calls leaves it: the mark, and one of the tracks.
    assert await job_store._cancel(args=[job, 0, 1]) == [1, 4, 1]
    assert not ledger.claim(f"{job}/1", "me:1")
    assert take(ledger, "me:1") == f"{other}/0"
    # Tracks that came within one millisecond are looked at in the order of their ids.
    assert take(ledger, "me:2") is None
    assert (await job_store.progress(job)).counts == counts(cancelled=4)
    assert (await job_store.progress(job)).done


async def test_a_replay_that_is_cancelled_leaves_the_other_dead_letters(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    await accepted(job_store, items(3))
    for _ in range(3):
        item = take(ledger, "me:1")
        assert item is not None
        ledger.fail(item, "me:1", FailureKind.REFUSED, SegueError("no"))
    # The first of the calls that replay everything.
    assert await job_store._replay_all(args=["", "again", "request", "", 1]) == [1, "again", 1]
    assert take(ledger, "me:1") == "again/0"
    await job_store.cancel("again")
    assert await job_store.replay([], request_id="request") == ("again", 1)
    assert (await job_store.queue_state()).dead_letters == 2


async def test_a_watch_of_a_job_ends_when_it_is_cancelled(
    job_store: RedisJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.jobs.news._TELLING_SECONDS", 300.0)
    job = await accepted(job_store, items(2_100))
    watch = job_store.watch(job)
    while (await anext(watch)).more:
        pass
    end = asyncio.ensure_future(anext(watch))
    assert await job_store.cancel(job) == 2_100
    told = [await asyncio.wait_for(end, 60)]
    told += [change async for change in watch]
    assert told[-1].last
    assert told[-1].progress.counts == counts(cancelled=2_100)
    states = [status.state for change in told for status in change.changed]
    assert states == [ItemState.CANCELLED] * 2_100


async def test_a_cancelled_upload_needs_its_file_no_more(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, [IngestItem("a", "spool://a")])
    await job_store.cancel(job)
    assert ledger.needed(["spool://a"]) == []
    with pytest.raises(JobNotFound):
        await job_store.cancel("nobody")


async def test_nothing_is_added_to_a_cancelled_job(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    ledger.claim(f"{job}/0", "me")
    await job_store.cancel(job)
    with pytest.raises(JobCancelled):
        await job_store.submit(items(1, "more"), job_id=job)
    assert (await job_store.progress(job)).total == 1

    done = await accepted(job_store, items(1, "done"))
    ledger.claim(f"{done}/0", "you")
    ledger.settle(f"{done}/0", "you", ItemState.INDEXED)
    assert await job_store.cancel(done) == 0
    await job_store.submit(items(1, "more"), job_id=done)


async def test_jobs_are_listed_newest_first_and_forgotten_with_their_tracks(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    assert await job_store.list_jobs(limit=10) == ([], None)
    jobs = [await accepted(job_store, items(n + 1)) for n in range(5)]
    first, cursor = await job_store.list_jobs(limit=2)
    assert [(job.job_id, job.total) for job in first] == [(jobs[4], 5), (jobs[3], 4)]
    rest, end = await job_store.list_jobs(limit=3, after=cursor)
    assert [job.job_id for job in rest] == jobs[2::-1]
    assert end is None
    with pytest.raises(InvalidPageToken):
        await job_store.list_jobs(limit=3, after="x")

    await job_store.submit(items(1, "more"), job_id=jobs[0])
    assert len((await job_store.list_jobs(limit=10))[0]) == 5, "it is still one job"

    await job_store.cancel(jobs[4])
    for suffix in ("", ":items", ":states", ":changed"):
        assert ledger._redis.ttl(f"segue:job:{jobs[4]}{suffix}") > 600_000
        ledger._redis.delete(f"segue:job:{jobs[4]}{suffix}")
    first, cursor = await job_store.list_jobs(limit=2)
    assert [job.job_id for job in first] == [jobs[3]]
    assert [job.job_id for job in (await job_store.list_jobs(limit=9, after=cursor))[0]] == jobs[
        2::-1
    ]
    ledger._redis.zadd("segue:jobs:ending", {jobs[4]: 1})
    await accepted(job_store, items(1))
    assert ledger._redis.zscore("segue:jobs", jobs[4]) is None
    assert ledger._redis.zcard("segue:jobs:ending") == 0


def for_archive(count: int) -> list[IngestItem]:
    return [replace(item, catalogue="archive") for item in items(count)]


async def test_jobs_of_a_catalogue_are_listed_with_it_alone(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    own, other = await accepted(job_store, items(1)), await accepted(job_store, for_archive(2))
    (listed,), end = await job_store.list_jobs(limit=9, catalogue="archive")
    assert (listed.job_id, listed.catalogue, listed.total, end) == (other, "archive", 2, None)
    (listed,), _ = await job_store.list_jobs(limit=9)
    assert (listed.job_id, listed.catalogue) == (own, "")
    assert await job_store.list_jobs(limit=9, catalogue="test") == ([], None)
    assert (await job_store.progress(other)).catalogue == "archive"

    claims = [ledger.take(f"worker:{number}") for number in range(3)]
    # Who waits since the same millisecond has no order.
    assert sorted(claim.item.catalogue for claim in claims if claim) == ["", "archive", "archive"]
    for claim in claims:
        assert claim is not None
        ledger.settle(claim.item_id, claim.owner, ItemState.INDEXED)
    ledger._redis.delete(f"segue:job:{other}")  # as after a week
    ledger._redis.zadd("segue:catalogue:archive:jobs:ending", {other: 1})
    assert ledger._redis.zrange("segue:jobs:ending", 0, -1) == [own]
    await accepted(job_store, items(1))
    assert ledger._redis.zscore("segue:catalogue:archive:jobs", other) == 1.0
    await accepted(job_store, for_archive(1))
    assert ledger._redis.zscore("segue:catalogue:archive:jobs", other) is None


async def test_dead_letters_are_listed_replayed_and_dismissed_where_they_came_from(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    """The same tracks die for the same reason, and are letters of two catalogues."""
    await accepted(job_store, items(2))
    await accepted(job_store, for_archive(2))
    while claim := ledger.take("worker:1"):
        ledger.fail(claim.item_id, claim.owner, FailureKind.REFUSED, AudioError("", "AUDIO_EMPTY"))
    assert (await job_store.queue_state()).dead_letters == 4
    own, _, own_total = await job_store.dead_letters(limit=9)
    other, _, total = await job_store.dead_letters(limit=9, catalogue="archive")
    assert (own_total, total) == (2, 2)
    assert {letter.item.catalogue for letter in own} == {""}
    assert {letter.item.catalogue for letter in other} == {"archive"}
    by_reason = await job_store.dead_letters(limit=9, reason="AUDIO_EMPTY", catalogue="archive")
    assert by_reason[0] == other

    foreign = other[0].dead_letter_id
    with pytest.raises(NotFound, match=foreign):
        await job_store.replay([foreign])
    with pytest.raises(NotFound, match=foreign):
        await job_store.dismiss([foreign])
    assert await job_store.dismiss([own[0].dead_letter_id]) == 1
    job, count = await job_store.replay([foreign], catalogue="archive")
    assert job is not None
    assert count == 1
    assert (await job_store.progress(job)).catalogue == "archive"
    job, count = await job_store.replay([], reason="AUDIO_EMPTY", catalogue="archive")
    assert job is not None
    assert count == 1
    while claim := ledger.take("worker:1"):
        assert claim.item.catalogue == "archive"
        ledger.settle(claim.item_id, claim.owner, ItemState.INDEXED)
    (left,), _, _ = await job_store.dead_letters(limit=9)
    assert left == own[1], "the same track, indexed in another catalogue, does not absolve it"
    assert await job_store.dismiss([]) == 1
    assert not [key for key in ledger._redis.keys("segue:*dead*") if not key.endswith("order")]


async def test_all_watches_share_one_subscription_and_a_bounded_pool(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    jobs = [await accepted(job_store, items(1)) for _ in range(3)]
    watches = [job_store.watch(jobs[n % 3]) for n in range(150)]
    first = await asyncio.gather(*map(anext, watches))
    assert [change.progress.job_id for change in first] == [jobs[n % 3] for n in range(150)]
    assert ledger._redis.pubsub_numpat() == 1
    # One connection is the ledger's own.
    assert len(ledger._redis.client_list()) <= CONNECTIONS + 2
    assert (await job_store.queue_state()).depth == 3, "other questions are answered meanwhile"
    for job in jobs:
        ledger.claim(f"{job}/0", "me")
        ledger.settle(f"{job}/0", "me", ItemState.INDEXED)

    async def end(watch: AsyncIterator[JobChange]) -> JobChange:
        return [change async for change in watch][-1]

    async with asyncio.timeout(120):
        last = await asyncio.gather(*map(end, watches))
    assert all(change.progress.done for change in last)


async def test_a_watch_ends_with_the_queue_and_the_next_one_listens_again(
    job_store: RedisJobStore, redis_process: RedisProcess
) -> None:
    job = await accepted(job_store, items(1))
    watch = job_store.watch(job)
    await anext(watch)
    redis_process.kill()
    with pytest.raises(QueueUnavailable):
        async with asyncio.timeout(120):
            await anext(watch)
    with pytest.raises(QueueUnavailable):
        await anext(job_store.watch(job))
    redis_process.start()
    assert (await anext(job_store.watch(job))).progress.total == 1


async def test_watch_tells_everything_then_each_change_until_the_end(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(2))
    watch = job_store.watch(job)
    first = await anext(watch)
    assert [status.track_id for status in first.changed] == ["track-0", "track-1"]

    seen: list[JobChange] = []

    async def follow() -> None:
        async for change in watch:
            seen.append(change)

    following = asyncio.create_task(follow())
    for n in range(2):
        ledger.claim(f"{job}/{n}", "me")
        ledger.settle(f"{job}/{n}", "me", ItemState.INDEXED)
    await asyncio.wait_for(following, 60)
    assert seen[-1].progress.done
    assert seen[-1].progress.counts == counts(indexed=2)
    last_state = {status.track_id: status.state for c in seen for status in c.changed}
    assert last_state == {"track-0": ItemState.INDEXED, "track-1": ItemState.INDEXED}


async def test_watch_tells_the_end_at_once_however_long_it_gathers_other_changes(
    job_store: RedisJobStore, ledger: JobLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.jobs.news._TELLING_SECONDS", 300.0)
    job = await accepted(job_store, items(2))
    watch = job_store.watch(job)
    assert not (await anext(watch)).progress.done
    end = asyncio.ensure_future(anext(watch))
    for n in range(2):
        ledger.claim(f"{job}/{n}", "me")
        ledger.settle(f"{job}/{n}", "me", ItemState.INDEXED)
    told = await asyncio.wait_for(end, 60)
    assert told.progress.counts == counts(indexed=2)
    assert {status.state for status in told.changed} == {ItemState.INDEXED}


async def test_watch_of_a_finished_job_tells_once(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, items(1))
    ledger.claim(f"{job}/0", "me")
    ledger.settle(f"{job}/0", "me", ItemState.INDEXED)
    assert [change.progress.done async for change in job_store.watch(job)] == [True]


async def test_spooled_upload_is_needed_until_indexed(
    job_store: RedisJobStore, ledger: JobLedger
) -> None:
    job = await accepted(job_store, [IngestItem("a", "spool://a"), IngestItem("b", "spool://b")])
    ledger.claim(f"{job}/0", "me")
    ledger.settle(f"{job}/0", "me", ItemState.INDEXED)
    ledger.claim(f"{job}/1", "me")
    ledger.fail(f"{job}/1", "me", FailureKind.REFUSED, SegueError("no"))
    assert ledger.needed(["spool://a", "spool://b", "spool://c"]) == ["spool://b"]


async def test_queue_state_counts_what_waits(job_store: RedisJobStore, ledger: JobLedger) -> None:
    assert (await job_store.queue_state()).oldest_age_seconds == 0
    job = await accepted(job_store, items(3))
    ledger.claim(f"{job}/0", "me")
    state = await job_store.queue_state()
    assert state.depth == 2
    assert 0 <= state.oldest_age_seconds < 30


async def test_everything_accepted_survives_a_killed_redis(
    job_store: RedisJobStore, ledger: JobLedger, redis_process: RedisProcess
) -> None:
    job = await accepted(job_store, items(50))
    ledger.claim(f"{job}/7", "me")
    redis_process.kill()
    with pytest.raises(QueueUnavailable):
        await accepted(job_store, items(1))
    with pytest.raises(QueueUnavailable):
        ledger.claim(f"{job}/8", "me")
    redis_process.start()
    assert (await job_store.progress(job)).counts == counts(queued=49, running=1)
    assert ledger.settle(f"{job}/7", "me", ItemState.INDEXED)


async def test_tasks_of_any_priority_and_for_later_are_waiting_tracks(
    job_store: RedisJobStore, redis_url: str
) -> None:
    with Celery("producer", broker=redis_url, set_as_current=False) as producer:
        producer.conf.broker_transport_options = {"queue_order_strategy": "priority"}
        for priority in range(10):
            producer.send_task("segue.ingest_track", queue=TASK_QUEUE, priority=priority)
    assert (await job_store.queue_state()).depth == 10
    # As a worker holds a task whose time has not come.
    with redis.Redis.from_url(redis_url) as client:
        client.hset("unacked", "tag", "message")
    assert (await job_store.queue_state()).depth == 11
