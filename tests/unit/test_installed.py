"""What is not installed, and the command that installs it for this Python."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from segue import installed
from segue.errors import DependencyMissing
from segue.installed import pip_install, require_package


def test_the_command_is_one_for_the_python_that_runs() -> None:
    words = shlex.split(pip_install("--dry-run", "--no-deps", "segue[export]"))
    assert words[0] == sys.executable
    assert words[-4:] == ["install", "--dry-run", "--no-deps", "segue[export]"]


def test_a_path_with_blanks_is_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/home/a b/.venv/bin/python")
    assert shlex.split(pip_install("pyarrow"))[0] == "/home/a b/.venv/bin/python"


def test_a_python_without_pip_gets_it_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    first, then = pip_install("pyarrow").split(" && ")
    assert first == f"{shlex.quote(sys.executable)} -m ensurepip"
    assert then.endswith("-m pip install pyarrow")


def test_what_is_missing_is_named_with_the_next_step() -> None:
    with pytest.raises(DependencyMissing, match="drawing needs no_such_package") as caught:
        require_package("no_such_package", "drawing needs", "Install it.")
    assert caught.value.next_step == "Install it."
    require_package("click", "commands need", "Install it.")


def test_pip_runs_by_the_command() -> None:
    command = pip_install("--help")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "pip install [options]" in done.stdout
