"""Folders that come with Segue beside its code: models, Triton backends, the demo.

In a checkout they are at the top level. A wheel carries the same tree within the package, written
there by the build (see ``pyproject.toml``), so that they have one source.
"""

from __future__ import annotations

from pathlib import Path

from segue.errors import SegueError
from segue.installed import pip_install

_PACKAGE = Path(__file__).parent
_ROOTS = (_PACKAGE / "resources", _PACKAGE.parents[1])


class InstallationIncomplete(SegueError):
    """A file that comes with Segue is missing from this installation."""

    reason = "INSTALLATION_INCOMPLETE"
    next_step = f"Install Segue again: {pip_install('--force-reinstall', '--no-deps', 'segue')}"


def resource_folder(name: str) -> Path:
    """A folder that comes with Segue, by its path in the project: ``deploy/demo``.

    Raises
    ------
    InstallationIncomplete
        When this installation does not have it.
    """
    for root in _ROOTS:
        if (root / name).is_dir():
            return root / name
    raise InstallationIncomplete(f"this installation of Segue has no folder {name!r}")
