import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from segue.stack.folder import DataFolder, StackState
from segue.stack.orphans import MARK
from segue.stack.part import PartEvent, PartFailed, PartPlan
from segue.stack.supervisor import Supervisor, recover

# Says when it starts and ends, in a file that all parts share. A signal to end waits until it has
# said that it started.
PROGRAM = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
import pathlib, sys
name, diary = sys.argv[1], pathlib.Path(sys.argv[2])
def write(word):
    with diary.open("a") as file:
        file.write(f"{name} {word}\\n")
write("starts")
signal.sigwait({signal.SIGTERM})
write("ends")
"""


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    return folder


@pytest.fixture
def diary(tmp_path):
    path = tmp_path / "diary"
    path.touch()
    return path


def plan(name, diary, *, needs=(), metrics="", program=PROGRAM):
    async def started():
        return f"{name} starts" in diary.read_text()

    return PartPlan(
        name=name,
        command=(sys.executable, "-c", program, name, str(diary)),
        environment=dict(os.environ),
        ready=started,
        needs=needs,
        metrics=metrics,
    )


def make(folder, plans, report=lambda *_: None):
    state = StackState(pid=os.getpid(), address="127.0.0.1:1", model="m", device="cpu")
    return Supervisor(folder, plans, state, report)


async def test_parts_start_after_what_they_need_and_stop_in_the_opposite_order(folder, diary):
    supervisor = make(
        folder,
        [plan("queue", diary), plan("query", diary, needs=("queue",), metrics="h:1/metrics")],
    )

    async def when_ready(state):
        assert state.state == "ready"
        assert folder.read_state() == state
        assert all(part.ready and part.pid for part in state.parts.values())
        supervisor.stop()

    await supervisor.run(when_ready)

    assert diary.read_text().split("\n")[:-1] == [
        "queue starts",
        "query starts",
        "query ends",
        "queue ends",
    ]


async def test_nothing_stale_is_left_behind(folder, diary):
    supervisor = make(folder, [plan("query", diary, metrics="127.0.0.1:9/metrics")])
    targets = []

    async def when_ready(_):
        targets.extend(json.loads(folder.targets_file.read_text()))
        supervisor.stop()

    await supervisor.run(when_ready)

    assert targets == [
        {
            "targets": ["127.0.0.1:9"],
            "labels": {"job": "segue-query", "__metrics_path__": "/metrics"},
        }
    ]
    assert not folder.state_file.exists()
    assert not folder.targets_file.exists()
    assert not folder.run.exists()


async def test_one_part_that_cannot_start_brings_all_down(folder, diary):
    broken = plan("triton", diary, program="import sys; sys.exit('no model')")
    supervisor = make(folder, [plan("queue", diary), broken])

    async def when_ready(_):
        pytest.fail("the stack was called ready")

    with pytest.raises(PartFailed, match=r"triton ended(.|\n)*no model"):
        await supervisor.run(when_ready)

    text = diary.read_text()
    assert text.count("queue starts") == text.count("queue ends")
    assert not folder.state_file.exists()


async def test_a_restart_shows_in_the_state(folder, diary):
    back = asyncio.Event()

    def report(name, event, _):
        if event is PartEvent.READY and supervisor.state.parts[name].restarts:
            back.set()

    supervisor = make(folder, [plan("queue", diary)], report)

    async def when_ready(state):
        os.kill(state.parts["queue"].pid, signal.SIGKILL)
        async with asyncio.timeout(60):
            await back.wait()
        assert folder.read_state().parts["queue"].restarts == 1
        assert folder.read_state().parts["queue"].pid != state.parts["queue"].pid
        supervisor.stop()

    await supervisor.run(when_ready)


def test_recovery_ends_orphans_and_clears_what_was_left(folder):
    folder.write_state(StackState(pid=1, address="a", model="m", device="cpu"))
    (folder.run / "left").touch()
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"],
        env={**os.environ, MARK: str(folder.root)},
        stdout=subprocess.PIPE,
    )
    orphan.stdout.readline()

    ended = recover(folder)

    assert ended == [orphan.pid]
    assert not psutil.pid_exists(orphan.pid)
    orphan.wait()
    orphan.stdout.close()
    assert not folder.state_file.exists()
    assert list(folder.run.iterdir()) == []


async def test_a_folder_that_was_removed_does_not_keep_parts_from_being_stopped(folder, diary):
    supervisor = make(folder, [plan("queue", diary), plan("query", diary)])

    async def when_ready(_):
        shutil.rmtree(folder.root)
        supervisor.stop()

    await supervisor.run(when_ready)

    assert sorted(diary.read_text().split("\n")[-3:-1]) == ["query ends", "queue ends"]
