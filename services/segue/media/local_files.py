"""Opening files of this machine: what was opened is checked, not what was named.

A name can be a link, and can become one between a check and its use. So a file is first opened
without being read (``O_PATH``), which neither waits for a FIFO nor touches a device. The kernel
then says what it is and where it really lies, and that very file is read.

A file of a network share can fail at any read, long after it was opened. What such a read raises
says so, whoever reads: that the share fails, and not that the audio is damaged.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from segue.audio.containers import identify
from segue.errors import AudioError, SourceError, SourceForbidden
from segue.file_times import is_settled
from segue.permissions import unreadable

_LOOKED_AT_FIRST_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024

_HASHES_KEPT = 16


class KnownHashes:
    """Hashes of the files that were read last, as long as nobody changes them.

    A file of hundreds of megabytes that is a dozen tracks need not be hashed for each of them.
    """

    def __init__(self) -> None:
        self._hashes: OrderedDict[tuple[int, ...], str] = OrderedDict()

    def of(self, status: os.stat_result) -> str | None:
        """Hash of a file, if it is known."""
        return self._hashes.get(_identity(status))

    def keep(self, status: os.stat_result, sha256: str) -> None:
        """Keep the hash of a file that was read whole; ``status`` is from before it was."""
        if not is_settled(max(status.st_mtime_ns, status.st_ctime_ns), time.time_ns()):
            return
        self._hashes[_identity(status)] = sha256
        if len(self._hashes) > _HASHES_KEPT:
            self._hashes.popitem(last=False)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    # The time of change of a file's status cannot be set by anybody.
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def open_file(
    path: Path,
    *,
    roots: Sequence[Path] | None,
    largest_bytes: int,
    known: KnownHashes | None = None,
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
    known
        Hashes of earlier files: one that has not changed since is not hashed again.

    Returns
    -------
    tuple
        The file, open at its start, and the hex digest of its SHA-256. What was hashed is what
        is read, even when somebody replaces the file meanwhile.

    Raises
    ------
    SourceForbidden, SourceError, SourceNotReadable, SourceUnavailable
        As :func:`open_unread`; ``SourceUnavailable`` also when reading fails, now or later.
    AudioError
        ``AUDIO_EMPTY`` without bytes (as are files that the kernel makes up while they are read),
        ``AUDIO_TOO_LARGE`` when it has more than ``largest_bytes``.
    """
    file, size = open_unread(path, roots=roots)
    try:
        _check_size(path, size, largest_bytes)
        return file, _known_hash(file, path, largest_bytes, known)
    except BaseException:
        file.close()
        raise


def open_unread(path: Path, *, roots: Sequence[Path] | None) -> tuple[BinaryIO, int]:
    """Open a regular file without reading it.

    Parameters
    ----------
    path, roots
        As in :func:`open_file`.

    Returns
    -------
    tuple
        The file, open at its start, and its size in bytes. Reading it raises
        ``SourceUnavailable`` when what it lies on fails.

    Raises
    ------
    SourceForbidden
        When it lies elsewhere.
    SourceError
        When there is no such file, or it is no regular one.
    SourceNotReadable
        When this process's user has no permission.
    SourceUnavailable
        When what it lies on fails.
    """
    handle = _opened(path, os.O_PATH | os.O_CLOEXEC)
    try:
        try:
            status = os.fstat(handle)
        except OSError as exc:
            raise unreadable(path, exc) from exc
        if roots is not None and not _lies_below(handle, roots):
            raise SourceForbidden(f"{str(path)!r} lies outside the folders that may be read")
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(f"{str(path)!r} is not a regular file")
        descriptor = _opened(
            Path(f"/proc/self/fd/{handle}"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, named=path
        )
    finally:
        os.close(handle)
    try:
        file = _File(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    return cast("BinaryIO", io.BufferedReader(file)), status.st_size


class _File(io.FileIO):
    """A file whose reads fail with errors of ours: parsers take an ``OSError`` for damage."""

    def __init__(self, descriptor: int, path: Path) -> None:
        super().__init__(descriptor, "rb")
        self._path = path

    def readinto(self, buffer: Any) -> int | None:
        try:
            return super().readinto(buffer)
        except OSError as exc:
            raise unreadable(self._path, exc) from exc

    def readall(self) -> bytes:
        try:
            return super().readall()
        except OSError as exc:
            raise unreadable(self._path, exc) from exc


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


def _known_hash(file: BinaryIO, path: Path, largest_bytes: int, known: KnownHashes | None) -> str:
    status = os.fstat(file.fileno())
    digest = None if known is None else known.of(status)
    if digest is None:
        digest = _hashed(file, path, status.st_size, largest_bytes)
        if known is not None:
            known.keep(status, digest)
    return digest


def _hashed(file: BinaryIO, path: Path, size: int, largest_bytes: int) -> str:
    digest = hashlib.sha256()
    count = 0
    if size > _LOOKED_AT_FIRST_BYTES:
        identify(file)  # what is no audio at all need not be read to its end
    while piece := file.read(_PIECE_BYTES):
        count += len(piece)
        _check_size(path, count, largest_bytes)  # it may have grown since
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()
