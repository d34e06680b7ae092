"""The wheel, built from this checkout and installed where no checkout is.

Fixtures: ``wheel`` (its path) and ``install_wheel`` (an environment of its own).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Installation:
    """Segue in a virtual environment, used from an empty folder.

    Attributes
    ----------
    environment
        Virtual environment.
    folder
        Where its commands run, with cache and data folders of its own beside it.
    """

    environment: Path
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables of a shell that knows nothing of the checkout."""
        foreign = ("SEGUE_", "PYTHON", "VIRTUAL_ENV", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **kept,
            "PATH": f"{self.environment / 'bin'}:{os.defpath}",
            "XDG_DATA_HOME": str(self.folder.parent / "share"),
            "SEGUE_CACHE": str(self.folder.parent / "cache"),
            "COLUMNS": "160",
        }

    def run(self, *words: str | Path) -> str:
        """What a command prints; it must succeed."""
        done = subprocess.run(
            [self.environment / "bin" / words[0], *words[1:]],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive as a release is."""
    output = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", output, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (archive,) = output.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        assert not [name for name in source.getnames() if "/.git/" in name or "/.venv/" in name]
    (path,) = output.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def install_wheel(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Installation]:
    """Install the wheel with an extra into a new virtual environment."""

    def install(extra: str) -> Installation:
        place = tmp_path_factory.mktemp(extra)
        installation = Installation(place / "environment", place / "empty")
        installation.folder.mkdir()
        subprocess.run([sys.executable, "-m", "venv", installation.environment], check=True)
        done = subprocess.run(
            [
                *(installation.environment / "bin" / "python", "-m", "pip", "install", "--quiet"),
                *("--disable-pip-version-check", "--constraint", ROOT / "constraints.txt"),
                f"segue[{extra}] @ {wheel.as_uri()}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if "(from versions: none)" in done.stderr and not os.environ.get("CI"):
            pytest.skip("no package index answers: the wheel's requirements cannot be installed")
        assert done.returncode == 0, done.stderr
        where = installation.run("python", "-c", "import segue; print(segue.__file__)")
        assert str(installation.environment) in where
        return installation

    return install
