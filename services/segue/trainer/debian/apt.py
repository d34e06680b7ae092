"""Fetching Debian packages and reading them, without installing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from segue.errors import DependencyMissing, InvalidRequest, NotFound, SegueError, Unavailable
from segue.trainer.debian.disk import DiskFull, full_disk_named, sha256_of
from segue.trainer.debian.packages import Release


class PackageNotFound(NotFound):
    """The sources of apt do not offer a package."""

    reason = "PACKAGE_NOT_FOUND"
    next_step = (
        "Run apt-get update; if it stays missing, the release's sources do not carry it: run the "
        "command on Debian 12 or 13, or in a container of one."
    )


class PackageNotFetched(Unavailable):
    """A package is offered but could not be fetched now."""

    reason = "PACKAGE_NOT_FETCHED"
    next_step = "Check the network and run the same command again: what was fetched is kept."


class PackageDamaged(InvalidRequest):
    """A package file cannot be read."""

    reason = "PACKAGE_DAMAGED"


def require_apt() -> None:
    """Check that the programs are there.

    Raises
    ------
    DependencyMissing
        When ``apt-get`` or ``dpkg-deb`` is not.
    """
    missing = [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        raise DependencyMissing(
            f"not installed: {', '.join(missing)}",
            next_step="Run the command on Debian or Ubuntu, or in a container of one.",
        )


def fetch(name: str, folder: Path, apt_options: Sequence[str] = ()) -> Path:
    """The package file of ``name`` in ``folder``: the one that is there, otherwise apt's newest.

    Parameters
    ----------
    apt_options
        Settings for apt-get, each such as ``Dir::Etc::sourcelist=/etc/apt/other.list``.

    Raises
    ------
    PackageNotFound
        When apt's sources do not have it.
    PackageNotFetched
        When apt-get fails otherwise.
    DiskFull
        When there is no space for it.
    """
    present = sorted(folder.glob(f"{name}_*.deb"))
    if present:
        return present[-1]
    # apt-get writes the file under its last name: one that was stopped must not look complete.
    arriving = folder / f".arriving-{name}"
    shutil.rmtree(arriving, ignore_errors=True)
    with full_disk_named():
        arriving.mkdir(parents=True)
    command = ["apt-get", "--quiet", "download", name]
    if os.geteuid() == 0:
        # Its own user may not write into the folder.
        command += ["-o", "APT::Sandbox::User=root"]
    for option in apt_options:
        command += ["-o", option]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=arriving, env=environment, capture_output=True, text=True, check=False
    )
    fetched = sorted(arriving.glob("*.deb"))
    if done.returncode != 0 or not fetched:
        shutil.rmtree(arriving, ignore_errors=True)
        raise _failure(name, done.stderr or done.stdout)
    path = fetched[0].replace(folder / fetched[0].name)
    arriving.rmdir()
    return path


def release_of(deb: Path) -> Release:
    """Version and SHA-256 of a package file.

    Raises
    ------
    PackageDamaged
        When it is not a package.
    """
    done = subprocess.run(
        ["dpkg-deb", "--field", str(deb), "Version"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or not done.stdout.strip():
        raise _damaged(deb, done.stderr)
    return Release(done.stdout.strip(), sha256_of(deb))


def visit_files(deb: Path, visit: Callable[[str, IO[bytes]], None]) -> None:
    """Show the regular files of a package to ``visit``: each path in it, and its open contents.

    The archive is read as a stream, nothing is installed, and no script of the package runs. Links
    are left out, so a file that a package shows under several names comes once.

    Raises
    ------
    PackageDamaged
        When the package cannot be read to its end.
    """
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(deb)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as unpacking:
        assert unpacking.stdout is not None  # noqa: S101 - it was asked for
        try:
            with tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
                for member in archive:
                    contents = archive.extractfile(member) if member.isreg() else None
                    if contents is not None:
                        with contents:
                            visit(member.name.removeprefix("./"), contents)
            unpacking.stdout.read()
            if unpacking.wait() != 0:
                raise _damaged(deb, "its data cannot be unpacked")
        except tarfile.TarError as exc:
            raise _damaged(deb, str(exc)) from exc
        finally:
            unpacking.kill()


def _failure(name: str, words: str) -> SegueError:
    last = " ".join(line for line in words.splitlines() if line.startswith("E:"))[-400:]
    if "Unable to locate package" in words or "it has no candidate" in words:
        return PackageNotFound(f"apt knows no package {name}")
    if "No space left" in words or "enough free space" in words:
        return DiskFull(f"no space left for the package {name}")
    return PackageNotFetched(f"apt-get could not fetch {name}: {last or words.strip()[-400:]}")


def _damaged(deb: Path, words: str) -> PackageDamaged:
    return PackageDamaged(
        f"{deb.name} is not a whole package: {words.strip()[-200:]}",
        next_step=f"Remove {deb} and run the same command again.",
    )
