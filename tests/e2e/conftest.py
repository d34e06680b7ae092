"""Embedded stacks for tests: real Triton, Redis, Celery, index and gRPC API.

``stack`` is shared by all tests of a run, which therefore must not kill its parts; ``start_stack``
gives a test stacks of its own. ``clips`` writes short tones.
"""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.tones import write_tone
from segue.cli.client import SegueClient
from segue.stack.running import RunningStack

# Retries that a test need not wait for.
QUICK_RETRIES = {"SEGUE_RETRY_BASE_SECONDS": "0.2", "SEGUE_RETRY_CAP_SECONDS": "2"}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    with RunningStack(tmp_path_factory.mktemp("stack"), environment=QUICK_RETRIES) as running:
        yield running


@pytest.fixture(scope="module")
def start_stack():
    """Start a stack in a folder, with further arguments and variables; stopped at the end."""
    with contextlib.ExitStack() as started:

        def start(data, *arguments, **environment):
            return started.enter_context(
                RunningStack(data, arguments, environment={**QUICK_RETRIES, **environment})
            )

        yield start


@pytest.fixture
def client(stack):
    with SegueClient(stack.address, token=stack.token) as connected:
        yield connected


@dataclass(frozen=True)
class Finished:
    """A ``segue`` command that ran to its end."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        return json.loads(self.stdout)


@pytest.fixture(scope="session")
def run_segue():
    """Run a ``segue`` command as a process, for a stack when one is given."""

    def run(*words, stack=None, timeout=120, **environment):
        variables = {k: v for k, v in os.environ.items() if not k.startswith("SEGUE_")}
        if stack is not None:
            variables["SEGUE_DATA"] = str(stack.folder.root)
        done = subprocess.run(
            [sys.executable, "-m", "segue", *map(str, words)],
            env={**variables, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Write a manifest of two clusters of tones: ``low`` ones and bright ``high`` ones."""

    def make(prefix, count):
        folder = tmp_path_factory.mktemp(prefix)
        lines = []
        for number in range(count):
            high = number % 2 == 1
            kind, name = ("high" if high else "low"), f"{prefix}-{number:03d}"
            write_tone(
                folder / f"{name}.wav",
                (1_500 if high else 110) * (1 + number / 1_000),
                seed=number,
                overtones=3 if high else 8,
            )
            lines.append(
                {
                    "track_id": name,
                    "path": f"{name}.wav",
                    "title": f"Tone {number}",
                    "artist": f"{prefix} {kind} {number % 3}",
                    "genres": [f"{prefix} {kind}"],
                    "moods": ["calm" if number % 4 < 2 else "tense"],
                    "year": 1990 + number % 20,
                }
            )
        manifest = folder / "manifest.jsonl"
        manifest.write_text("\n".join(map(json.dumps, lines)) + "\n")
        return manifest

    return make
