"""Files that survive a loss of power: written to the disk itself, whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def sync(path: Path) -> None:
    """Write one file, or the entries of one folder, to the disk.

    Raises
    ------
    OSError
        When that fails.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of another when the block ends without an error.

    Whoever reads ``path`` finds the old content or all of the new one. Only its owner may read it
    (mode 0600). Several may write at the same time; the last one wins. A kill may leave a file
    ``.<name>.<digits>.incomplete`` beside it.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    with _staged(path, os.replace) as file:
        yield file


def write_private(path: Path, content: bytes) -> None:
    """Replace a file's content as :func:`private_file` does. Raises ``OSError``."""
    with private_file(path) as file:
        file.write(content)


def write_private_once(path: Path, content: bytes) -> None:
    """Write a file as :func:`private_file` does, unless there is one already.

    Raises
    ------
    FileExistsError
        When there is one, which stays: of several that write at the same time, the first one wins.
    OSError
        When it cannot be written.
    """
    with _staged(path, os.link) as file:  # unlike a rename, a link leaves one that came first
        file.write(content)


@contextmanager
def _staged(path: Path, place: Callable[[Path, Path], None]) -> Iterator[BinaryIO]:
    # Numbers of processes would not do: containers that share a folder have the same ones.
    staged = path.with_name(f".{path.name}.{secrets.token_hex(6)}.incomplete")
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        place(staged, path)
        sync(path.parent)
    finally:
        staged.unlink(missing_ok=True)
