"""deploy/Dockerfile against the repository, pyproject.toml and constraints.txt."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from deployment import ROOT, Image, dockerfile
from segue.cli import COMMANDS

STAGES = dockerfile()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
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


def test_the_images_get_a_whole_wheel() -> None:
    taken = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    sources = [line.split()[0] for line in STAGES["package"].arguments("COPY")]
    assert all(any(path.startswith(source) for source in sources) for path in taken)


def test_stages_build_on_pinned_images_and_on_stages_before_them() -> None:
    before: list[str] = []
    for name, stage in STAGES.items():
        if stage.base not in before:
            image = Image.of(stage.base)
            assert image.name == "python"
            assert len(image.version) == 3
            assert image.digest
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
    ("stage", "extras"),
    [("runtime-build", "worker,query,web,s3,recommender,map"), ("trainer-build", "trainer")],
)
def test_each_image_installs_its_extras_at_the_tested_versions(stage: str, extras: str) -> None:
    (dependencies,) = (
        run
        for run in STAGES[stage].arguments("RUN")
        if f'pip install --constraint constraints.txt ".[{extras}]"' in run
    )
    assert STAGES[stage].instructions.index(("RUN", dependencies)) < STAGES[
        stage
    ].instructions.index(("COPY", "--from=package /wheel /wheel"))
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    pinned = (ROOT / "constraints.txt").read_text()
    for extra in extras.split(","):
        for requirement in PROJECT["optional-dependencies"][extra]:
            name = re.match(r"[\w-]+", requirement)
            assert name is not None
            if name.group() != "segue":
                pin = rf"^{re.escape(name.group())}=="
                assert re.search(pin, pinned, re.MULTILINE | re.IGNORECASE), requirement


def test_the_runtime_image_can_write_and_learn_from_what_listeners_did() -> None:
    extras = PROJECT["optional-dependencies"]
    learning, writing = (
        {re.split(r"[>=]", one)[0] for one in extras[name]} for name in ("recommender", "export")
    )
    assert learning >= {"implicit", "lightgbm", *writing}
    # Neither wheel brings the library that it is linked to.
    assert "libgomp1" in run_of("runtime", "apt-get install")


@pytest.mark.parametrize("name", FINAL)
def test_final_images_run_a_command_of_segue_as_nobody_special(name: str) -> None:
    stage = STAGES[name]
    user = stage.arguments("USER")[-1]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert user == ":".join(STAGES["base"].values[name] for name in ("SEGUE_UID", "SEGUE_GID"))
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


def run_of(stage: str, containing: str) -> str:
    """The one RUN instruction of a stage that holds ``containing``."""
    (found,) = (run for run in STAGES[stage].arguments("RUN") if containing in run)
    return found


def commands_of(
    script: str, folder: Path, programs: tuple[str, ...], **environment: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run a RUN instruction's script; the programs only note that they were called, and how."""
    noted = folder / "noted"
    noted.touch()
    for program in programs:
        stand_in = folder / Path(program).name
        stand_in.write_text(f'#!/bin/sh\necho "{stand_in.name} $*" >> "{noted}"\n')
        stand_in.chmod(0o755)
        script = script.replace(program, str(stand_in))
    done = subprocess.run(
        ["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    return done, noted.read_text().splitlines()


def test_the_image_gets_the_chosen_user(tmp_path: Path) -> None:
    script = run_of("base", "useradd")
    programs = ("groupadd", "useradd")
    done, calls = commands_of(script, tmp_path, programs, SEGUE_UID="1000", SEGUE_GID="100")
    assert done.returncode == 0, done.stderr
    assert [call.split()[0] for call in calls] == list(programs)
    assert "--gid 100 segue" in calls[0]
    assert "--uid 1000 --gid 100 " in calls[1]


def test_root_is_no_user_to_choose(tmp_path: Path) -> None:
    script = run_of("base", "useradd")
    done, calls = commands_of(
        script, tmp_path, ("groupadd", "useradd"), SEGUE_UID="0", SEGUE_GID="0"
    )
    assert done.returncode != 0
    assert "SEGUE_UID must not be 0" in done.stderr
    assert not calls


def test_the_build_of_pytorch_for_processors_is_the_default(tmp_path: Path) -> None:
    assert STAGES["trainer-build"].values["TORCH"] == "cpu"
    assert STAGES["trainer-build"].values["TORCH_INDEX"] == ""
    script = run_of("trainer-build", "TORCH_INDEX")
    done, calls = commands_of(
        script, tmp_path, ("/opt/segue/bin/pip",), TORCH="cpu", TORCH_INDEX=""
    )
    assert done.returncode == 1
    assert "docs/training.md" in done.stderr
    assert not calls
    # Whatever was asked for and wherever it came from, the build ends when it is the other one.
    assert "torch.version.cuda" in run_of("trainer-build", ".[trainer]")


@pytest.mark.parametrize(
    ("choice", "index", "installed"),
    [
        ("cpu", "https://builds.example/cpu", True),
        ("cuda", "https://builds.example/cuda", True),
        ("cuda", "", False),
    ],
)
def test_pytorch_comes_from_the_index_that_is_named(
    tmp_path: Path, choice: str, index: str, installed: bool
) -> None:
    script = run_of("trainer-build", "TORCH_INDEX")
    done, calls = commands_of(
        script, tmp_path, ("/opt/segue/bin/pip",), TORCH=choice, TORCH_INDEX=index
    )
    assert done.returncode == 0, done.stderr
    wanted = f"pip install --constraint constraints.txt --no-deps --index-url {index} torch"
    assert calls == ([wanted] if installed else [])


@pytest.mark.parametrize("choice", ["gpu", ""])
def test_another_build_of_pytorch_is_refused(tmp_path: Path, choice: str) -> None:
    script = run_of("trainer-build", "TORCH_INDEX")
    done, calls = commands_of(
        script, tmp_path, ("/opt/segue/bin/pip",), TORCH=choice, TORCH_INDEX="https://x.example"
    )
    assert done.returncode == 1
    assert not calls
