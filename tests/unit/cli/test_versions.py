"""``segue --version``, and how the command finds its commands."""

from __future__ import annotations

import platform

import pytest
from click.testing import CliRunner

import segue
from segue.cli import COMMANDS, main, versions
from segue.errors import DependencyMissing


def test_it_names_segue_its_space_and_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(versions.PARTS, "Absent", "a-distribution-that-nobody-has")
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    first, *parts = result.stdout.splitlines()
    assert first.startswith(f"segue {segue.__version__}, default model segue-v3")
    told = dict(line.split(maxsplit=1) for line in parts if len(line.split()) > 1)
    assert set(told) >= {"Triton", "Valkey", "Celery", "NumPy", "Python"}
    assert told["Absent"] == "not installed"
    assert told["Python"].startswith(platform.python_version())


def test_an_inference_server_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise DependencyMissing("not fetched yet")

    monkeypatch.setattr(versions, "cached_triton", missing)
    assert "not fetched yet" in "\n".join(versions.describe_versions())


def test_help_lists_every_command_and_an_unknown_one_is_wrong_usage() -> None:
    listed = CliRunner().invoke(main, ["--help"]).stdout
    assert all(f"\n  {name} " in listed for name in COMMANDS)
    answer = CliRunner().invoke(main, ["serach"])
    assert answer.exit_code == 2
    assert "serach" in answer.stderr
