"""The files of the embedded inference server, fetched once into a cache.

They come from the wheel ``nvidia-pytriton``, of which only the server is used. It asks for numpy 1,
which would hold back everything else, so Segue does not require it: pip fetches it without its
dependencies, by version and hash, into a folder that is on nobody's import path.
"""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segue import user_folders
from segue.errors import DependencyMissing

TRITON_VERSION = "2.51"
WHEEL_VERSION = "0.7.0"
WHEEL_MEGABYTES = 55
WHEEL_SHA256 = {
    "x86_64": "21f063ff93bb426d0c06b7a55e7eb9efcfe62c0dddd9a908e9877e18710128df",
    "aarch64": "f99e07ee56fe065337453956afba17d2673e02ec6a632c3de26ce6e7b32a0898",
}
"""Of the wheel for each processor; both are built for Linux with glibc 2.35."""

_LEAST_GLIBC = (2, 35)
_ELSEWHERE = (
    "Name an inference server that runs elsewhere with SEGUE_TRITON_URL=HOST:PORT, or run the "
    "whole stack with Docker Compose."
)


@dataclass(frozen=True, slots=True)
class TritonFiles:
    """The unpacked wheel."""

    root: Path

    @property
    def program(self) -> Path:
        """The ``tritonserver`` binary."""
        return self._server / "bin" / "tritonserver"

    @property
    def python_backend(self) -> Path:
        """Folder of Triton's Python backend."""
        return self._server / "backends" / "python"

    @property
    def libraries(self) -> Path:
        """Folder of the shared libraries that the server loads."""
        return self.root / "nvidia_pytriton.libs"

    def stub(self, python: str) -> Path:
        """Where the interpreter of the Python backend lies, if there is one for ``3.x``."""
        return self._server / "python_backend_stubs" / python / "triton_python_backend_stub"

    @property
    def _server(self) -> Path:
        return self.root / "pytriton" / "tritonserver"


def cached_triton() -> TritonFiles:
    """The server's files in the cache.

    Raises
    ------
    DependencyMissing
        When they were not fetched yet, or there are none for this machine.
    """
    files = _files()
    if not files.program.is_file():
        raise DependencyMissing(
            "the embedded inference server was not fetched yet",
            next_step=f"Fetch it with: segue prepare. Or: {_ELSEWHERE}",
        )
    return files


def fetch_triton(say: Callable[[str], None]) -> TritonFiles:
    """The server's files, fetched into the cache unless they are there.

    Parameters
    ----------
    say
        Given one sentence before something is fetched.

    Raises
    ------
    DependencyMissing
        When there are none for this machine, or they cannot be fetched.
    """
    files = _files()
    if files.program.is_file():
        return files
    say(
        f"Fetching the inference server (Triton {TRITON_VERSION}, {WHEEL_MEGABYTES} MB, once) into "
        f"{files.root}"
    )
    cache = files.root.parent
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=cache) as folder:
            _install(Path(folder))
            try:
                (Path(folder) / "files").rename(files.root)
            except OSError:
                if not files.program.is_file():  # unless another process was quicker
                    raise
    except OSError as exc:
        raise DependencyMissing(
            f"the inference server cannot be stored in {cache}: {exc.strerror}",
            next_step="Choose a folder of your own with SEGUE_CACHE.",
        ) from exc
    return files


def _files() -> TritonFiles:
    """Where the files for this machine belong."""
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine not in WHEEL_SHA256:
        raise DependencyMissing(
            f"there is no embedded inference server for {system} on {machine}",
            next_step=_ELSEWHERE,
        )
    library, version = platform.libc_ver()
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if library != "glibc" or numbers < _LEAST_GLIBC:
        least = ".".join(map(str, _LEAST_GLIBC))
        raise DependencyMissing(
            f"the embedded inference server wants glibc {least} or newer, and this system has "
            f"{library or 'another C library'} {version}".rstrip(),
            next_step=f"Use a newer system. Or: {_ELSEWHERE}",
        )
    return TritonFiles(_cache_folder() / "triton" / f"{WHEEL_VERSION}-{machine}")


def _cache_folder() -> Path:
    """``SEGUE_CACHE``, else ``segue`` in the user's XDG cache directory."""
    given = os.environ.get("SEGUE_CACHE")
    if given:
        return Path(given).expanduser().resolve()
    return user_folders.cache_folder().resolve()


def _install(folder: Path) -> None:
    """Have pip unpack the wheel into ``folder/files``."""
    wanted = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in WHEEL_SHA256.values())
    wanted.write_text(f"nvidia-pytriton=={WHEEL_VERSION} {hashes}\n")
    done = subprocess.run(
        (
            *(sys.executable, "-m", "pip", "install", "--requirement", os.fspath(wanted)),
            *("--target", os.fspath(folder / "files"), "--no-user", "--no-deps", "--no-compile"),
            *("--require-hashes", "--only-binary", ":all:"),
            *("--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2"),
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DependencyMissing(
            f"the inference server cannot be fetched: {_why(done.stderr)}",
            next_step="Run `segue prepare` where pip reaches a package index; afterwards no "
            f"network is needed. Or: {_ELSEWHERE}",
        )


def _why(complaints: str) -> str:
    """What pip's complaints come down to."""
    if "No module named pip" in complaints:
        return f"this Python has no pip (install it: {shlex.quote(sys.executable)} -m ensurepip)"
    if "(from versions: none)" in complaints:
        return "pip found no package index, or one that does not have it"
    if "DO NOT MATCH THE HASHES" in complaints:
        return "what the package index sent is not the known file (its hash differs)"
    errors = [line for line in complaints.splitlines() if line.startswith("ERROR: ")]
    return (errors or complaints.splitlines() or ["pip failed"])[-1].removeprefix("ERROR: ")
