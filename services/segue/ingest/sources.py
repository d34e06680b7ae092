"""Where audio comes from: files, uploads in the spool, HTTP; and what each caller may have read."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from segue.callers import Caller
from segue.errors import SourceError, SourceForbidden
from segue.ingest.downloads import DEFAULT_LIMITS, DownloadLimits, Downloads
from segue.ingest.local_files import KnownHashes, open_file
from segue.permissions import unwritable_spool
from segue.settings import AudioSettings, Network, QueueSettings
from segue.texts import shown_uri

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FetchedSource:
    """Audio that is at hand.

    Attributes
    ----------
    file
        Open at its start. What was hashed is what will be decoded, even when somebody replaces the
        file meanwhile.
    sha256
        Hex digest of all its bytes, or what stands for those of a part of it
        (:func:`segue.media_fragments.part_digest`).
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
        Folders from which guests' ``file://`` URIs may be read.
    max_file_bytes
        Largest file of this machine.
    downloads
        Limits of what is fetched by HTTP.
    networks
        Networks that may be connected to beside public addresses.
    proxy
        URL of a proxy that fetches all URLs; empty: none.
    """

    def __init__(
        self,
        spool: Path,
        *,
        media_roots: Sequence[Path] = (),
        max_file_bytes: int = AudioSettings().max_file_bytes,
        downloads: DownloadLimits = DEFAULT_LIMITS,
        networks: tuple[Network, ...] = (),
        proxy: str = "",
    ) -> None:
        self._spool = spool
        self._media_roots = tuple(media_roots)
        self._max_file_bytes = max_file_bytes
        self._hashes = KnownHashes()
        self._downloads = Downloads(spool, downloads, networks=networks, proxy=proxy)

    @classmethod
    def of(cls, queue: QueueSettings, audio: AudioSettings) -> Sources:
        """Sources within the bounds of the settings."""
        return cls(
            queue.spool,
            media_roots=queue.media_folders,
            max_file_bytes=audio.max_file_bytes,
            downloads=DownloadLimits(
                audio.max_upload_bytes,
                total_seconds=queue.task_time_limit_seconds / 2,
                least_bytes_per_second=queue.min_download_bytes_per_second,
            ),
            networks=queue.networks,
            proxy=queue.source_proxy,
        )

    @asynccontextmanager
    async def fetch(
        self, uri: str, caller: Caller, *, one_of_several: bool = False
    ) -> AsyncIterator[FetchedSource]:
        """Audio of ``uri``, until the block ends.

        Parameters
        ----------
        caller
            Who asked for it. The owner may have any file read. A guest only those below the media
            folders, and hears the same of all others, whether they are there or not.
        one_of_several
            The file is wanted for one of its parts: others will follow, so its hash is kept.

        Raises
        ------
        SourceError
            When there is no such file, or the scheme is not known; ``SourceForbidden`` when the
            caller may not have it read, ``SourceNotReadable`` when the worker's user may not.
        SourceUnavailable
            When the place does not answer now; ``SourceTooSlow`` when it does so too slowly.
        QueueUnavailable
            ``SPOOL_UNWRITABLE`` when a download cannot be kept.
        AudioError
            ``AUDIO_TOO_LARGE`` beyond the limit, ``AUDIO_EMPTY`` for a file without bytes.
        """
        scheme = _scheme(uri)
        if scheme in ("http", "https"):
            file, digest = await self._downloads.fetch(uri, detailed=caller.may_all)
        # Files on the loop's own thread, as decoding: nothing else waits for it in this process.
        elif scheme == "spool":
            file, digest = self._open(self._spool_path(uri), roots=(self._spool,))
        elif scheme == "file" and caller.may_all:
            known = self._hashes if one_of_several else None
            file, digest = self._open(_file_path(uri), roots=None, known=known)
        elif scheme == "file":
            file, digest = self._open_for_guest(uri)
        else:
            raise SourceError(
                f"{shown_uri(uri)!r} has no scheme that is known: file, http, https or spool",
                reason="SOURCE_SCHEME",
            )
        with file:
            yield FetchedSource(file, digest)

    def discard(self, uri: str) -> None:
        """Delete an upload that is not needed any more; other sources stay untouched."""
        if _scheme(uri) != "spool":
            return
        path = self._spool_path(uri)
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            # Its track is in the index; what stays here only takes room.
            log.warning("%s", unwritable_spool(path.parent, exc))

    async def close(self) -> None:
        """Close the connections."""
        await self._downloads.close()

    def _open(
        self, path: Path, roots: Sequence[Path] | None, known: KnownHashes | None = None
    ) -> tuple[BinaryIO, str]:
        return open_file(path, roots=roots, largest_bytes=self._max_file_bytes, known=known)

    def _open_for_guest(self, uri: str) -> tuple[BinaryIO, str]:
        try:
            path = _file_path(uri)
            if not self._media_roots:
                raise SourceForbidden("no media folders are set (SEGUE_MEDIA_ROOTS)")
            return self._open(path, self._media_roots)
        except SourceError as exc:
            log.info("%s was not read for a guest: %s", uri, exc)
            raise SourceForbidden(
                f"{uri!r} is not there, or may not be read for you",
                next_step="Name a file below the media folders of this service, send its bytes "
                "(segue ingest --upload), or ask the service's owner to ingest it.",
            ) from None

    def _spool_path(self, uri: str) -> Path:
        name = unquote(uri.partition("://")[2])
        if not name or "/" in name or "\0" in name or name in (".", ".."):
            raise SourceForbidden(f"{uri!r} names no upload")
        return self._spool / name


def _scheme(uri: str) -> str:
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return ""


def _file_path(uri: str) -> Path:
    host, slash, rest = uri.partition("://")[2].partition("/")
    if host not in ("", "localhost"):
        raise SourceError(f"{uri!r} names another host", reason="SOURCE_SCHEME")
    if not slash:
        raise SourceError(f"{uri!r} names no file")
    # In a URI `?` and `#` end the path; in a name they were meant as they stand.
    # Names are bytes to the system: one that is no UTF-8 comes back as it was.
    return Path(f"/{unquote(rest, errors='surrogateescape')}")
