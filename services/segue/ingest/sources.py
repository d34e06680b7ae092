"""Where audio comes from: files, uploads in the spool, HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import httpx

from segue.errors import AudioError, SourceError, SourceUnavailable
from segue.permissions import unreadable, unwritable_spool
from segue.settings import AudioSettings, QueueSettings

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 30.0
_PASSING_STATUS = {408, 425, 429}
_MOST_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class FetchedSource:
    """Audio that is at hand.

    Attributes
    ----------
    file
        Open at its start. What was hashed is what will be decoded, even when somebody replaces the
        file meanwhile.
    sha256
        Hex digest of all its bytes.
    """

    file: BinaryIO
    sha256: str


class Sources:
    """Opens the audio that URIs name.

    Parameters
    ----------
    spool
        Folder of the uploads, and of downloads while they are needed.
    media_roots
        Folders from which ``file://`` may read; empty: anywhere.
    max_download_bytes
        Largest file that is fetched by HTTP.
    download_seconds
        Longest time for a whole download.
    """

    def __init__(
        self,
        spool: Path,
        *,
        media_roots: Sequence[Path] = (),
        max_download_bytes: int = AudioSettings().max_upload_bytes,
        download_seconds: float = 300.0,
    ) -> None:
        self._spool = spool
        self._media_roots = tuple(root.resolve() for root in media_roots)
        self._max_download_bytes = max_download_bytes
        self._download_seconds = download_seconds
        self._client: httpx.AsyncClient | None = None

    @classmethod
    def of(cls, queue: QueueSettings, audio: AudioSettings) -> Sources:
        """Sources within the bounds of the settings."""
        return cls(
            queue.spool,
            media_roots=[Path(root) for root in queue.media_roots.split(":") if root],
            max_download_bytes=audio.max_upload_bytes,
            download_seconds=queue.task_time_limit_seconds / 2,
        )

    @asynccontextmanager
    async def fetch(self, uri: str) -> AsyncIterator[FetchedSource]:
        """Audio of ``uri``, until the block ends.

        Raises
        ------
        SourceError
            When there is no such file, it must not be read, or the scheme is not known.
        SourceNotReadable
            When the worker's user has no permission.
        SourceUnavailable
            When the place does not answer now.
        QueueUnavailable
            ``SPOOL_UNWRITABLE`` when a download cannot be kept.
        AudioError
            ``AUDIO_TOO_LARGE`` for a download beyond the limit.
        """
        scheme = _scheme(uri)
        if scheme in ("file", "spool"):
            path = self.local_path(uri)
            # On the loop's own thread, as decoding: nothing else waits for it in a worker process.
            fetched = _open(path)
        elif scheme in ("http", "https"):
            fetched = await self._download(uri)
        else:
            raise SourceError(
                f"{uri!r} has no scheme that is known: file, http, https or spool",
                reason="SOURCE_SCHEME",
            )
        with fetched.file:
            yield fetched

    def local_path(self, uri: str) -> Path:
        """Path of a ``file://`` or ``spool://`` URI, links resolved.

        Raises
        ------
        SourceError
            When it lies outside the folders that may be read, or is not a path at all.
        """
        parts = urlsplit(uri)
        if parts.scheme == "spool":
            roots: tuple[Path, ...] = (self._spool.resolve(),)
            named = self._spool / unquote(parts.netloc + parts.path).lstrip("/")
        else:
            if parts.netloc not in ("", "localhost"):
                raise SourceError(f"{uri!r} names another host", reason="SOURCE_SCHEME")
            roots = self._media_roots
            # In a URI `?` and `#` end the path; in a name they were meant as they stand.
            rest = uri.partition("://")[2].removeprefix("localhost")
            named = Path(unquote(rest))
        try:
            path = named.resolve()
        except (OSError, ValueError, RuntimeError) as exc:
            raise SourceError(f"{uri!r} names no file") from exc
        if not named.is_absolute() or (
            roots and not any(path.is_relative_to(root) for root in roots)
        ):
            raise SourceError(
                f"{uri!r} lies outside the folders that may be read", reason="SOURCE_FORBIDDEN"
            )
        return path

    def discard(self, uri: str) -> None:
        """Delete an upload that is not needed any more; other sources stay untouched."""
        if _scheme(uri) != "spool":
            return
        path = self.local_path(uri)
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            # Its track is in the index; what stays here only takes room.
            log.warning("%s", unwritable_spool(path.parent, exc))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _download(self, uri: str) -> FetchedSource:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
                follow_redirects=True,
                max_redirects=_MOST_REDIRECTS,
            )
        # Without a name from the start: a killed worker leaves nothing behind.
        try:
            file: BinaryIO = tempfile.TemporaryFile(dir=self._spool)  # noqa: SIM115
        except OSError as exc:
            raise unwritable_spool(self._spool, exc) from exc
        try:
            async with asyncio.timeout(self._download_seconds):
                digest = await self._stream(self._client, uri, file)
        except BaseException as exc:
            file.close()
            if isinstance(
                exc, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects)
            ):
                raise SourceError(f"{uri!r} cannot be fetched: {exc}") from exc
            if isinstance(exc, (httpx.HTTPError, TimeoutError)):
                detail = str(exc) or type(exc).__name__
                raise SourceUnavailable(f"{uri!r} does not answer: {detail}") from exc
            raise
        file.seek(0)
        return FetchedSource(file, digest)

    async def _stream(self, client: httpx.AsyncClient, uri: str, file: BinaryIO) -> str:
        digest = hashlib.sha256()
        size = 0
        async with client.stream("GET", uri) as response:
            _check_status(uri, response.status_code)
            async for data in response.aiter_bytes(256 * 1024):
                size += len(data)
                if size > self._max_download_bytes:
                    raise AudioError(
                        f"{uri!r} is larger than {self._max_download_bytes} bytes",
                        "AUDIO_TOO_LARGE",
                    )
                digest.update(data)
                try:
                    await asyncio.to_thread(file.write, data)
                except OSError as exc:
                    raise unwritable_spool(self._spool, exc) from exc
        return digest.hexdigest()


def _scheme(uri: str) -> str:
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return ""


def _open(path: Path) -> FetchedSource:
    try:
        # Opening a FIFO would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        raise unreadable(path, exc) from exc
    except ValueError as exc:
        raise SourceError(f"cannot read {str(path)!r}: {exc}") from exc
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError(f"{str(path)!r} is not a regular file")
    file = os.fdopen(descriptor, "rb")
    try:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
    except OSError as exc:
        file.close()
        raise SourceUnavailable(f"reading {str(path)!r} failed: {exc}") from exc
    return FetchedSource(file, digest)


def _check_status(uri: str, status: int) -> None:
    if status >= 500 or status in _PASSING_STATUS:
        raise SourceUnavailable(f"{uri!r} answers with HTTP status {status}")
    if status != 200:
        raise SourceError(f"{uri!r} answers with HTTP status {status}")
