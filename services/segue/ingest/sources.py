"""Where audio comes from: files, uploads, HTTP, object stores; what each caller may have read."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from segue.callers import Caller
from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import AudioGone, SourceError, SourceForbidden, SourceUnavailable
from segue.ingest.downloads import Downloads
from segue.ingest.objects import Objects
from segue.ingest.transfers import DEFAULT_LIMITS, DownloadLimits
from segue.ingest_jobs import IngestItem
from segue.kept_names import kept_digest, kept_uri
from segue.media.kept_rows import Use
from segue.media.kept_uploads import KeptUploads, KeptUploadsUnusable
from segue.media.local_files import KnownHashes, open_file
from segue.media_fragments import Part
from segue.object_names import ObjectName
from segue.permissions import unwritable_spool
from segue.settings import AudioSettings, KeptUploadSettings, Network, QueueSettings
from segue.texts import shown_uri
from segue.tracks import Track

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
    file_name
        Name that the file of a kept upload had; empty for all else.
    part
        Part of the file that is wanted; None: the whole.
    """

    file: BinaryIO
    sha256: str
    file_name: str = ""
    part: Part | None = None


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
        Limits of what is fetched by HTTP, and from object stores.
    networks
        Networks that may be connected to beside public addresses.
    proxy
        URL of a proxy that fetches all URLs; empty: none.
    media_buckets
        Names below which guests' ``s3://`` URIs may be read.
    kept
        Where uploads are kept; None: nowhere.
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
        media_buckets: Sequence[ObjectName] = (),
        kept: KeptUploads | None = None,
    ) -> None:
        self._spool = spool
        self._kept = kept
        self._media_roots = tuple(media_roots)
        self._max_file_bytes = max_file_bytes
        self._hashes = KnownHashes()
        self._downloads = Downloads(spool, downloads, networks=networks, proxy=proxy)
        self._objects = Objects(spool, downloads, for_guests=media_buckets)

    @classmethod
    def of(cls, queue: QueueSettings, audio: AudioSettings, kept: KeptUploadSettings) -> Sources:
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
            media_buckets=queue.object_folders,
            kept=KeptUploads.of(kept),
        )

    @asynccontextmanager
    async def fetch(
        self, uri: str, caller: Caller, track_id: str = "", *, one_of_several: bool = False
    ) -> AsyncIterator[FetchedSource]:
        """Audio of ``uri``, until the block ends.

        Parameters
        ----------
        caller
            Who asked for it. The owner may have any file and object read. A guest only those below
            the media folders and buckets, and hears the same of all others, whether they are there
            or not. Kept uploads are the owner's.
        track_id
            Track that it is fetched for: it says what the file of a kept upload was called.
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
        AudioGone
            When a kept upload is not there any more.
        AudioError
            ``AUDIO_TOO_LARGE`` beyond the limit, ``AUDIO_EMPTY`` for a file without bytes.
        """
        scheme = _scheme(uri)
        file_name = ""
        if scheme in ("http", "https"):
            file, digest = await self._downloads.fetch(uri, detailed=caller.may_all)
        elif scheme == "s3":
            file, digest = await self._objects.fetch(uri, caller)
        # Files on the loop's own thread, as decoding: nothing else waits for it in this process.
        elif scheme == "spool":
            file, digest = self._open(self._spool_path(uri), roots=(self._spool,))
        elif scheme == "kept":
            file, digest, file_name = self._open_kept(uri, track_id, caller)
        elif scheme == "file" and caller.may_all:
            known = self._hashes if one_of_several else None
            file, digest = self._open(_file_path(uri), roots=None, known=known)
        elif scheme == "file":
            file, digest = self._open_for_guest(uri)
        else:
            raise SourceError(
                f"{shown_uri(uri)!r} has no scheme that is known: "
                "file, http, https, s3, kept or spool",
                reason="SOURCE_SCHEME",
            )
        with file:
            yield FetchedSource(file, digest, file_name)

    def keep(self, item: IngestItem, source: FetchedSource, space: str) -> str:
        """Keep the audio of an upload whose track is about to be stored.

        Parameters
        ----------
        space
            Embedding space of the track.

        Returns
        -------
        str
            What the track's source is to be: ``kept://``, or the item's own URI.

        Raises
        ------
        KeptUploadsUnusable
            When the folder of kept uploads fails.
        """
        scheme = _scheme(item.uri)
        if self._kept is None or scheme not in ("spool", "kept"):
            return shown_uri(item.uri)
        name = item.file_name or source.file_name
        use = Use(item.track_id, space, source.sha256, name, catalogue=item.catalogue)
        guests = None if scheme == "kept" else item.caller is Caller.GUEST
        if not self._kept.keep(source.file, source.sha256, use, guests=guests):
            log.info("%s is not kept: there is no room for it", item.uri)
            return shown_uri(item.uri)
        return kept_uri(source.sha256)

    def let_go(
        self, known: Track | None, source_uri: str, space: str, catalogue: str = DEFAULT_CATALOGUE
    ) -> None:
        """Forget the upload that a track came from before, when it comes from elsewhere now.

        What this leaves behind the query service finds later.
        """
        if known is None or self._kept is None or known.source_uri == source_uri:
            return
        sha256 = kept_digest(known.source_uri)
        if sha256 is not None:
            try:
                self._kept.release_uses([Use(known.track_id, space, sha256, catalogue=catalogue)])
            except KeptUploadsUnusable as exc:
                log.warning("%s", exc)

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
        await self._objects.close()

    def _open(
        self, path: Path, roots: Sequence[Path] | None, known: KnownHashes | None = None
    ) -> tuple[BinaryIO, str]:
        return open_file(path, roots=roots, largest_bytes=self._max_file_bytes, known=known)

    def _open_for_guest(self, uri: str) -> tuple[BinaryIO, str]:
        path = Path()
        try:
            path = _file_path(uri)
            if not self._media_roots:
                raise SourceForbidden("no media folders are set (SEGUE_MEDIA_ROOTS)")
            return self._open(path, self._media_roots)
        except (SourceError, SourceUnavailable) as exc:
            if isinstance(exc, SourceUnavailable) and self._is_named_below_roots(path):
                raise
            log.info("%s was not read for a guest: %s", uri, exc)
            raise SourceForbidden(
                f"{uri!r} is not there, or may not be read for you",
                next_step="Name a file below the media folders of this service, send its bytes "
                "(segue ingest --upload), or ask the service's owner to ingest it.",
            ) from None

    def _is_named_below_roots(self, path: Path) -> bool:
        """Whether a path leads below the media folders by its own words."""
        named = Path(os.path.normpath(path))
        return any(named.is_relative_to(root) for root in self._media_roots)

    def _open_kept(self, uri: str, track_id: str, caller: Caller) -> tuple[BinaryIO, str, str]:
        if not caller.may_all:
            raise SourceForbidden(
                f"{uri!r} is not there, or may not be read for you",
                next_step="Send the bytes (segue ingest --upload), or ask the service's owner.",
            )
        sha256 = kept_digest(uri)
        if sha256 is None:
            raise SourceError(f"{uri!r} names no kept upload", reason="SOURCE_SCHEME")
        if self._kept is None:
            raise AudioGone(f"{uri!r} cannot be read: no uploads are kept here")
        file, digest = self._kept.open_whole(sha256, largest_bytes=self._max_file_bytes)
        return file, digest, self._kept.file_name(sha256, track_id)

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
