"""Runs Python as a user to whom a file with no permissions is closed.

Nothing is closed to root, so root turns into nobody first; anybody else stays who they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TURN = """
import os
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""


def as_other_user(imports: str, script: str, *arguments: object) -> str:
    """What a script prints; its imports happen before, since the code may lie below /root."""
    done = subprocess.run(
        [sys.executable, "-c", imports + _TURN + script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def other_user() -> str:
    """How that user is named to a person."""
    imports = "from segue.permissions import this_user\n"
    return as_other_user(imports, "print(this_user(), end='')")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="segue-open-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for place in folder.rglob("*"):
            if place.is_dir():
                place.chmod(0o755)
        shutil.rmtree(folder)
