"""Fetching a URL: from permitted addresses, within limits of size and time, and not for ever."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import tempfile
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO

import httpcore
import httpx

from segue.errors import (
    AudioError,
    SourceError,
    SourceForbidden,
    SourceTooSlow,
    SourceUnavailable,
)
from segue.ingest.addresses import CheckedNetwork
from segue.permissions import unwritable_spool
from segue.settings import AudioSettings, Network
from segue.texts import shown_uri

_PASSING_STATUS = {408, 425, 429}
_MOST_REDIRECTS = 5
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """What a download may take.

    Attributes
    ----------
    largest_bytes
        Largest file.
    total_seconds
        Longest time for all of it.
    stretch_seconds
        Length of the stretches over which the rate is looked at. The first one has everything in it
        that comes before the first bytes: names, connections, redirects.
    least_bytes_per_second
        Smallest rate of a stretch; of the first one a quarter of that.
    """

    largest_bytes: int = AudioSettings().max_upload_bytes
    total_seconds: float = 300.0
    stretch_seconds: float = 4.0
    least_bytes_per_second: int = 32 * 1024


DEFAULT_LIMITS = DownloadLimits()


class Downloads:
    """Fetches URLs into nameless files.

    Parameters
    ----------
    folder
        Where the files lie. They have no names, so a killed process leaves nothing behind.
    networks
        Networks that may be connected to beside public addresses.
    proxy
        URL of a proxy that makes all connections, and then decides which; empty: none.
    """

    def __init__(
        self,
        folder: Path,
        limits: DownloadLimits,
        *,
        networks: tuple[Network, ...] = (),
        proxy: str = "",
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._networks = networks
        self._proxy = proxy
        self._client: httpx.AsyncClient | None = None

    async def fetch(self, uri: str, *, detailed: bool) -> tuple[BinaryIO, str]:
        """Fetch ``uri``.

        Parameters
        ----------
        detailed
            Say why a host was not reached. Otherwise a host that is forbidden, one that is not
            known and one that does not answer all fail alike: strangers learn nothing of the
            network that this process stands in.

        Returns
        -------
        tuple
            The file, open at its start, and the hex digest of its SHA-256.

        Raises
        ------
        SourceError
            When it cannot be fetched, and never will be; ``SourceForbidden`` for its host.
        SourceUnavailable
            When the place does not answer now.
        SourceTooSlow
            When it answers too slowly.
        QueueUnavailable
            ``SPOOL_UNWRITABLE`` when it cannot be kept.
        AudioError
            ``AUDIO_TOO_LARGE`` beyond the limit.
        """
        try:
            file: BinaryIO = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        except OSError as exc:
            raise unwritable_spool(self._folder, exc) from exc
        try:
            digest = await self._into(file, uri)
            file.seek(0)
        except BaseException as exc:
            file.close()
            if isinstance(exc, SourceForbidden) and not detailed:
                raise _unreached(uri) from exc
            if isinstance(exc, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
                raise SourceError(
                    f"{_told(uri)} cannot be fetched: it is, or leads to, no address of HTTP"
                ) from exc
            if isinstance(exc, httpx.TransportError):
                raise _unreached(uri, exc if detailed else None) from exc
            raise
        return file, digest

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _into(self, file: BinaryIO, uri: str) -> str:
        progress = _Progress(uri, self._limits)
        try:
            async with asyncio.timeout(None) as patience:
                progress.watch(patience)
                return await self._stream(uri, file, progress)
        except TimeoutError as exc:
            raise progress.complaint() from exc
        finally:
            progress.stop()

    async def _stream(self, uri: str, file: BinaryIO, progress: _Progress) -> str:
        client = self._opened()
        request = client.build_request("GET", uri)
        # Not by httpx, which reads all that stands in the answer of a redirect.
        for _ in range(_MOST_REDIRECTS + 1):
            response = await client.send(request, stream=True)
            try:
                if response.next_request is None:
                    progress.response = response
                    return await self._keep(uri, response, file)
                request = response.next_request
            finally:
                await response.aclose()
        raise SourceError(
            f"{_told(uri)} cannot be fetched: it leads on over {_MOST_REDIRECTS} times"
        )

    async def _keep(self, uri: str, response: httpx.Response, file: BinaryIO) -> str:
        _check_status(uri, response.status_code)
        largest = self._limits.largest_bytes
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > largest:
            raise AudioError(
                f"{_told(uri)} has {declared} bytes, over {largest}", "AUDIO_TOO_LARGE"
            )
        digest = hashlib.sha256()
        size = 0
        # Raw: nothing is unpacked, so nothing grows.
        async for piece in response.aiter_raw(_PIECE_BYTES):
            size += len(piece)
            if size > largest:
                raise AudioError(f"{_told(uri)} is larger than {largest} bytes", "AUDIO_TOO_LARGE")
            digest.update(piece)
            try:
                await asyncio.to_thread(file.write, piece)
            except OSError as exc:
                raise unwritable_spool(self._folder, exc) from exc
        return digest.hexdigest()

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            transport = (
                httpx.AsyncHTTPTransport(proxy=self._proxy)
                if self._proxy
                else _CheckedTransport(CheckedNetwork(self._networks))
            )
            self._client = httpx.AsyncClient(
                transport=transport,
                # The watch over progress is the limit.
                timeout=None,  # noqa: S113
                headers={"Accept-Encoding": "identity"},
            )
            # What one URL sets is nothing to the next, which another caller may have named.
            self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return self._client


class _CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx over connections of our own. It offers no argument for that."""

    def __init__(self, network: httpcore.AsyncNetworkBackend) -> None:
        context: ssl.SSLContext = httpx.create_ssl_context()
        super().__init__(verify=context)
        self._pool: Any = httpcore.AsyncConnectionPool(
            ssl_context=context, network_backend=network, http1=True, http2=False
        )


class _Progress:
    """How much has arrived, and whether that is enough."""

    def __init__(self, uri: str, limits: DownloadLimits) -> None:
        self.response: httpx.Response | None = None
        self._uri = uri
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._ends = self._loop.time() + limits.total_seconds
        self._stretch_bytes = limits.least_bytes_per_second * limits.stretch_seconds
        # The first stretch has the way to the first bytes in it.
        self._wanted = self._stretch_bytes / 4
        self._timer: asyncio.TimerHandle | None = None
        self._too_long = False

    @property
    def size(self) -> int:
        """Bytes that have arrived, also of a piece that is not whole yet."""
        return 0 if self.response is None else self.response.num_bytes_downloaded

    def watch(self, patience: asyncio.Timeout) -> None:
        """End ``patience`` when a stretch brings too little, or the whole takes too long."""
        left = max(self._ends - self._loop.time(), 0.0)
        seconds = min(self._limits.stretch_seconds, left)
        self._timer = self._loop.call_later(seconds, self._look, patience)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, patience: asyncio.Timeout) -> None:
        self._too_long = self._loop.time() >= self._ends
        if self._too_long or self.size < self._wanted:
            patience.reschedule(self._loop.time())
            return
        self._wanted = self.size + self._stretch_bytes
        self.watch(patience)

    def complaint(self) -> SourceUnavailable:
        """Why it ended."""
        limits = self._limits
        if self._too_long:
            return SourceTooSlow(f"{_told(self._uri)} took over {limits.total_seconds:g} s")
        if not self.size:
            return _unreached(self._uri)
        return SourceTooSlow(
            f"{_told(self._uri)} gives less than {limits.least_bytes_per_second} bytes a second"
        )


def _told(uri: str) -> str:
    return repr(shown_uri(uri))


def _unreached(uri: str, exc: Exception | None = None) -> SourceUnavailable:
    said = "" if exc is None else f" ({str(exc) or type(exc).__name__})"
    return SourceUnavailable(f"{_told(uri)} does not answer, or may not be fetched{said}")


def _check_status(uri: str, status: int) -> None:
    if status >= 500 or status in _PASSING_STATUS:
        raise SourceUnavailable(f"{_told(uri)} answers with HTTP status {status}")
    if status != 200:
        raise SourceError(f"{_told(uri)} answers with HTTP status {status}")
