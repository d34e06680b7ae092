"""Versions and commands that stand in more than one file agree."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from deployment import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def steps() -> list[dict[str, Any]]:
    return [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_pre_commit_has_the_ruff_of_make_lint() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (ruff,) = (hook["rev"] for hook in hooks if hook["repo"].endswith("ruff-pre-commit"))
    pinned = re.search(r"^ruff==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert ruff == f"v{pinned[1]}"


def test_every_supported_python_is_checked() -> None:
    first, last = (int(minor) for minor in re.findall(r"3\.(\d+)", PROJECT["requires-python"]))
    tried = WORKFLOW["jobs"]["bare"]["strategy"]["matrix"]["python"]
    assert tried == [f"3.{minor}" for minor in range(first, last)]


def test_workflows_call_targets_and_scripts_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [step["run"] for step in steps() if "run" in step]
    asked = {word for line in commands if line.startswith("make ") for word in line.split()[1:]}
    assert asked
    assert asked <= targets
    assert "bash .ci/run" in commands
    assert (ROOT / ".ci" / "run").is_file()


def test_the_workflow_installs_what_the_checks_want() -> None:
    extras = re.search(r"^extras=\((.*)\)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert extras is not None
    (install,) = (step["run"] for step in steps() if "apt-get install" in step.get("run", ""))
    assert set(extras[1].split()) <= set(install.split())
