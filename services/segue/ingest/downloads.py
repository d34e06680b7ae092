"""Fetching a URL, from permitted addresses."""

from __future__ import annotations

import ssl
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO

import httpcore
import httpx

from segue.errors import SourceError, SourceForbidden, SourceUnavailable
from segue.ingest.addresses import CheckedNetwork
from segue.ingest.transfers import DownloadLimits, Transfer, transfer_client
from segue.media.http_status import may_pass
from segue.settings import Network
from segue.texts import shown_uri

_MOST_REDIRECTS = 5


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
            When the place does not answer now, or breaks off.
        SourceTooSlow
            When it answers too slowly.
        QueueUnavailable
            ``SPOOL_UNWRITABLE`` when it cannot be kept.
        AudioError
            ``AUDIO_TOO_LARGE`` beyond the limit.
        """
        transfer = Transfer(self._folder, self._limits, _told(uri))
        try:
            return await transfer.run(
                lambda: self._ask(uri, transfer), unreached=lambda: _unreached(uri)
            )
        except SourceForbidden as exc:
            if detailed:
                raise
            raise _unreached(uri) from exc
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
            raise SourceError(
                f"{_told(uri)} cannot be fetched: it is, or leads to, no address of HTTP"
            ) from exc
        except httpx.TransportError as exc:
            raise _unreached(uri, exc if detailed else None) from exc

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(self, uri: str, transfer: Transfer) -> None:
        client = self._opened()
        request = client.build_request("GET", uri)
        # Not by httpx, which reads all that stands in the answer of a redirect.
        for _ in range(_MOST_REDIRECTS + 1):
            response = await client.send(request, stream=True)
            try:
                if response.next_request is None:
                    _check_status(uri, response.status_code)
                    await transfer.take(response)
                    return
                request = response.next_request
            finally:
                await response.aclose()
        raise SourceError(
            f"{_told(uri)} cannot be fetched: it leads on over {_MOST_REDIRECTS} times"
        )

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            transport = (
                httpx.AsyncHTTPTransport(proxy=self._proxy)
                if self._proxy
                else _CheckedTransport(CheckedNetwork(self._networks))
            )
            self._client = transfer_client(transport=transport)
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


def _told(uri: str) -> str:
    return repr(shown_uri(uri))


def _unreached(uri: str, exc: Exception | None = None) -> SourceUnavailable:
    said = "" if exc is None else f" ({str(exc) or type(exc).__name__})"
    return SourceUnavailable(f"{_told(uri)} does not answer, or may not be fetched{said}")


def _check_status(uri: str, status: int) -> None:
    if may_pass(status):
        raise SourceUnavailable(f"{_told(uri)} answers with HTTP status {status}")
    if status != 200:
        raise SourceError(f"{_told(uri)} answers with HTTP status {status}")
