"""deploy/start and deploy/pin-images, with a stand-in for the docker that they call."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from deployment import ROOT
from segue.secret_file import is_secret

PROGRAMS = (
    *("sh", "dirname", "sed", "sort", "head", "expr", "mktemp", "cat", "rm"),
    *("chmod", "mkdir", "mv", "od", "tail", "tr"),
)
"""What the scripts call besides docker."""

DIGEST = "sha256:" + "5e" * 32


class Checkout:
    """The deployment's files in a folder of their own, and a docker of a test's making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.programs = folder / "programs"
        self.noted = folder / "noted"
        (self.folder / "deploy").mkdir(parents=True)
        self.programs.mkdir()
        for program in PROGRAMS:
            found = shutil.which(program)
            assert found is not None
            (self.programs / program).symlink_to(found)
        for name in ("deploy/start", "deploy/pin-images", "deploy/Dockerfile"):
            shutil.copy(ROOT / name, self.folder / name)
        shutil.copy(ROOT / "docker-compose.yml", self.folder)

    def docker(self, script: str) -> None:
        """Install a docker that notes its arguments and then runs ``script``."""
        program = self.programs / "docker"
        program.write_text(f'#!/bin/sh\necho "$*" >> "{self.noted}"\n{script}\n')
        program.chmod(0o755)

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the scripts from somewhere else."""
        return subprocess.run(
            [self.folder / name, *arguments],
            env={"PATH": os.fspath(self.programs)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        """What docker was called with."""
        return self.noted.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def compose_of(version: str) -> str:
    return f'case "$*" in "compose version --short") echo {version} ;; esac'


@pytest.mark.parametrize("version", ["2.20.2", "v2.26.1", "2.100.0", "5.5.0", "2.29.7-desktop.1"])
def test_start_hands_over_to_compose(checkout: Checkout, version: str) -> None:
    checkout.docker(compose_of(version))
    (checkout.folder / ".env").touch()
    done = checkout.run("deploy/start", "--scale", "worker=2")
    assert done.returncode == 0, done.stderr
    assert checkout.calls() == [
        "compose version --short",
        "compose up --build --wait --scale worker=2",
    ]


def test_start_makes_the_secrets_once(checkout: Checkout) -> None:
    checkout.docker(compose_of("2.26.1"))
    (checkout.folder / ".env").write_text("SECRETS_FOLDER=./kept apart\n")
    folder = checkout.folder / "kept apart"
    runs: list[dict[str, str]] = []
    for _ in range(2):
        done = checkout.run("deploy/start")
        assert done.returncode == 0, done.stderr
        made = {path.name: path.read_text() for path in folder.iterdir()}
        assert made.keys() == {"owner_token", "redis_password"}
        assert len(set(made.values())) == 2
        for name, text in made.items():
            assert re.fullmatch(r"[0-9a-f]{64}", text)
            assert is_secret(text)
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o444
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        runs.append(made)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("version", ["2.20.1", "v2.3.3", "1.29.2", "2.9.0"])
def test_start_says_that_compose_is_too_old(checkout: Checkout, version: str) -> None:
    checkout.docker(compose_of(version))
    (checkout.folder / ".env").touch()
    done = checkout.run("deploy/start")
    assert done.returncode == 1
    expected = f"deploy/start: Docker Compose is {version.lstrip('v')}: install 2.20.2 or later\n"
    assert done.stderr == expected
    assert checkout.calls() == ["compose version --short"]


def test_start_says_that_the_compose_plugin_is_missing(checkout: Checkout) -> None:
    checkout.docker("echo \"docker: 'compose' is not a docker command.\" >&2; exit 1")
    done = checkout.run("deploy/start")
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert "no Compose plugin" in said


def test_start_says_that_docker_is_missing(checkout: Checkout) -> None:
    done = checkout.run("deploy/start")
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert "docker is not installed" in said


def test_start_says_that_the_settings_are_missing(checkout: Checkout) -> None:
    checkout.docker(compose_of("2.26.1"))
    done = checkout.run("deploy/start")
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert "cp .env.example .env" in said


def test_images_with_a_tag_alone_get_the_digest_that_their_registry_names(
    checkout: Checkout,
) -> None:
    compose, dockerfile = (
        checkout.folder / "docker-compose.yml",
        checkout.folder / "deploy/Dockerfile",
    )
    tag_alone = "image: qdrant/qdrant:v9.0.1-unprivileged"
    before = re.sub(r"image: qdrant/qdrant:\S+", tag_alone, compose.read_text())
    compose.write_text(before)
    dockerfile.write_text("ARG PYTHON_IMAGE=python:3.11.99-slim\nFROM ${PYTHON_IMAGE} AS base\n")
    checkout.docker(f'case "$2" in imagetools) echo {DIGEST} ;; esac')
    done = checkout.run("deploy/pin-images")
    assert done.returncode == 0, done.stderr
    assert compose.read_text() == before.replace(tag_alone, f"{tag_alone}@{DIGEST}")
    assert f"ARG PYTHON_IMAGE=python:3.11.99-slim@{DIGEST}\n" in dockerfile.read_text()
    ask = "buildx imagetools inspect --format {{.Manifest.Digest}}"
    assert checkout.calls() == [
        "buildx version",
        f"{ask} qdrant/qdrant:v9.0.1-unprivileged",
        f"{ask} python:3.11.99-slim",
    ]
    assert checkout.run("deploy/pin-images").stdout == "", "what is pinned stays as it is"


@pytest.mark.parametrize(
    "answer", ["echo no such image >&2; exit 1", "echo sha256:5e5e", "echo", "exit 0"]
)
def test_without_a_digest_nothing_is_changed(checkout: Checkout, answer: str) -> None:
    dockerfile = checkout.folder / "deploy/Dockerfile"
    dockerfile.write_text("ARG PYTHON_IMAGE=python:3.11.99-slim\n")
    compose = checkout.folder / "docker-compose.yml"
    compose.write_text("    image: redis:9.0.1\n")
    checkout.docker(f'case "$2" in imagetools) {answer} ;; esac')
    done = checkout.run("deploy/pin-images")
    assert done.returncode != 0
    assert done.stderr
    assert compose.read_text() == "    image: redis:9.0.1\n"
    assert dockerfile.read_text() == "ARG PYTHON_IMAGE=python:3.11.99-slim\n"


def test_pinning_says_that_buildx_is_missing(checkout: Checkout) -> None:
    checkout.docker("exit 1")
    done = checkout.run("deploy/pin-images")
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert "buildx" in said
