"""Parts are real processes here: small Python programs whose behaviour is known."""

import asyncio
import os
import signal
import sys

import psutil
import pytest

from segue.stack import part as part_module
from segue.stack.part import Part, PartEvent, PartFailed, PartPlan
from segue.stack.part_log import PartLog

SLEEP = "import time; print('hello', flush=True); time.sleep(600)"


class Story:
    """What a part told, and a way to wait for it."""

    def __init__(self):
        self.events = []
        self._news = asyncio.Condition()

    def tell(self, part, event, phrase):
        self.events.append((event, phrase))
        asyncio.get_running_loop().create_task(self._wake())

    async def _wake(self):
        async with self._news:
            self._news.notify_all()

    async def count(self, event, number):
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: [e for e, _ in self.events].count(event) >= number)


async def always_ready():
    return True


async def never_ready():
    return False


@pytest.fixture
def log(tmp_path):
    log = PartLog(tmp_path / "part.log")
    yield log
    log.close()


def make_part(log, program, story, ready=always_ready, **fields):
    plan = PartPlan(
        name="part",
        command=(sys.executable, "-c", program),
        environment=dict(os.environ),
        ready=ready,
        **fields,
    )
    return Part(plan, log, story.tell)


@pytest.fixture(autouse=True)
def quick_backoff(monkeypatch):
    monkeypatch.setattr(part_module, "BACKOFF_BASE_SECONDS", 0.01)


@pytest.fixture
def story():
    return Story()


async def test_a_killed_part_is_started_again_with_growing_delays(log, story):
    part = make_part(log, SLEEP, story)
    keeper = asyncio.create_task(part.keep_alive())
    for number in (1, 2, 3):
        await story.count(PartEvent.READY, number)
        os.kill(part.pid, signal.SIGKILL)
    await story.count(PartEvent.READY, 4)
    await part.stop()
    await keeper

    died = [phrase for event, phrase in story.events if event is PartEvent.DIED]
    assert died == [
        f"was killed by SIGKILL; starting it again in {delay} s" for delay in (0.01, 0.02, 0.04)
    ]
    assert part.restarts == 3
    assert part.pid is None


async def test_a_part_that_ends_before_it_is_ready_fails_with_its_last_words(log, story):
    part = make_part(log, "import sys; sys.exit('no such model')", story, never_ready)

    with pytest.raises(PartFailed, match=r"ended with exit status 1 .*\nno such model"):
        await part.keep_alive()


async def test_a_part_that_is_never_ready_is_ended(log, story):
    part = make_part(log, SLEEP, story, never_ready, ready_seconds=0.3)

    with pytest.raises(PartFailed, match=r"not ready after 0\.3 s"):
        await part.keep_alive()

    assert part.pid is None


async def test_a_part_that_ignores_sigterm_is_killed_with_its_children(log, story, tmp_path):
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )

    async def child_known():
        return (tmp_path / "child").exists() and bool((tmp_path / "child").read_text())

    part = make_part(log, stubborn, story, child_known, stop_seconds=0.1)
    keeper = asyncio.create_task(part.keep_alive())
    await story.count(PartEvent.READY, 1)
    child = psutil.Process(int((tmp_path / "child").read_text()))
    await part.stop()
    await keeper

    _, alive = psutil.wait_procs([child], timeout=60)
    assert not alive or alive[0].status() == psutil.STATUS_ZOMBIE


async def test_what_a_part_says_stands_in_its_log(log, story):
    part = make_part(log, "print('first'); print('second')", story)
    keeper = asyncio.create_task(part.keep_alive())
    await story.count(PartEvent.DIED, 1)
    await part.stop()
    await keeper

    assert log.path.read_text().startswith("first\nsecond\n")


async def test_clean_up_runs_after_every_end(log, story):
    calls = []
    part = make_part(log, SLEEP, story, clean_up=lambda: calls.append(part.pid))
    keeper = asyncio.create_task(part.keep_alive())
    await story.count(PartEvent.READY, 1)
    os.kill(part.pid, signal.SIGKILL)
    await story.count(PartEvent.READY, 2)
    assert calls == [None]
    await part.stop()
    await keeper

    assert set(calls) == {None}
    assert len(calls) >= 2


async def test_a_child_that_outlives_a_part_does_not_hide_its_death(log, story, tmp_path):
    parent = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('child started', flush=True)\n"
        "time.sleep(600)\n"
    )

    async def child_started():
        return "child started" in log.path.read_text()

    part = make_part(log, parent, story, child_started)
    keeper = asyncio.create_task(part.keep_alive())
    await story.count(PartEvent.READY, 1)
    children = psutil.Process(part.pid).children()
    assert len(children) == 1
    os.kill(part.pid, signal.SIGKILL)

    await story.count(PartEvent.DIED, 1)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive or alive[0].status() == psutil.STATUS_ZOMBIE
    await part.stop()
    await keeper
