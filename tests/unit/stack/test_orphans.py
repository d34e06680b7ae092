import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import segue.stack.end_with_parent
from segue.stack.orphans import MARK, end_orphans

SLEEP = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
SCRIPT = segue.stack.end_with_parent.__file__


def start(command, **environment):
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    return process


def finish(process):
    process.kill()
    process.wait()
    process.stdout.close()


def test_only_processes_of_this_folder_are_ended(tmp_path):
    ours = start(SLEEP, **{MARK: str(tmp_path)})
    other = start(SLEEP, **{MARK: str(tmp_path / "other")})
    try:
        assert end_orphans(tmp_path) == [ours.pid]
        assert not psutil.pid_exists(ours.pid)
        assert other.poll() is None
    finally:
        finish(ours)
        finish(other)


def test_a_folder_without_orphans_has_none(tmp_path):
    assert end_orphans(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_a_process_that_ends_with_its_parent_dies_with_its_parent(tmp_path):
    program = (
        "import os, subprocess, sys, time\n"
        f"command = [sys.executable, '-I', '-S', {SCRIPT!r}, str(os.getpid()), *{SLEEP!r}]\n"
        "child = subprocess.Popen(command, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()

    _, alive = psutil.wait_procs([child], timeout=60)
    assert not alive or alive[0].status() == psutil.STATUS_ZOMBIE


def test_a_process_whose_parent_is_gone_already_does_not_start():
    done = subprocess.run(
        [sys.executable, "-I", "-S", Path(SCRIPT), "1", *SLEEP],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert "supervisor is gone" in done.stderr
