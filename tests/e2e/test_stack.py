"""The embedded stack: it starts, repairs itself, keeps its data and leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from segue.settings import DEFAULT_MODEL
from segue.stack.orphans import MARK
from segue.stack.running import RunningStack

pytestmark = pytest.mark.timeout(400)

PARTS = {"queue", "triton", "query", "worker", "web"}


def processes_of(root):
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(root):
                found.append(process)
        except psutil.Error:
            continue
    return found


def line_of(process):
    """Ids of a process and all its parents; empty when it has ended."""
    try:
        return {process.pid, *(parent.pid for parent in process.parents())}
    except psutil.NoSuchProcess:
        return set()


def search(run_segue, stack, *words):
    """Scores by track, best first."""
    answer = run_segue("search", *words, "--json", stack=stack)
    assert answer.code == 0, answer.stderr
    return {result["track"]["track_id"]: result["score"] for result in answer.json["results"]}


def test_every_part_is_ready_on_the_loopback_only(stack):
    parts = stack.state.parts

    assert set(parts) == PARTS
    assert all(part.ready for part in parts.values())
    listening = set()
    for process in processes_of(stack.folder.root):
        with contextlib.suppress(psutil.NoSuchProcess):  # it may just be ending
            listening |= {
                (process.name(), connection.laddr.ip.removeprefix("::ffff:"))
                for connection in process.net_connections("tcp")
                if connection.status == psutil.CONN_LISTEN
            }
    assert listening
    assert {address for _, address in listening} == {"127.0.0.1"}


def test_prometheus_is_told_every_metrics_page(stack):
    targets = json.loads(stack.folder.targets_file.read_text())

    assert {group["labels"]["job"] for group in targets} == {
        "segue-query",
        "segue-triton",
        "segue-worker",
        "segue-web",
    }
    for group in targets:
        url = f"http://{group['targets'][0]}{group['labels']['__metrics_path__']}"
        with urllib.request.urlopen(url, timeout=60) as page:
            assert b"# HELP" in page.read()


def test_a_second_stack_in_the_folder_is_refused(stack, run_segue):
    answer = run_segue("up", "--data", stack.folder.root, "--port-base", "0")

    assert answer.code == 1
    assert "already runs" in answer.stderr
    assert "--data" in answer.stderr


def test_a_taken_port_is_named(tmp_path, run_segue):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = run_segue("up", "--data", tmp_path / "d", "--port-base", "0", "--query-port", port)

    assert answer.code == 1
    assert f"port {port}" in answer.stderr
    assert "--port-base" in answer.stderr
    assert not (tmp_path / "d" / "stack.json").exists()


def test_the_table_tells_a_person_where_everything_is(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "segue", "up", "--port-base", "0", "--data", tmp_path / "data"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "COLUMNS": "120"},
        start_new_session=True,
    )
    lines = []
    with process:
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ready after"):
                os.kill(process.pid, signal.SIGINT)
    text = "".join(lines)

    assert process.returncode == 0
    assert all(part in text for part in PARTS)
    assert f"{DEFAULT_MODEL} on cpu" in text or f"{DEFAULT_MODEL} on gpu" in text
    assert lines[-1] == "Stopped.\n"


def test_data_survives_a_restart_and_nothing_is_left_behind(
    tmp_path, clips, run_segue, start_stack
):
    manifest = clips("keep", 8)
    first = start_stack(tmp_path / "data")
    assert run_segue("ingest", manifest, stack=first).code == 0
    before = search(run_segue, first, "--track", "keep-000")
    assert len(before) == 7
    prefix = first.state.shared_memory_prefix

    assert first.stop() == 0

    # What was killed last may still be on its way out.
    assert psutil.wait_procs(processes_of(first.folder.root), timeout=30)[1] == []
    assert list(Path("/dev/shm").glob(f"{prefix}*")) == []
    left = {path.name for path in first.folder.root.iterdir()}
    secrets = {"owner-token", "queue-password"}
    folders = {"queue", "index", "spool", "uploads", "listeners", "web", "logs", "triton"}
    assert left == folders | secrets
    assert list(first.folder.spool.rglob("*.*")) == []

    second = start_stack(tmp_path / "data")
    assert search(run_segue, second, "--track", "keep-000") == pytest.approx(before, abs=1e-5)
    again = run_segue("ingest", manifest, "--json", stack=second)
    assert (again.json["skipped"], again.json["indexed"]) == (8, 0)


def test_a_data_folder_far_down_has_its_sockets_elsewhere_and_leaves_none(
    tmp_path, clips, run_segue, start_stack
):
    data = tmp_path / ("x" * 110)
    first = start_stack(data)
    sockets = Path(first.state.socket_folder)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.is_relative_to(data)
    assert run_segue("ingest", clips("deep", 2), stack=first).code == 0
    os.kill(first.pid, signal.SIGKILL)
    first.stop()

    second = start_stack(data)
    again = Path(second.state.socket_folder)
    assert not sockets.exists(), "what a killed supervisor left is removed by the next"
    assert run_segue("status", stack=second).code == 0
    assert second.stop() == 0
    assert not again.exists()


def test_no_part_hands_the_name_of_the_data_folder_to_a_shell(
    tmp_path, clips, run_segue, start_stack
):
    data = tmp_path / "my music's $(touch ran)`touch ran`; touch ran #"
    stack = start_stack(data)
    assert run_segue("ingest", clips("odd", 2), "--json", stack=stack).json["indexed"] == 2
    assert stack.stop() == 0
    assert not list(tmp_path.rglob("ran"))


def test_guests_ingest_and_search_and_the_owner_does_the_rest(
    tmp_path, clips, run_segue, start_stack
):
    stack = start_stack(tmp_path)
    manifest = clips("guests", 2)
    by_address = {"SEGUE_ADDRESS": stack.address, "SEGUE_DATA": str(tmp_path / "nowhere")}

    guest = run_segue("ingest", "--upload", manifest, "--json", **by_address)
    assert (guest.code, guest.json["indexed"]) == (0, 2)
    assert run_segue("search", "--track", "guests-000", **by_address).code == 0
    refused = run_segue("deadletters", "replay", "--all", "--json", **by_address)
    assert (refused.code, refused.json["error"]["reason"]) == (1, "OWNER_ONLY")
    wrong = run_segue("tracks", "--json", SEGUE_OWNER_TOKEN="x" * 40, **by_address)
    assert (wrong.code, wrong.json["error"]["reason"]) == (1, "TOKEN_INVALID")

    # What a guest brought is not the owner's word: it is embedded for the owner, once.
    owner = run_segue("ingest", manifest, "--json", stack=stack)
    assert (owner.code, owner.json["indexed"], owner.json["skipped"]) == (0, 2, 0)
    again = run_segue("ingest", manifest, "--json", stack=stack)
    assert (again.json["indexed"], again.json["skipped"]) == (0, 2)
    forged = run_segue("ingest", "--upload", "--force", manifest, "--json", **by_address)
    assert forged.code == 1
    assert {failure["reason"] for failure in forged.json["failures"]} == {"OWNER_ONLY"}
    # By the address alone the owner of the folder is known, too.
    known = {"SEGUE_ADDRESS": stack.address, "SEGUE_DATA": str(tmp_path)}
    assert run_segue("deadletters", "replay", "--all", **known).code == 0


def test_jobs_in_the_data_folder_of_an_earlier_version_are_still_known(
    tmp_path, clips, run_segue, start_stack
):
    first = start_stack(tmp_path / "data")
    before = run_segue("ingest", clips("earlier", 2), "--json", stack=first)
    assert first.stop() == 0
    first.folder.queue.rename(first.folder.root / "redis")

    second = start_stack(tmp_path / "data")
    after = run_segue("watch", *before.json["jobs"], "--json", stack=second)
    assert (after.code, after.json["indexed"]) == (0, 2)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_killed_part_is_started_again_and_the_way_is_whole(
    tmp_path_factory, clips, run_segue, killable, part
):
    pid = killable.state.parts[part].pid
    os.kill(pid, signal.SIGKILL)

    died = killable.wait_for("part_died", part=part)
    killable.wait_for("part_ready", part=part)

    assert "SIGKILL" in died.fields["detail"]
    assert killable.state.parts[part].pid != pid
    answer = run_segue("ingest", clips(f"after-{part}", 2), "--json", stack=killable)
    assert answer.json["indexed"] == 2, answer
    # The clips are the same after every part.
    found = search(run_segue, killable, "--track", f"after-{part}-000", "--all-copies")
    assert f"after-{part}-001" in found


@pytest.fixture(scope="module")
def killable(start_stack, tmp_path_factory):
    return start_stack(tmp_path_factory.mktemp("killable"))


def test_what_a_killed_supervisor_left_is_cleared_at_the_next_start(tmp_path):
    killed = RunningStack(tmp_path / "data")
    killed.start()
    prefix = killed.state.shared_memory_prefix
    os.kill(killed.pid, signal.SIGKILL)
    killed.stop()
    assert killed.folder.state_file.exists()
    assert not killed.folder.held()

    with RunningStack(tmp_path / "data") as again:
        parents = {part.pid for part in again.state.parts.values()}
        strays = [p for p in processes_of(again.folder.root) if not line_of(p) & parents]
        assert psutil.wait_procs(strays, timeout=30)[1] == []
        assert list(Path("/dev/shm").glob(f"{prefix}*")) == []


def test_collaborative_scores_take_part_in_the_order(tmp_path, clips, run_segue, start_stack):
    manifest = clips("mix", 6)
    (tmp_path / "scores.csv").write_text("user_id,track_id,score\nann,mix-005,0.9\n")
    mixing = start_stack(
        tmp_path / "data",
        "--collaborative-scores",
        str(tmp_path / "scores.csv"),
        # By default a late answer is done without, and late is soon.
        SEGUE_COLLABORATIVE_TIMEOUT_SECONDS="20",
    )
    assert run_segue("ingest", manifest, stack=mixing).code == 0

    acoustic = search(run_segue, mixing, "--track", "mix-000")
    mixed = search(
        run_segue, mixing, "--track", "mix-000", "--user", "ann", "--weight", "1", "--mix", "rrf"
    )

    assert next(iter(acoustic)) in ("mix-002", "mix-004")
    assert next(iter(mixed)) == "mix-005"
    assert run_segue("status", stack=mixing).code == 0
