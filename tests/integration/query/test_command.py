"""``segue query`` and ``segue collaborative serve`` as processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from query_service import TOKEN
from segue.v1 import collaborative_score_service_pb2 as messages
from segue.v1.collaborative_score_service_pb2_grpc import CollaborativeScoreServiceStub


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    variables = {name: text for name, text in os.environ.items() if not name.startswith("SEGUE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "segue", *words],
        env={**variables, "SEGUE_OWNER_TOKEN": TOKEN, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def port_of(process: subprocess.Popen[str]) -> int:
    """The port that the process says it listens on."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"listening on port (\d+)", line):
            return int(found[1])
    raise AssertionError("the process ended before it listened")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_query_service_waits_for_its_parts_and_ends_gracefully(
    tmp_path: Path, number: signal.Signals
) -> None:
    with start(
        "query",
        "--listen",
        "127.0.0.1:0",
        SEGUE_TRITON_URL="127.0.0.1:1",
        SEGUE_REDIS_URL="redis://127.0.0.1:1/0",
        SEGUE_INDEX_URL=f"edge://{tmp_path}/index",
        SEGUE_SPOOL=str(tmp_path / "spool"),
        SEGUE_SHUTDOWN_GRACE_SECONDS="1",
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert "not listening yet: the model does not answer" in first
        process.send_signal(number)
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert output.endswith("segue.query.commands: stopping\n")


def test_the_reference_recommender(tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    scores.write_text("user_id,track_id,score\nann,a,2.5\n")
    with start("collaborative", "serve", "--scores", str(scores), "--listen", "127.0.0.1:0") as one:
        with grpc.insecure_channel(f"127.0.0.1:{port_of(one)}") as channel:
            stub = CollaborativeScoreServiceStub(channel)  # type: ignore[no-untyped-call]
            request = messages.ScoreTracksRequest(user_id="ann", candidate_track_ids=["a", "b"])
            response = stub.ScoreTracks(request, timeout=60)
        # Read from the file and handed through.
        assert [(entry.track_id, entry.score) for entry in response.scores] == [("a", 2.5)]
        one.terminate()
        one.communicate(timeout=60)
    assert one.returncode == 0


@pytest.mark.parametrize(
    ("words", "environment", "complaint", "exit_code"),
    [
        (
            ("query",),
            {"SEGUE_COLLABORATIVE_URL": "entrypoint:nobody"},
            "no entry point 'nobody'",
            1,
        ),
        (("query",), {"SEGUE_OWNER_TOKEN": ""}, "nobody could be known as the owner", 1),
        (("query",), {"SEGUE_OWNER_TOKEN": "short"}, "SEGUE_OWNER_TOKEN is not one word", 1),
        (
            ("query",),
            {"SEGUE_OWNER_TOKEN": "", "SEGUE_OWNER_TOKEN_FILE": "/nowhere/token"},
            "the secret in /nowhere/token cannot be read: No such file",
            1,
        ),
        (("query", "--listen", "0.0.0.0:0"), {}, "0.0.0.0:0 is reached by other machines", 1),
        (("query",), {"SEGUE_LISTEN": ":0"}, ":0 is reached by other machines", 1),
        (("up", "--host", "0.0.0.0"), {}, "0.0.0.0:0 is reached by other machines", 1),
        (("up", "--page-host", "0.0.0.0"), {}, "0.0.0.0:0 is reached by other machines", 1),
        (
            ("collaborative", "serve", "--listen", "[::]:0", "--scores", "/dev/null"),
            {},
            "[::]:0 is reached by other machines",
            1,
        ),
        (
            ("query",),
            {"SEGUE_METRICS_HOST": "0.0.0.0", "SEGUE_METRICS_PORT": "9"},
            "0.0.0.0:9 is reached by other machines",
            1,
        ),
        (("query",), {"SEGUE_METRICS_PORT": "many"}, "SEGUE_METRICS_PORT = 'many'", 1),
        (("query",), {"SEGUE_LISTEN": "localhost:port"}, "SEGUE_LISTEN = 'localhost:port'", 1),
        (("web",), {"SEGUE_WEB_LISTEN": "0.0.0.0:0"}, "0.0.0.0:0 is reached by other machines", 1),
        (
            ("web",),
            {"SEGUE_WEB_FOLDER": "/dev/null/web", "SEGUE_WEB_LISTEN": "127.0.0.1:0"},
            "/dev/null/web cannot be made: Not a directory",
            3,
        ),
        (
            ("worker",),
            {"SEGUE_SPOOL": "/dev/null/spool", "SEGUE_INDEX_URL": "segue://127.0.0.1:1"},
            "the spool folder /dev/null/spool cannot be written: Not a directory",
            3,
        ),
        (("collaborative", "serve", "--scores", "/nowhere.csv"), {}, "cannot be read", 1),
    ],
)
def test_a_wrong_setting_ends_it_with_a_sentence(
    words: tuple[str, ...], environment: dict[str, str], complaint: str, exit_code: int
) -> None:
    with start(*words, **environment) as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode == exit_code
    assert complaint in output
    assert "Traceback" not in output

    with start(*words, "--json", **environment) as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode == exit_code
    error = json.loads(output.splitlines()[-1])["error"]
    assert complaint in error["message"]
    assert error["reason"]
    assert error["next_step"]
