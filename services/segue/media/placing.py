"""Putting what an open file holds at a path of ours: by a link where one can be made."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from segue.durable import sync

# Hard links: another file system, one without links, one with too many, a file without a name.
_NOT_LINKED = frozenset(
    {errno.EXDEV, errno.ENOENT, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS}
)


@contextlib.contextmanager
def placing(file: BinaryIO, partial: Path) -> Iterator[Callable[[Path], None]]:
    """Take a file's content, so that it can be put at a path in one step.

    Gives what puts it there, durably; at ``partial`` nothing is left in the end.

    Parameters
    ----------
    partial
        Where the content lies meanwhile: a path of nothing yet, on the file system of its target.

    Raises
    ------
    OSError
        When it cannot be taken; what is given may raise it too.
    """
    try:
        _take(file, partial)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise

    def place(target: Path) -> None:
        target.parent.mkdir(exist_ok=True, mode=0o700)
        partial.replace(target)
        sync(target.parent)

    try:
        yield place
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _take(file: BinaryIO, partial: Path) -> None:
    try:
        _link(file, partial)
    except OSError as exc:
        if exc.errno not in _NOT_LINKED:
            raise
        file.seek(0)
        with partial.open("xb") as copy:
            shutil.copyfileobj(file, copy, 1024 * 1024)
            copy.flush()
            os.fsync(copy.fileno())


def _link(file: BinaryIO, path: Path) -> None:
    """Give an open file another name: the very file, whatever its old name leads to by now."""
    folder = os.open(path.parent, os.O_PATH)
    try:
        # Python follows the link of /proc only where it is told of a folder too.
        os.link(f"/proc/self/fd/{file.fileno()}", path, src_dir_fd=folder)
    finally:
        os.close(folder)
