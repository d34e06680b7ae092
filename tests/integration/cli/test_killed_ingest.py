"""``segue ingest`` that is killed, and run again: nothing is lost, and nothing submitted twice."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from query_service import DIMENSION, Service, serve
from redis_process import RedisProcess
from segue.index.exact import ExactIndex
from segue.ingest_jobs import Submission
from segue.jobs.redis_store import RedisJobStore
from segue.settings import QueueSettings
from segue.v1 import catalog_service_pb2 as messages
from tones import write_tone
from waiting import until_async
from whole_folder import whole_folder

SONGS = 10
BATCH = 4
CLIENT = (
    f"from segue.cli import main, sender; sender.BATCH_ITEMS = {BATCH}; main(prog_name='segue')"
)


class Queue(RedisJobStore):
    """A real queue that can be made to keep the answer to itself after some submissions."""

    def __init__(self, settings: QueueSettings) -> None:
        super().__init__(settings)
        self.answers = -1
        self.silent = asyncio.Event()

    async def submit(self, *args: Any, **kwargs: Any) -> Submission:
        submitted = await super().submit(*args, **kwargs)
        if self.answers == 0:
            self.silent.set()
            await asyncio.Event().wait()
        self.answers -= 1
        return submitted


@pytest.fixture
async def queue(redis_process: RedisProcess) -> Queue:
    return Queue(QueueSettings(redis_url=redis_process.url))


@pytest.fixture
async def served(tmp_path: Path, queue: Queue) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    async for running in serve(index, tmp_path, queue=queue):
        yield running


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    for number in range(SONGS):
        write_tone(tmp_path / "songs" / f"{number}.wav", number)
    return tmp_path / "songs"


class Client:
    """``segue ingest`` as a process of its own, with a folder for what it remembers."""

    def __init__(self, service: Service, state: Path) -> None:
        self._service = service
        self._state = state

    async def start(self, *words: object) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLIENT,
            "ingest", *map(str, words), "--address", self._service.address,
            env={**os.environ, "XDG_STATE_HOME": str(self._state)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, *words: object) -> dict[str, Any]:
        """Run it to its end without waiting for the tracks; what it told."""
        process = await self.start(*words, "--no-watch", "--json")
        out, err = await process.communicate()
        assert process.returncode == 0, (out, err)
        return dict(json.loads(out))


@pytest.fixture
def client(served: Service, tmp_path: Path) -> Client:
    return Client(served, tmp_path / "state")


async def kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.communicate()


async def submitted(service: Service) -> list[str]:
    """Names of the files in all jobs, as often as they are there."""
    names = []
    for job in (await service.catalog.ListIngestJobs(messages.ListIngestJobsRequest())).jobs:
        request = messages.GetIngestJobRequest(job_id=job.job_id, include_items=True)
        items = (await service.catalog.GetIngestJob(request)).items
        names += [item.uri.rpartition("-")[2].rpartition("/")[2] for item in items]
    return sorted(names)


@pytest.mark.parametrize("way", ["--upload", "--no-upload"])
@pytest.mark.parametrize("answers", [0, 1, 2])
async def test_one_that_is_killed_while_it_submits_goes_on(
    served: Service, queue: Queue, client: Client, songs: Path, way: str, answers: int
) -> None:
    queue.answers = answers
    process = await client.start(songs, way)
    await queue.silent.wait()  # accepted, but it never hears of that
    await kill(process)
    before = await submitted(served)
    in_one = 1 if way == "--upload" else BATCH
    assert len(before) == min(SONGS, in_one * (answers + 1))
    queue.answers = -1
    told = await client.run(songs, way)
    assert told["total"] == SONGS
    assert await submitted(served) == [f"{number}.wav" for number in range(SONGS)]
    assert any(notice["reason"] == "RESUMED" for notice in told["notices"]) == (answers > 0)
    if way == "--upload":
        assert len(told["jobs"]) == 1
        assert len(list(served.spool.iterdir())) == SONGS


async def test_one_that_is_killed_while_it_waits_picks_up_its_job(
    served: Service, client: Client, songs: Path, tmp_path: Path
) -> None:
    process = await client.start(songs, "--upload")
    await until_async(lambda: lines_of(tmp_path / "state").count('"accepted"') == SONGS)
    await kill(process)
    before = await submitted(served)
    assert len(before) == SONGS
    (job,) = (await served.catalog.ListIngestJobs(messages.ListIngestJobsRequest())).jobs
    told = await client.run(songs, "--upload")
    assert (told["total"], told["jobs"]) == (SONGS, [job.job_id])
    assert await submitted(served) == before


def lines_of(folder: Path) -> str:
    return "".join(content.decode() for content in whole_folder(folder).values())


async def killed_while_uploading(queue: Queue, client: Client, songs: Path) -> None:
    """A run that is killed when the queue is silent after three answers; then it answers again."""
    queue.answers = 3
    process = await client.start(songs, "--upload")
    await queue.silent.wait()
    await kill(process)
    queue.answers = -1


async def test_what_a_cancelled_job_held_is_submitted_again(
    served: Service, queue: Queue, client: Client, songs: Path
) -> None:
    await killed_while_uploading(queue, client, songs)
    (job,) = (await served.catalog.ListIngestJobs(messages.ListIngestJobsRequest())).jobs
    await served.catalog.CancelIngestJob(messages.CancelIngestJobRequest(job_id=job.job_id))
    told = await client.run(songs, "--upload")
    assert told["total"] == SONGS
    assert job.job_id not in told["jobs"]


async def test_one_that_was_killed_is_forgotten_on_request(
    served: Service, queue: Queue, client: Client, songs: Path
) -> None:
    await killed_while_uploading(queue, client, songs)
    told = await client.run(songs, "--upload", "--no-resume")
    assert told["total"] == SONGS
    assert len(await submitted(served)) == SONGS + 4


async def test_one_that_came_to_its_end_is_not_gone_on_with(
    served: Service, client: Client, songs: Path
) -> None:
    first = await client.run(songs, "--upload")
    second = await client.run(songs, "--upload")
    assert first["total"] == second["total"] == SONGS
    assert set(first["jobs"]).isdisjoint(second["jobs"])
