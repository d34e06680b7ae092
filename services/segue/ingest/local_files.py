"""Opening files of this machine: what was opened is checked, not what was named.

A name can be a link, and can become one between a check and its use. So a file is first opened
without being read (``O_PATH``), which neither waits for a FIFO nor touches a device. The kernel
then says what it is and where it really lies, and that very file is read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from segue.audio.containers import identify
from segue.errors import AudioError, SourceError, SourceForbidden, SourceUnavailable
from segue.permissions import unreadable

_LOOKED_AT_FIRST_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024


def open_file(
    path: Path, *, roots: Sequence[Path] | None, largest_bytes: int
) -> tuple[BinaryIO, str]:
    """Open a regular file and hash it.

    Parameters
    ----------
    path
        Absolute. Links are followed, to wherever the caller may read.
    roots
        Folders below which the file that was opened must really lie; None: anywhere.
    largest_bytes
        Most that is read.

    Returns
    -------
    tuple
        The file, open at its start, and the hex digest of its SHA-256. What was hashed is what
        is read, even when somebody replaces the file meanwhile.

    Raises
    ------
    SourceForbidden
        When it lies elsewhere.
    SourceError
        When there is no such file, or it is no regular one.
    SourceNotReadable
        When this process's user has no permission.
    SourceUnavailable
        When reading fails.
    AudioError
        ``AUDIO_EMPTY`` without bytes (as are files that the kernel makes up while they are read),
        ``AUDIO_TOO_LARGE`` when it has more than ``largest_bytes``.
    """
    handle = _opened(path, os.O_PATH | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if roots is not None and not _lies_below(handle, roots):
            raise SourceForbidden(f"{str(path)!r} lies outside the folders that may be read")
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(f"{str(path)!r} is not a regular file")
        _check_size(path, status.st_size, largest_bytes)
        descriptor = _opened(
            Path(f"/proc/self/fd/{handle}"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, named=path
        )
    finally:
        os.close(handle)
    file = os.fdopen(descriptor, "rb")
    try:
        return file, _hashed(file, path, status.st_size, largest_bytes)
    except BaseException:
        file.close()
        raise


def _opened(path: Path, flags: int, *, named: Path | None = None) -> int:
    try:
        return os.open(path, flags)
    except OSError as exc:
        raise unreadable(named or path, exc) from exc
    except ValueError as exc:
        raise SourceError(f"cannot read {str(path)!r}: {exc}") from exc


def _lies_below(handle: int, roots: Sequence[Path]) -> bool:
    real = Path(f"/proc/self/fd/{handle}").readlink()
    return any(real.is_relative_to(root.resolve()) for root in roots)


def _check_size(path: Path, size: int, largest_bytes: int) -> None:
    if size > largest_bytes:
        raise AudioError(f"{str(path)!r} has {size} bytes, over {largest_bytes}", "AUDIO_TOO_LARGE")
    if size == 0:
        raise AudioError(f"{str(path)!r} holds no bytes", "AUDIO_EMPTY")


def _hashed(file: BinaryIO, path: Path, size: int, largest_bytes: int) -> str:
    digest = hashlib.sha256()
    count = 0
    try:
        if size > _LOOKED_AT_FIRST_BYTES:
            identify(file)  # what is no audio at all need not be read to its end
        while piece := file.read(_PIECE_BYTES):
            count += len(piece)
            _check_size(path, count, largest_bytes)  # it may have grown since
            digest.update(piece)
        file.seek(0)
    except OSError as exc:
        raise SourceUnavailable(f"reading {str(path)!r} failed: {exc.strerror or exc}") from exc
    return digest.hexdigest()
