"""Writing files in one step, on a disk that may be full."""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from segue.errors import SegueError

_BLOCK = 1 << 20


class DiskFull(SegueError):
    """No space is left for the corpus."""

    reason = "DISK_FULL"
    next_step = "Make space (the corpus takes about 7 GB) and run the same command again."


@contextlib.contextmanager
def full_disk_named() -> Iterator[None]:
    """Let a full disk or quota be said as ``DiskFull``."""
    try:
        yield
    except OSError as exc:
        if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(f"no space left for {exc.filename or 'the corpus'}") from exc
        raise


def write_file(source: IO[bytes], target: Path) -> str:
    """Copy ``source`` to ``target`` and give its SHA-256; the target is never half written.

    Raises
    ------
    DiskFull
        When there is no space for it.
    """
    digest = hashlib.sha256()
    arriving = target.with_name(f".{target.name}.arriving")
    with full_disk_named():
        target.parent.mkdir(parents=True, exist_ok=True)
        with arriving.open("wb") as file:
            while block := source.read(_BLOCK):
                digest.update(block)
                file.write(block)
        arriving.replace(target)
    return digest.hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8; the file is replaced at once.

    Raises
    ------
    DiskFull
        When there is no space for it.
    """
    partial = path.with_name(f".{path.name}.partial")
    with full_disk_named():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
