"""A real worker, a real Redis: every accepted track ends in the store or among the dead letters."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
import uuid
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pytest
import redis
from celery import Celery
from kombu.exceptions import OperationalError

from job_items import every_item
from redis_process import RedisProcess
from segue.index.exact import ExactIndex
from segue.ingest.attempts import implicit_job
from segue.ingest_jobs import IngestItem, ItemState, JobProgress
from segue.jobs.presence import SILENCE_SECONDS
from segue.jobs.redis_store import RedisJobStore
from segue.kept_names import kept_digest
from segue.media.kept_uploads import KeptUploads
from segue.query.kept_sweep import sweep
from segue.settings import QueueSettings
from segue.stack.ports import free_ports
from segue.tracks import TrackMetadata
from waiting import PATIENCE_SECONDS, until_async

pytestmark = pytest.mark.timeout(400)

RATE_HZ = 22_050
DAY_SECONDS = 86_400.0


class Worker:
    """The worker process of a test."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self._folder = folder
        self.store_file = folder / "store.sqlite"
        self.log = folder / "worker.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            "SEGUE_REDIS_URL": redis_url,
            "SEGUE_INDEX_URL": "segue://127.0.0.1:1",
            "SEGUE_SPOOL": str(folder / "spool"),
            "SEGUE_WORKER_CONCURRENCY": "2",
            "SEGUE_TASK_ATTEMPTS": "3",
            "SEGUE_RETRY_BASE_SECONDS": "0.05",
            "SEGUE_RETRY_CAP_SECONDS": "0.2",
        }

    def start(self, **settings: str) -> None:
        """Start it, with further settings."""
        (self._folder / "spool").mkdir(exist_ok=True)
        script = Path(__file__).parent / "misbehaving_worker.py"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(script), str(self.store_file)],
                env={**os.environ, **self.environment, **settings},
                stdout=log,
                stderr=log,
            )

    def children(self) -> list[psutil.Process]:
        """Its worker processes."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children()

    def kill(self) -> None:
        """SIGKILL the parent process; its children follow by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> int:
        """SIGTERM, and wait: its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    def ended(self) -> int:
        """Wait until it ends by itself: its exit code."""
        assert self.process is not None
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self.process = None
        return code

    def supervise(self) -> None:
        """Start it again when it ended because it heard no messages, as whoever runs it does."""
        if self.process is not None and self.process.poll() == os.EX_TEMPFAIL:
            self.start()

    def stored(self) -> dict[str, tuple[str, npt.NDArray[np.float32], int]]:
        """What the store holds: (title, vector, upserts) by track id."""
        if not self.store_file.exists():
            return {}
        with contextlib.closing(sqlite3.connect(self.store_file, timeout=30)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'tracks'").fetchall():
                return {}
            rows = db.execute("SELECT id, title, vector, upserts FROM tracks").fetchall()
        return {
            track_id: (title, np.frombuffer(vector, np.float32), upserts)
            for track_id, title, vector, upserts in rows
        }


@pytest.fixture
def worker(tmp_path: Path, redis_url: str) -> Iterator[Worker]:
    made = Worker(tmp_path, redis_url)
    yield made
    if made.process is not None:
        made.kill()


@pytest.fixture
async def job_store(redis_url: str) -> AsyncIterator[RedisJobStore]:
    opened = RedisJobStore(QueueSettings(redis_url=redis_url))
    yield opened
    await opened.close()


@pytest.fixture
def tone(tmp_path: Path) -> Callable[[int], Path]:
    """Writes a WAV of 4 s with a pitch of its own."""

    def write(number: int) -> Path:
        path = tmp_path / f"tone-{number}.wav"
        if not path.exists():
            seconds = np.arange(4 * RATE_HZ) / RATE_HZ
            samples = 0.5 * np.sin(2 * np.pi * 110 * 1.03**number * seconds)
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE_HZ)
                file.writeframes((samples * 32_767).astype("<i2").tobytes())
        return path

    return write


async def accepted(job_store: RedisJobStore, tracks: list[IngestItem]) -> str:
    """The job as which the store accepts tracks."""
    return (await job_store.submit(tracks)).job_id


def item(number: int, path: Path, title: str = "", *, force: bool = False) -> IngestItem:
    return IngestItem(f"track-{number}", path.as_uri(), TrackMetadata(title=title), force)


async def finished(
    job_store: RedisJobStore, job: str, *, supervised: Worker | None = None
) -> JobProgress:
    async def ended() -> JobProgress | None:
        if supervised is not None:
            supervised.supervise()
        progress = await job_store.progress(job)
        return progress if progress.done else None

    return await until_async(ended)  # type: ignore[no-any-return]


async def expect(job_store: RedisJobStore, job: str, **counts: int) -> None:
    """Wait until a job is done: so many tracks of each state, and why, where it is otherwise."""
    progress = await finished(job_store, job)
    told = {state.value: count for state, count in progress.counts.items() if count}
    assert told == counts, "\n".join(map(str, await every_item(job_store, job)))


async def endings(job_store: RedisJobStore, job: str) -> list[tuple[ItemState, str, int]]:
    """State, reason and attempts of each track, in the order of submission."""
    return [
        (status.state, status.reason, status.attempts)
        for status in await every_item(job_store, job)
    ]


async def test_tracks_are_indexed_skipped_when_unchanged_and_refused(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], tmp_path: Path
) -> None:
    worker.start()
    job = await accepted(job_store, [item(n, tone(n), f"title {n}") for n in range(4)])
    await expect(job_store, job, indexed=4)
    assert {title for title, _, _ in worker.stored().values()} == {f"title {n}" for n in range(4)}

    missing = item(9, tmp_path / "missing.mp3")
    (tmp_path / "noise.mp3").write_bytes(b"no audio at all" * 100)
    again = await accepted(
        job_store,
        [
            item(0, tone(0)),
            item(1, tone(1), "another title"),
            item(2, tone(2), force=True),
            item(3, tone(0)),
            missing,
            item(10, tmp_path / "noise.mp3"),
        ],
    )
    await expect(job_store, again, skipped=2, indexed=2, dead=2)
    statuses = {status.track_id: status for status in await every_item(job_store, again)}
    assert statuses["track-0"].reason == "UNCHANGED"
    assert statuses["track-1"].reason == "METADATA_UPDATED"
    assert statuses["track-9"].reason == "SOURCE_NOT_FOUND"
    assert statuses["track-10"].reason == "AUDIO_NOT_AUDIO"
    assert [statuses[f"track-{n}"].attempts for n in (9, 10)] == [1, 1]
    stored = worker.stored()
    assert stored["track-1"][0] == "another title"
    np.testing.assert_allclose(stored["track-3"][1], stored["track-0"][1], atol=1e-5)
    assert stored["track-0"][2] == 1
    assert worker.stop() == 0


async def test_failures_are_tried_again_until_attempts_or_patience_end(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path]
) -> None:
    worker.start(SEGUE_OUTAGE_PATIENCE_SECONDS="3")
    titles = ["flaky", "bug", "away", "well"]
    job = await accepted(job_store, [item(n, tone(n), title) for n, title in enumerate(titles)])
    await expect(job_store, job, indexed=2, dead=2)
    flaky, bug, away, well = await endings(job_store, job)
    assert flaky == (ItemState.INDEXED, "", 3)
    assert bug == (ItemState.DEAD, "INTERNAL", 3)
    assert away[:2] == (ItemState.DEAD, "INDEX_UNAVAILABLE")
    assert away[2] >= 3
    assert well == (ItemState.INDEXED, "", 1)
    assert set(worker.stored()) == {"track-0", "track-3"}
    letters, _, total = await job_store.dead_letters(limit=10)
    assert total == 2
    assert all(letter.next_step and letter.message for letter in letters)
    assert worker.stop() == 0


async def test_crash_memory_and_timeout_end_only_the_track_that_causes_them(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path]
) -> None:
    # The limit is wall time: far above what a track takes on a busy machine.
    worker.start(SEGUE_TASK_TIME_LIMIT_SECONDS="15")
    titles = ["hang", "abort", "glutton", "well"]
    job = await accepted(job_store, [item(n, tone(n), title) for n, title in enumerate(titles)])
    await expect(job_store, job, indexed=1, dead=3)
    assert await endings(job_store, job) == [
        (ItemState.DEAD, "AUDIO_DECODER_TIMEOUT", 1),
        (ItemState.DEAD, "AUDIO_DECODER_CRASHED", 3),
        (ItemState.DEAD, "AUDIO_DECODER_CRASHED", 1),
        (ItemState.INDEXED, "", 1),
    ]
    assert set(worker.stored()) == {"track-3"}
    assert worker.stop() == 0


async def test_killed_worker_and_children_lose_and_double_nothing(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path]
) -> None:
    worker.start()
    tracks = [item(n, tone(n)) for n in range(60)]
    undisturbed = await accepted(job_store, tracks)
    await expect(job_store, undisturbed, indexed=60)
    expected = {name: vector for name, (_, vector, _) in worker.stored().items()}
    worker.stop()
    worker.store_file.unlink()

    # A track may be met by every kill, and by a lease that ends while the machine is busy.
    worker.start(SEGUE_TASK_ATTEMPTS="10")
    job = await accepted(job_store, tracks)
    await until_async(lambda: len(worker.stored()) >= 5)
    for child in worker.children():
        child.kill()
    await until_async(lambda: len(worker.stored()) >= 20)
    orphans = worker.children()
    worker.kill()
    await until_async(lambda: not any(orphan.is_running() for orphan in orphans))
    worker.start(SEGUE_TASK_ATTEMPTS="10")
    progress = await finished(job_store, job)
    assert progress.counts[ItemState.DEAD] == 0, await every_item(job_store, job)
    stored = worker.stored()
    assert stored.keys() == expected.keys()
    for name, vector in expected.items():
        np.testing.assert_allclose(stored[name][1], vector, atol=1e-5, err_msg=name)
    assert worker.stop() == 0


async def test_killed_redis_loses_nothing(
    worker: Worker,
    job_store: RedisJobStore,
    tone: Callable[[int], Path],
    redis_process: RedisProcess,
) -> None:
    worker.start()
    job = await accepted(job_store, [item(n, tone(n)) for n in range(40)])
    await until_async(lambda: len(worker.stored()) >= 5)
    redis_process.kill()
    redis_process.start()
    # Celery may miss that its connection went: the worker then ends itself, to be started again.
    progress = await finished(job_store, job, supervised=worker)
    assert progress.counts[ItemState.DEAD] == 0, await every_item(job_store, job)
    assert len(worker.stored()) == 40
    assert worker.stop() == 0


async def test_duplicated_and_lost_messages_change_nothing(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], redis_url: str
) -> None:
    job = await accepted(job_store, [item(n, tone(n)) for n in range(10)])
    with Celery("stutterer", broker=redis_url, set_as_current=False) as stutterer:
        for _ in range(30):
            stutterer.send_task("segue.ingest_due", queue="segue.hints")
    worker.start()
    await until_async(lambda: len(worker.stored()) >= 3)
    # Every message that Celery holds vanishes; the ledger knows what is still to do.
    with redis.Redis.from_url(redis_url) as client:
        client.delete("segue.hints", "unacked", "unacked_index")
    await expect(job_store, job, indexed=10)
    assert {upserts for _, _, upserts in worker.stored().values()} == {1}
    assert {status.attempts for status in await every_item(job_store, job)} == {1}
    assert worker.stop() == 0


async def test_producer_sends_tasks_by_name(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], redis_url: str
) -> None:
    worker.start()
    good, bad = (str(uuid.uuid4()) for _ in range(2))
    nameless = f"{uuid.uuid4()}{'x' * 300}:items"
    with Celery("producer", broker=redis_url, set_as_current=False) as producer:
        producer.send_task(
            "segue.ingest_track",
            kwargs={
                "uri": tone(1).as_uri(),
                "track_id": "x",
                "metadata": {"title": "By name", "genres": ["Rock"], "year": 1999},
            },
            queue="segue.ingest",
            task_id=good,
        )
        producer.send_task(
            "segue.ingest_track",
            kwargs={"uri": 7, "track_id": "y", "colour": "red"},
            queue="segue.ingest",
            task_id=bad,
        )
        producer.send_task(
            "segue.ingest_track", args=["file:///a.mp3"], queue="segue.ingest", task_id=nameless
        )
        producer.send_task("segue.ingest_due", args=[{"no": "such argument"}], queue="segue.hints")

    async def recorded(job: str, **counts: int) -> None:
        with redis.Redis.from_url(redis_url) as client:
            await until_async(lambda: client.exists(f"segue:job:{job}") == 1)
        await expect(job_store, job, **counts)

    await recorded(implicit_job(good), indexed=1)
    assert worker.stored()["x"][0] == "By name"
    for task_id in (bad, nameless):
        await recorded(implicit_job(task_id), dead=1)
        (status,) = await every_item(job_store, implicit_job(task_id))
        assert status.reason == "INVALID_ARGUMENT"
    assert worker.stop() == 0


async def test_what_cannot_be_written_down_becomes_a_dead_letter(
    worker: Worker, job_store: RedisJobStore, redis_url: str
) -> None:
    worker.start()
    asked = [
        {"uri": "file:///a.mp3", "metadata": {"title": "half \ud800"}},
        {"uri": "file:///\udcff.mp3"},
        {"uri": "file:///a.mp3", "track_id": "\udfff"},
        {"uri": "file:///a.mp3", "\ud800": 1},
    ]
    ids = [str(uuid.uuid4()) for _ in asked]
    with Celery("producer", broker=redis_url, set_as_current=False) as producer:
        for task_id, kwargs in zip(ids, asked, strict=True):
            producer.send_task(
                "segue.ingest_track", kwargs=kwargs, queue="segue.ingest", task_id=task_id
            )
    with redis.Redis.from_url(redis_url) as client:
        for task_id in ids:
            await until_async(lambda job=f"segue:job:task-{task_id}": client.exists(job) == 1)
            await expect(job_store, f"task-{task_id}", dead=1)
    letters, _, total = await job_store.dead_letters(limit=10)
    assert total == len(asked)
    assert {letter.reason for letter in letters} == {"INVALID_ARGUMENT"}
    assert worker.stop() == 0


JUNK = (
    b"\xff\xfe not text",
    b"not json",
    b"[]",
    b"7",
    b"null",
    b"{}",
    b'{"properties": {}}',
    b'{"properties": [], "headers": 7}',
    b'{"body": "?", "properties": {"delivery_tag": "t1", "body_encoding": "base64"}}',
    b'{"body": "e30=", "headers": {"task": "segue.ingest_track"}, "content-type": '
    b'"application/json", "content-encoding": "utf-8", "properties": {"delivery_tag": "t2", '
    b'"body_encoding": "base64", "delivery_info": {"exchange": "", "routing_key": "x"}}}',
    b'{"body": "e30=", "headers": {"task": "segue.ingest_track", "id": "i"}, "content-type": '
    b'"application/x-python-serialize", "content-encoding": "binary", "properties": '
    b'{"delivery_tag": "t3", "body_encoding": "base64", "delivery_info": {"exchange": "", '
    b'"routing_key": "x"}}}',
    b'{"body": "e30=", "headers": {"task": "no.such", "id": "i"}, "content-type": '
    b'"application/json", "content-encoding": "utf-8", "properties": {"delivery_tag": "t4", '
    b'"body_encoding": "base64", "delivery_info": {"exchange": "", "routing_key": "x"}}}',
)


async def test_junk_in_the_queue_ends_nothing(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], redis_url: str
) -> None:
    queues = ("segue.ingest", "segue.hints")
    with redis.Redis.from_url(redis_url) as client:
        for queue in queues:
            client.lpush(queue, *JUNK)
        worker.start()
        first = worker.process
        await until_async(lambda: not any(map(client.llen, queues)))
        job = await accepted(job_store, [item(n, tone(n)) for n in range(4)])
        await expect(job_store, job, indexed=4)
        await until_async(lambda: client.hlen("unacked") == 0)
    assert worker.process is first, "the same process works on"
    assert "MESSAGE_UNREADABLE" in worker.log.read_text()
    assert worker.stop() == 0


async def test_producers_fill_the_queue_to_its_bound_and_lose_no_task(
    worker: Worker, job_store: RedisJobStore, redis_url: str
) -> None:
    sent: list[str] = []
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 2**20)
        client.config_set("appendfsync", "no")
        with Celery("producer", broker=redis_url, set_as_current=False) as producer:
            for _ in range(5_000):
                task_id = str(uuid.uuid4())
                try:
                    producer.send_task(
                        "segue.ingest_track",
                        kwargs={"uri": f"file:///nowhere/{'x' * 4_000}.mp3"},
                        queue="segue.ingest",
                        task_id=task_id,
                        retry=False,
                    )
                except OperationalError:
                    break
                sent.append(task_id)
        assert len(sent) > 50
        assert (await job_store.queue_state()).depth == len(sent)
        worker.start()

        def recorded() -> bool:
            worker.supervise()
            return client.exists(*(f"segue:job:task-{one}" for one in sent)) == len(sent)

        await until_async(recorded)

        def failed() -> int:
            # The same failure of the same track: one letter that counts.
            letters = client.hvals("segue:dead:letters")
            return sum(json.loads(letter)["occurrences"] for letter in letters)

        await until_async(lambda: failed() == len(sent))
        assert client.zcard("segue:dead") == 1
    assert worker.stop() == 0


async def test_upload_is_kept_while_dead_and_removed_when_indexed(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], tmp_path: Path
) -> None:
    worker.start()
    spooled = tmp_path / "spool" / "upload.wav"
    spooled.write_bytes(b"")
    job = await accepted(job_store, [IngestItem("up", "spool://upload.wav")])
    await expect(job_store, job, dead=1)
    assert spooled.exists()
    spooled.write_bytes(tone(3).read_bytes())
    replayed, count = await job_store.replay([])
    assert (replayed is not None, count) == (True, 1)
    await expect(job_store, str(replayed), indexed=1)
    await until_async(lambda: not spooled.exists())
    assert worker.stop() == 0


def sources_in(worker: Worker) -> dict[str, str]:
    """Where the tracks of the store came from."""
    with contextlib.closing(sqlite3.connect(worker.store_file, timeout=30)) as db:
        return dict(db.execute("SELECT id, source FROM tracks").fetchall())


async def test_killed_workers_lose_no_upload_that_is_to_be_kept(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], tmp_path: Path
) -> None:
    settings = {"SEGUE_TASK_ATTEMPTS": "10", "SEGUE_KEPT_UPLOADS": str(tmp_path / "kept")}
    worker.start(**settings)
    uploads = []
    for number in range(30):
        name = f"upload-{number}.wav"
        (tmp_path / "spool" / name).write_bytes(tone(number).read_bytes())
        uploads.append(IngestItem(f"track-{number}", f"spool://{name}"))
    job = await accepted(job_store, uploads)
    await until_async(lambda: len(worker.stored()) >= 5)
    killed = worker.children()
    for child in killed:
        child.kill()
    await until_async(lambda: len(worker.stored()) >= 15)
    orphans = worker.children()
    killed += orphans
    worker.kill()
    await until_async(lambda: not any(orphan.is_running() for orphan in orphans))
    worker.start(**settings)
    # One that was stored just before its worker was killed is found to be unchanged.
    counts = (await finished(job_store, job)).counts
    assert counts[ItemState.INDEXED] + counts[ItemState.SKIPPED] == 30
    assert worker.stop() == 0

    # What is killed between settling a track and deleting its upload leaves that one file, which is
    # swept a day later.
    left = list((tmp_path / "spool").iterdir())
    assert len(left) <= len(killed)
    for path in left:
        os.utime(path, (time.time() - 2 * DAY_SECONDS,) * 2)
    if left:
        worker.start(**settings)
        await until_async(lambda: not list((tmp_path / "spool").iterdir()))
        assert worker.stop() == 0

    kept = KeptUploads(tmp_path / "kept", most_bytes=1 << 40)
    sources = sources_in(worker)
    assert len(sources) == 30
    for track_id, uri in sources.items():
        sha256 = kept_digest(uri)
        assert sha256 is not None
        file, digest = kept.open_whole(sha256, largest_bytes=1 << 30)
        file.close()
        assert digest == sha256 == hashlib.sha256(
            tone(int(track_id.rpartition("-")[2])).read_bytes()
        ).hexdigest()  # fmt: skip
    assert kept.room().files == 30


async def test_a_death_between_keeping_and_storing_keeps_the_upload_for_a_replay(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], tmp_path: Path
) -> None:
    worker.start(SEGUE_TASK_ATTEMPTS="2", SEGUE_KEPT_UPLOADS=str(tmp_path / "kept"))
    spooled = tmp_path / "spool" / "upload.wav"
    spooled.write_bytes(tone(1).read_bytes())
    # The process aborts within the call that stores it.
    doomed = IngestItem("up", "spool://upload.wav", TrackMetadata(title="abort"))
    job = await accepted(job_store, [doomed])
    await expect(job_store, job, dead=1)
    kept = KeptUploads(tmp_path / "kept", most_bytes=1 << 40)
    (use,) = kept.uses(limit=9)
    assert kept.holds(use.sha256)
    assert spooled.exists()

    # It is never tried again: what was kept of it goes, and the upload itself stays.
    index = ExactIndex(space=use.space, dimension=8)
    assert await sweep(kept, index, settled_seconds=-1) == 1
    assert not kept.holds(use.sha256)
    assert kept.room().files == 0
    assert spooled.read_bytes() == tone(1).read_bytes()
    assert worker.stop() == 0


async def test_a_worker_that_hears_nothing_ends_and_loses_nothing(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path]
) -> None:
    worker.start(DEAF="1")
    job = await accepted(job_store, [item(n, tone(n)) for n in range(2)])
    assert await asyncio.to_thread(worker.ended) == os.EX_TEMPFAIL
    worker.start()
    await expect(job_store, job, indexed=2)
    assert {attempts for _, _, attempts in await endings(job_store, job)} == {1}
    assert worker.stop() == 0


async def alive(job_store: RedisJobStore) -> set[int]:
    """Process ids of the workers that live."""
    return {worker.card.pid for worker in await job_store.workers() if worker.alive}


async def wait_for_workers(job_store: RedisJobStore, *pids: int) -> None:
    async def heard() -> bool:
        return await alive(job_store) == set(pids)

    await until_async(heard)


async def test_a_worker_is_heard_while_it_is_busy_and_not_once_it_hangs_or_is_killed(
    worker: Worker,
    job_store: RedisJobStore,
    tone: Callable[[int], Path],
    redis_process: RedisProcess,
) -> None:
    worker.start(SEGUE_WORKER_CONCURRENCY="1")
    assert worker.process is not None
    pid = worker.process.pid
    await wait_for_workers(job_store, pid)
    # One track that takes longer than any silence.
    job = await accepted(job_store, [item(0, tone(0), "hang")])
    began = time.monotonic()
    longest = 0.0
    while time.monotonic() - began < SILENCE_SECONDS + 5:
        (heard,) = await job_store.workers()
        longest = max(longest, heard.silence_seconds)
        await asyncio.sleep(0.2)
    assert longest < SILENCE_SECONDS
    assert (await job_store.progress(job)).counts[ItemState.RUNNING] == 1

    os.kill(pid, signal.SIGSTOP)
    await wait_for_workers(job_store)
    os.kill(pid, signal.SIGCONT)
    await wait_for_workers(job_store, pid)

    redis_process.kill()
    redis_process.start()
    await wait_for_workers(job_store, pid)

    worker.kill()
    await wait_for_workers(job_store)


async def test_a_worker_that_is_stopped_is_gone_at_once(
    worker: Worker, job_store: RedisJobStore
) -> None:
    worker.start()
    assert worker.process is not None
    await wait_for_workers(job_store, worker.process.pid)
    assert await asyncio.to_thread(worker.stop) == 0
    assert await job_store.workers() == [], "it left, and did not only fall silent"


async def test_metrics_sum_over_processes(
    worker: Worker, job_store: RedisJobStore, tone: Callable[[int], Path], tmp_path: Path
) -> None:
    port = free_ports(1)[0]
    worker.start(SEGUE_METRICS_PORT=str(port), PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "samples"))
    job = await accepted(job_store, [item(n, tone(n)) for n in range(8)])
    await expect(job_store, job, indexed=8)
    assert {attempts for _, _, attempts in await endings(job_store, job)} == {1}
    ask = f"http://127.0.0.1:{port}/metrics"

    def samples() -> dict[str, float]:
        with urllib.request.urlopen(ask, timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return {
            line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in lines
            if not line.startswith("#")
        }

    # A track is finished in the queue a moment before its time is counted.
    await until_async(lambda: samples().get("segue_ingest_track_seconds_count", 0) >= 8)
    assert samples()["segue_ingest_track_seconds_count"] == 8
    assert samples()['segue_ingest_total{outcome="indexed",reason=""}'] == 8
    assert samples()["segue_ingest_audio_seconds_total"] == pytest.approx(32, abs=0.1)
    for name in ("fetch", "decode", "mel", "embed", "upsert"):
        assert samples()[f'segue_ingest_stage_seconds_count{{stage="{name}"}}'] == 8
    assert "segue_dead_letters" not in samples(), "the query service alone shows the queue"
    assert worker.stop() == 0
