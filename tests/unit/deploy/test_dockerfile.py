"""deploy/Dockerfile against the repository, pyproject.toml and constraints.txt."""

from __future__ import annotations

import fnmatch
import re
import tomllib

import pytest

from deployment import ROOT, dockerfile
from segue.cli import COMMANDS

STAGES = dockerfile()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FINAL = ("runtime", "trainer")


def copied() -> list[str]:
    """Sources that come from the repository."""
    lines = [line for stage in STAGES.values() for line in stage.arguments("COPY")]
    return [
        source for line in lines if not line.startswith("--from") for source in line.split()[:-1]
    ]


@pytest.mark.parametrize("source", sorted(set(copied())))
def test_every_copied_path_exists_and_reaches_the_builder(source: str) -> None:
    assert (ROOT / source).exists()
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    assert any(source == path or source.startswith(f"{path}/") for path in kept)


def test_nothing_else_reaches_the_builder() -> None:
    rules = [
        rule
        for rule in (ROOT / ".dockerignore").read_text().splitlines()
        if rule and not rule.startswith("#")
    ]
    assert rules[0] == "*"
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    assert all(any(source.startswith(path) for source in copied()) for path in kept)
    assert not any(fnmatch.fnmatch(".env", path) for path in kept)


def test_stages_build_on_pinned_images_and_on_stages_before_them() -> None:
    before: list[str] = []
    for name, stage in STAGES.items():
        pinned = re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", stage.base)
        assert stage.base in before or pinned, stage.base
        for line in stage.arguments("COPY"):
            origin = re.match(r"--from=(\S+)", line)
            assert origin is None or origin[1] in before
        before.append(name)
    assert before[-1] == "runtime", "the default target is the last one"


def test_the_python_is_one_that_the_package_supports() -> None:
    version = re.match(r"python:3\.(\d+)", STAGES["base"].base)
    assert version is not None
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert 11 <= int(version[1]) < 14


@pytest.mark.parametrize(
    ("stage", "extras"), [("runtime-build", "worker,query"), ("trainer-build", "trainer")]
)
def test_each_image_installs_its_extras_at_the_tested_versions(stage: str, extras: str) -> None:
    dependencies = STAGES[stage].arguments("RUN")[0]
    assert f'".[{extras}]"' in dependencies
    assert "--constraint constraints.txt" in dependencies
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    pinned = (ROOT / "constraints.txt").read_text()
    for extra in extras.split(","):
        for requirement in PROJECT["optional-dependencies"][extra]:
            name = re.match(r"[\w-]+", requirement)
            assert name is not None
            if name.group() != "segue":
                pin = rf"^{re.escape(name.group())}=="
                assert re.search(pin, pinned, re.MULTILINE | re.IGNORECASE), requirement


@pytest.mark.parametrize("name", FINAL)
def test_final_images_run_a_command_of_segue_as_nobody_special(name: str) -> None:
    stage = STAGES[name]
    user = stage.arguments("USER")[-1]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert f"--uid {user.split(':')[0]}" in " ".join(STAGES["base"].arguments("RUN"))
    assert stage.arguments("ENTRYPOINT") == ['["segue"]']
    command = re.findall(r'"([^"]+)"', stage.arguments("CMD")[0])
    assert command[0] in COMMANDS
    assert "segue" in PROJECT["scripts"]


@pytest.mark.parametrize("name", FINAL)
def test_no_build_tool_stays_in_a_final_image(name: str) -> None:
    assert STAGES[name].base == "base"
    installed = " ".join([*STAGES[name].arguments("RUN"), *STAGES["base"].arguments("RUN")])
    assert not re.search(r"\b(gcc|g\+\+|make|build-essential|pip install)\b", installed)
    (build,) = (
        origin[1]
        for line in STAGES[name].arguments("COPY")
        if (origin := re.match(r"--from=(\S+)", line))
    )
    assert "pip uninstall --yes setuptools pip" in STAGES[build].arguments("RUN")[-1]
