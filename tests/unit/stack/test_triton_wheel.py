"""Fetching the inference server: once, by hash, into its cache; or one clear reason why not."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from segue.errors import DependencyMissing
from segue.stack.triton_wheel import WHEEL_SHA256, WHEEL_VERSION, cached_triton, fetch_triton


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("SEGUE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def prepare(cache: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """``segue prepare`` as a process."""
    return subprocess.run(
        [sys.executable, "-m", "segue", "prepare"],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_CACHE_DIR": "1",
            "SEGUE_CACHE": str(cache),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_cached_is_not_fetched_again(cache: Path) -> None:
    program = (
        cache / "triton" / f"{WHEEL_VERSION}-{platform.machine()}"
        / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    )  # fmt: skip
    program.parent.mkdir(parents=True)
    program.touch()
    said: list[str] = []
    assert fetch_triton(said.append).program == program
    assert cached_triton().program == program
    assert not said


def test_what_was_not_fetched_is_said_with_the_command(cache: Path) -> None:
    with pytest.raises(DependencyMissing, match="not fetched yet") as caught:
        cached_triton()
    assert "segue prepare" in caught.value.next_step


def test_without_a_network_there_is_one_clear_line(cache: Path) -> None:
    done = prepare(cache, PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "cannot be fetched: pip found no package index" in line
    assert "[DEPENDENCY_MISSING]" in line
    assert "segue prepare" in line
    assert "SEGUE_TRITON_URL" in line
    assert not list(cache.rglob("tritonserver"))


def test_another_file_of_that_name_is_refused(cache: Path, tmp_path: Path) -> None:
    name = f"nvidia_pytriton-{WHEEL_VERSION}"
    with zipfile.ZipFile(tmp_path / f"{name}-py3-none-any.whl", "w") as wheel:
        information = f"Metadata-Version: 2.1\nName: nvidia-pytriton\nVersion: {WHEEL_VERSION}\n"
        wheel.writestr(f"{name}.dist-info/METADATA", information)
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{name}.dist-info/RECORD", "")
        wheel.writestr("pytriton/tritonserver/bin/tritonserver", "#!/bin/sh\necho taken over\n")
    done = prepare(cache, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 1
    assert "its hash differs" in done.stderr
    assert not list(cache.rglob("tritonserver"))


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEGUE_CACHE", str(tmp_path / "file"))
    with pytest.raises(DependencyMissing, match="cannot be stored") as caught:
        fetch_triton(lambda _: None)
    assert "SEGUE_CACHE" in caught.value.next_step


@pytest.mark.parametrize(
    ("system", "machine", "library", "words"),
    [
        ("Darwin", "arm64", ("", ""), "no embedded inference server for Darwin on arm64"),
        ("Linux", "riscv64", ("glibc", "2.39"), "for Linux on riscv64"),
        ("Linux", "x86_64", ("glibc", "2.31"), "glibc 2.35 or newer, and this system has glibc"),
        ("Linux", "x86_64", ("", ""), "another C library"),
    ],
)
def test_a_machine_without_a_server_is_told_the_other_ways(
    system: str,
    machine: str,
    library: tuple[str, str],
    words: str,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    with pytest.raises(DependencyMissing, match=words) as caught:
        fetch_triton(lambda _: None)
    assert "SEGUE_TRITON_URL" in caught.value.next_step
    assert "Docker Compose" in caught.value.next_step


@pytest.mark.parametrize("machine", WHEEL_SHA256)
def test_both_processors_have_their_place(
    machine: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    with pytest.raises(DependencyMissing, match="not fetched yet"):
        cached_triton()
