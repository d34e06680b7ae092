"""Whether an optional package is installed, and how it would be for this Python."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec

from segue.errors import DependencyMissing


def pip_install(*words: str) -> str:
    """The command that installs something for the Python that runs this, for a shell.

    Plain ``pip`` may be that of another Python, which refuses or installs where nobody looks.

    Parameters
    ----------
    *words
        Arguments of ``pip install``, such as ``segue[export]``.
    """
    python = shlex.quote(sys.executable or "python3")
    command = f"{python} -m pip install {shlex.join(words)}"
    # Environments of uv have none.
    return command if find_spec("pip") is not None else f"{python} -m ensurepip && {command}"


def require_package(name: str, purpose: str, next_step: str) -> None:
    """See that a package can be imported.

    Parameters
    ----------
    purpose
        What wants it, such as ``Parquet files need``.
    next_step
        How it is installed, or done without.

    Raises
    ------
    DependencyMissing
        When it is not installed.
    """
    if find_spec(name) is None:
        raise DependencyMissing(f"{purpose} {name}, which is not installed", next_step=next_step)
