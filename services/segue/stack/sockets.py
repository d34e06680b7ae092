"""Where the sockets of a stack lie: closed to other users, under a path that sockets can have."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segue.errors import SegueError

LONGEST_PATH_BYTES = 107
"""Of a socket's path, unix(7)."""

_ROOM_BYTES = 20
"""For the names of the sockets in their folder."""

_PREFIX = "segue-sockets-"
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


class SocketFolderMissing(SegueError):
    """There is no place for the sockets of a stack."""

    reason = "SOCKET_FOLDER_MISSING"
    next_step = "Set TMPDIR to a folder of your own whose path is short, and start again."


@contextmanager
def socket_folder(wanted: Path) -> Iterator[Path]:
    """A folder of mode 0700 for sockets.

    Parameters
    ----------
    wanted
        Taken when sockets in it have names that are short enough, and plain: not every client
        reads others in an address. Otherwise a new one among the temporary files takes its place
        for as long as the block lasts.

    Raises
    ------
    SocketFolderMissing
        When no folder will do.
    """
    if fits(wanted):
        wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
        wanted.chmod(0o700)
        yield wanted
        return
    made = _temporary()
    try:
        yield made
    finally:
        remove_socket_folder(made)


def fits(folder: Path) -> bool:
    """Whether sockets in this folder have paths that systems and clients take."""
    text = os.fspath(folder)
    return len(text) + _ROOM_BYTES <= LONGEST_PATH_BYTES and _PLAIN.fullmatch(text) is not None


def remove_socket_folder(folder: Path) -> None:
    """Remove a folder that :func:`socket_folder` made among the temporary files, and no other."""
    if folder.name.startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def _temporary() -> Path:
    places = (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp")  # noqa: S108
    for place in filter(None, places):
        if not fits(Path(place) / f"{_PREFIX}12345678"):
            continue
        try:
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        except OSError:
            continue
    raise SocketFolderMissing("no folder for the stack's sockets can be made")
