"""Uploaded bytes on their way into the spool folder, from which a worker takes them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from segue.durable import sync
from segue.errors import AudioError
from segue.permissions import unwritable_spool

log = logging.getLogger(__name__)

INCOMING, COMPLETE = "incoming-", "upload-"
"""How the names of files in the spool begin, so that no name of a caller's can mean anything: those
still on their way in, and complete ones."""

ABANDONED_AFTER_SECONDS = 24 * 3600.0

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A complete upload; ``uri`` is what a worker reads it by."""

    path: Path
    size_bytes: int
    content_sha256: str

    @property
    def uri(self) -> str:
        """``spool://`` and the file's name."""
        return f"spool://{self.path.name}"

    def discard(self) -> None:
        """Delete it: nobody will take it."""
        self.path.unlink(missing_ok=True)


class Upload:
    """One file being received; leaving the block without :meth:`finish` removes what was written.

    Parameters
    ----------
    spool
        Folder that query service and workers share.
    file_name
        Name to recognise the file by; only its harmless characters are kept.
    largest_bytes
        Most bytes that are taken.
    request_id
        An upload under the same request replaces the file of the one before; empty: none does.

    Raises
    ------
    QueueUnavailable
        When the spool folder cannot be written.
    """

    def __init__(
        self, spool: Path, file_name: str, *, largest_bytes: int, request_id: str = ""
    ) -> None:
        safe = _UNSAFE.sub("_", Path(file_name).name).lstrip(".")[-_LONGEST_NAME:]
        attempt = uuid.uuid4().hex
        name = "-".join(filter(None, (request_id or attempt, safe)))
        self._target = spool / f"{COMPLETE}{name}"
        # A name of its own: the one before may still be on its way in.
        self._partial = spool / f"{INCOMING}{attempt}"
        self._largest_bytes = largest_bytes
        self._hash = hashlib.sha256()
        self._size = 0
        try:
            spool.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("xb")
        except OSError as exc:
            raise unwritable_spool(spool, exc) from exc

    async def __aenter__(self) -> Upload:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)

    async def write(self, data: bytes) -> None:
        """Take the next bytes.

        Raises
        ------
        AudioError
            ``AUDIO_TOO_LARGE`` when they are more than allowed.
        QueueUnavailable
            When the disk is full or fails.
        """
        self._size += len(data)
        if self._size > self._largest_bytes:
            raise AudioError(f"the upload is over {self._largest_bytes} bytes", "AUDIO_TOO_LARGE")
        try:
            await asyncio.to_thread(self._append, data)
        except OSError as exc:
            raise unwritable_spool(self._target.parent, exc) from exc

    async def finish(self) -> SpooledFile:
        """Make the file durable and visible under its final name.

        Raises
        ------
        AudioError
            ``AUDIO_EMPTY`` when not a single byte came.
        """
        if not self._size:
            raise AudioError("the upload holds no bytes", "AUDIO_EMPTY")
        try:
            await asyncio.to_thread(self._publish)
        except OSError as exc:
            raise unwritable_spool(self._target.parent, exc) from exc
        return SpooledFile(self._target, self._size, self._hash.hexdigest())

    def _append(self, data: bytes) -> None:
        self._hash.update(data)
        self._file.write(data)

    def _publish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._partial.rename(self._target)
        sync(self._target.parent)


def waiting_bytes(spool: Path) -> int:
    """Size of all complete uploads that lie in the spool."""
    size = 0
    for upload in spool.glob(f"{COMPLETE}*"):
        with contextlib.suppress(FileNotFoundError):  # a worker was done with it meanwhile
            size += upload.stat().st_size
    return size


def sweep(spool: Path) -> int:
    """Delete what uploads left that were cut off by a crash more than a day ago.

    Returns
    -------
    int
        Number of deleted files.
    """
    oldest = time.time() - ABANDONED_AFTER_SECONDS
    swept = 0
    for partial in spool.glob(f"{INCOMING}*"):
        try:
            if partial.stat().st_mtime < oldest:
                partial.unlink()
                swept += 1
        except FileNotFoundError:
            continue
        except OSError as exc:
            log.warning("%s", unwritable_spool(spool, exc))
            break
    return swept
