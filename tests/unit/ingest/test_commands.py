"""What ``segue worker`` needs of its machine, and what it says where that is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from segue.ingest.commands import prepare_environment
from segue.settings import InvalidSetting, TelemetrySettings

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SERVED = TelemetrySettings(metrics_port=9102)
NOBODY = 65_534


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test puts into the environment goes with it."""
    for name in (VARIABLE, "GRPC_ENABLE_FORK_SUPPORT"):
        monkeypatch.setenv(name, "0")
    monkeypatch.delenv(VARIABLE)


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Permissions count in here: root, whom none hold back, becomes nobody."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_samples_of_an_earlier_worker_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "samples"
    folder.mkdir(parents=True)
    (folder / "counter_12.db").touch()
    monkeypatch.setenv(VARIABLE, str(folder))
    with ExitStack() as stack:
        prepare_environment(SERVED, stack)
        assert os.environ[VARIABLE] == str(folder)
        assert list(folder.iterdir()) == []
    assert folder.exists()


def test_without_a_folder_a_temporary_one_is_made_and_removed() -> None:
    with ExitStack() as stack:
        prepare_environment(SERVED, stack)
        folder = Path(os.environ[VARIABLE])
        assert folder.is_dir()
    assert not folder.exists()


def test_without_metrics_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere")
    with ExitStack() as stack:
        prepare_environment(TelemetrySettings(), stack)
    assert VARIABLE not in os.environ


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_of_another_user_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as theirs_alone, as_ordinary_user():
        theirs = Path(theirs_alone)
        for folder in (theirs, theirs / "below"):
            monkeypatch.setenv(VARIABLE, str(folder))
            with ExitStack() as stack, pytest.raises(InvalidSetting) as refused:
                prepare_environment(SERVED, stack)
            assert refused.value.reason == "METRICS_FOLDER_UNWRITABLE"
            assert f"uid {NOBODY}" in str(refused.value)
            assert str(folder) in str(refused.value)
            assert VARIABLE in refused.value.next_step


def test_no_temporary_folder_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with ExitStack() as stack, pytest.raises(InvalidSetting) as refused:
        prepare_environment(SERVED, stack)
    assert refused.value.reason == "METRICS_FOLDER_UNWRITABLE"


@pytest.mark.parametrize(
    ("variable", "reason", "what", "exit_code"),
    [
        (VARIABLE, "METRICS_FOLDER_UNWRITABLE", "the folder for metrics", 1),
        ("SEGUE_SPOOL", "SPOOL_UNWRITABLE", "the spool folder", 3),  # there may be room later
    ],
)
def test_the_command_says_it_in_one_line(
    tmp_path: Path, variable: str, reason: str, what: str, exit_code: int
) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "-m", "segue", "worker"],
        env={
            **os.environ,
            "SEGUE_METRICS_PORT": "9102",
            "SEGUE_INDEX_URL": "segue://127.0.0.1:1",
            "SEGUE_SPOOL": str(tmp_path / "spool"),
            variable: str(tmp_path / "file" / "folder"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_code
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"segue: {what} {tmp_path}/file/folder cannot be written")
    assert f"[{reason}] " in said
