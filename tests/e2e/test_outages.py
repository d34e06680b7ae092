"""What the commands say and do while parts of a running stack are away, and when they are back."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest
from click.testing import CliRunner

from segue.cli import main
from segue.cli.client import SegueClient
from segue.cli.patience import Patience
from segue.v1 import catalog_service_pb2
from waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def shaken(start_stack, tmp_path_factory):
    """A stack whose parts are taken away; every test gives them back."""
    return start_stack(tmp_path_factory.mktemp("shaken"))


@contextlib.contextmanager
def stopped(*pids):
    """Processes that do nothing, and notice nothing."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def without(stack, part):
    """The part is killed and is not started again before the end of the block."""
    with stopped(stack.pid):
        pid = stack.state.parts[part].pid
        process = psutil.Process(pid)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
        yield

    def is_back():
        state = stack.state.parts[part]
        return state.ready and state.pid not in (None, pid)

    until(is_back)


class Command:
    """A ``segue`` command that runs beside the test."""

    def __init__(self, stack, *words):
        self.lines = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "segue", *map(str, words)],
            env={**os.environ, "SEGUE_DATA": str(stack.folder.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self):
        """End it, if it runs still."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        self._process.stdout.close()
        self._process.stderr.close()

    def _read(self):
        for line in self._process.stderr:
            self.lines.append(line)

    def said(self, reason):
        """Wait until standard error names a reason; the line."""

        def said():
            # Looked at first: what a command said before it ended may still be read.
            ended = self._process.poll() is not None
            if ended:
                self._reader.join(5)
            for line in self.lines:
                if f"[{reason}]" in line:
                    return line
            assert not ended, self.lines
            return ""

        return until(said)

    def interrupt(self):
        self._process.send_signal(signal.SIGINT)

    def end(self):
        """Exit status and standard output."""
        output = self._process.stdout.read()
        code = self._process.wait(PATIENCE_SECONDS)
        self._reader.join(5)
        return code, output


@pytest.fixture
def start_segue(shaken):
    """Start a ``segue`` command beside the test."""
    with contextlib.ExitStack() as started:

        def start(*words):
            command = Command(shaken, *words)
            started.callback(command.close)
            return command

        yield start


def test_ingest_says_that_no_worker_is_there_and_goes_on_with_the_next(
    shaken, start_segue, run_segue, clips
):
    manifest = clips("orphan", 3)
    with without(shaken, "worker"):
        running = start_segue("ingest", manifest, "--json")
        said = running.said("NO_WORKER")
        assert "Ctrl-C" in said
        assert "segue watch " in said
        told = run_segue("status", "--json", stack=shaken)
        assert told.code == 3
        assert told.json["parts"]["workers"]["reason"] == "NO_WORKER"
        assert told.json["workers"] == []
        assert told.json["queued"] == 3
        later = run_segue("ingest", clips("later-orphan", 1), "--no-watch", "--json", stack=shaken)
        assert later.code == 0
        assert [notice["reason"] for notice in later.json["notices"]] == ["NO_WORKER"]
        assert "NO_WORKER" in later.stderr
    code, output = running.end()
    outcome = json.loads(output)
    assert (code, outcome["indexed"]) == (0, 3), outcome
    assert [notice["reason"] for notice in outcome["notices"]] == ["NO_WORKER", "WORKER_BACK"]
    assert "WORKER_BACK" in "".join(running.lines)
    watched = run_segue("watch", *later.json["jobs"], "--json", stack=shaken)
    assert (watched.code, watched.json["indexed"], watched.json["total"]) == (0, 1, 1)
    assert watched.json["tracks"][0]["track_id"] == "later-orphan-000"


def test_whoever_leaves_hears_how_to_look_later(shaken, start_segue, run_segue, clips):
    with without(shaken, "worker"):
        running = start_segue("ingest", clips("left", 2), "--json")
        running.said("NO_WORKER")
        running.interrupt()
        code, output = running.end()
    outcome = json.loads(output)
    assert code == 1
    assert outcome["error"]["reason"] == "INTERRUPTED"
    (job,) = outcome["jobs"]
    assert f"segue watch {job}" in outcome["error"]["next_step"]
    assert run_segue("watch", job, "--json", stack=shaken).json["indexed"] == 2


def strike(monkeypatch, deed):
    """Do something to the stack before the third upload of the command under test."""
    uploads = []
    upload = SegueClient.upload

    def striking(self, path, header):
        uploads.append(path)
        if len(uploads) == 3:
            deed()
        return upload(self, path, header)

    monkeypatch.setattr(SegueClient, "upload", striking)


def ingest(stack, *words):
    return CliRunner().invoke(
        main, ["ingest", *map(str, words), "--upload", "--json", "--data", str(stack.folder.root)]
    )


def test_uploads_outlive_a_query_service_that_is_killed(shaken, clips, monkeypatch):
    manifest = clips("again", 8)
    strike(monkeypatch, lambda: os.kill(shaken.state.parts["query"].pid, signal.SIGKILL))
    answer = ingest(shaken, manifest)
    outcome = json.loads(answer.stdout)
    assert (answer.exit_code, outcome["indexed"], outcome["total"]) == (0, 8, 8), answer.output
    assert len(outcome["jobs"]) == 1
    reasons = [notice["reason"] for notice in outcome["notices"]]
    assert reasons[:2] == ["CONTACT_LOST", "CONTACT_BACK"]
    assert "CONTACT_LOST" in answer.stderr
    with SegueClient(
        shaken.address, token=shaken.token, patience=Patience(PATIENCE_SECONDS)
    ) as client:
        request = catalog_service_pb2.GetIngestJobRequest(job_id=outcome["jobs"][0])
        assert client.catalog("GetIngestJob", request).job.total == 8, "nothing counts twice"
    until(lambda: not list(shaken.folder.spool.iterdir()))  # a moment after the tracks are done


def test_who_gives_up_says_what_was_accepted_and_how_to_go_on(
    shaken, run_segue, clips, monkeypatch
):
    manifest = clips("cut", 6)
    with contextlib.ExitStack() as outage:
        strike(monkeypatch, lambda: outage.enter_context(without(shaken, "query")))
        answer = ingest(shaken, manifest, "--retry-seconds", "1")
        outcome = json.loads(answer.stdout)
    assert answer.exit_code == 3
    error = outcome["error"]
    assert error["reason"] == "CONTACT_LOST"
    assert outcome["total"] == 2
    assert outcome["not_accepted"] == [str(manifest.parent / f"cut-00{n}.wav") for n in range(2, 6)]
    (job,) = outcome["jobs"]
    assert f"segue watch {job} --data {shaken.folder.root}" in error["next_step"]
    assert "same command again" in error["next_step"]
    watched = run_segue("watch", job, stack=shaken)
    assert watched.code == 0, watched
    assert "2 indexed" in watched.stdout
    monkeypatch.undo()
    again = json.loads(ingest(shaken, manifest).stdout)
    # The two are not sent again, and count as what they became.
    assert (again["indexed"], again["skipped"]) == (6, 0)
    assert "RESUMED" in [notice["reason"] for notice in again["notices"]]


def test_a_watch_goes_on_after_the_query_service_was_killed(shaken, start_segue, clips):
    with without(shaken, "worker"):
        running = start_segue("ingest", clips("watched", 2), "--json")
        running.said("NO_WORKER")
        os.kill(shaken.state.parts["query"].pid, signal.SIGKILL)
        running.said("CONTACT_LOST")
    code, output = running.end()
    outcome = json.loads(output)
    assert (code, outcome["indexed"]) == (0, 2)
    assert "CONTACT_BACK" in [notice["reason"] for notice in outcome["notices"]]


def test_a_job_that_is_not_known_cannot_be_watched(shaken, run_segue):
    answer = run_segue("watch", "nonesuch", "--json", stack=shaken)
    assert answer.code == 1
    assert answer.json["error"]["reason"] == "JOB_NOT_FOUND"


@pytest.mark.parametrize(
    ("part", "down", "reason"),
    [("triton", "inference", "EMBEDDER_UNAVAILABLE"), ("queue", "queue", "QUEUE_UNAVAILABLE")],
)
def test_status_answers_while_a_part_hangs_or_is_gone(shaken, run_segue, part, down, reason):
    for away in (stopped(shaken.state.parts[part].pid), without(shaken, part)):
        with away:
            told = run_segue("status", "--json", "--address", shaken.address)
            table = run_segue("status", "--timeout", 20, stack=shaken, COLUMNS="200")
        assert told.code == 3
        assert not told.json["healthy"]
        assert told.json["parts"][down]["state"] == "down"
        assert told.json["parts"][down]["reason"] == reason
        assert told.json["parts"][down]["next_step"]
        assert told.json["model"] == shaken.state.model
        assert told.json["tracks"] is not None
        assert table.code == 3
        assert reason in table.stdout


def test_status_of_an_embedded_stack_tells_its_processes_without_its_query_service(
    shaken, run_segue
):
    with without(shaken, "query"):
        told = run_segue("status", "--json", stack=shaken)
        deployed = run_segue("status", "--json", "--address", shaken.address)
    assert told.code == 3
    assert told.json["parts"]["query"]["reason"] == "STACK_NOT_FOUND"
    assert set(told.json["processes"]) == {"queue", "triton", "query", "worker", "web"}
    assert deployed.code == 3
    assert deployed.json["error"]["reason"] == "STACK_NOT_FOUND"
