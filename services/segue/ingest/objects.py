"""Fetching an object of a store that speaks S3."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import httpx

from segue.callers import Caller
from segue.errors import SourceError, SourceForbidden, SourceUnavailable
from segue.ingest.transfers import DownloadLimits, Transfer, transfer_client
from segue.media.object_store import ObjectStore, StoreAccess, refusal
from segue.object_names import ObjectName

_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")
_MOST_ERROR_BYTES = 8_192


class Objects:
    """Fetches objects into nameless files, within the limits of what is fetched from URLs.

    The store is the operator's word: it may lie anywhere, unlike what callers name. Its proxy and
    certificates are those of the environment.

    Parameters
    ----------
    folder
        Where the files lie.
    for_guests
        Names below which guests may have objects read.
    """

    def __init__(
        self, folder: Path, limits: DownloadLimits, *, for_guests: Sequence[ObjectName] = ()
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._for_guests = tuple(for_guests)
        self._store: ObjectStore | None = None
        self._client: httpx.AsyncClient | None = None

    async def fetch(self, uri: str, caller: Caller) -> tuple[BinaryIO, str]:
        """Fetch ``s3://bucket/key``.

        Returns
        -------
        tuple
            The file, open at its start, and the hex digest of its SHA-256.

        Raises
        ------
        SourceError
            When there is no such object; ``SourceForbidden`` when a guest may not have it read,
            ``SourceNotReadable`` when the store refuses the credentials, or there are none.
        SourceUnavailable
            When the store does not answer, is overloaded, or breaks off; ``SourceTooSlow`` when it
            gives too little.
        QueueUnavailable, AudioError
            As for a URL.
        """
        name = self._permitted(uri, caller)
        if self._store is None:
            self._store = ObjectStore(StoreAccess.from_environment())
        told = repr(str(name))
        transfer = Transfer(self._folder, self._limits, told)
        url = self._store.url_of(name, seconds=self._limits.total_seconds)
        try:
            return await transfer.run(
                lambda: self._ask(url, str(name), transfer), unreached=lambda: _unreached(told)
            )
        except httpx.TransportError as exc:
            raise _unreached(told, exc) from exc

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        if self._store is not None:
            self._store.close()
            self._store = None

    def _permitted(self, uri: str, caller: Caller) -> ObjectName:
        try:
            name = ObjectName.of(uri)
        except ValueError as exc:
            raise SourceError(f"the address of an object {exc}", reason="SOURCE_SCHEME") from exc
        # The credentials are the owner's: what they open is not a guest's.
        if not (caller.may_all or any(name.lies_below(folder) for folder in self._for_guests)):
            raise SourceForbidden(
                f"{str(name)!r} is not there, or may not be read for you",
                next_step="Name an object below the addresses of SEGUE_MEDIA_BUCKETS, send its "
                "bytes (segue ingest --upload), or ask the service's owner to ingest it.",
            )
        if name.is_folder:
            raise SourceError(
                f"{str(name)!r} names a folder, not an object",
                next_step="Name an object, or let segue ingest list the folder.",
            )
        return name

    async def _ask(self, url: str, told: str, transfer: Transfer) -> None:
        if self._client is None:
            self._client = transfer_client(verify=_certificates())
        response = await self._client.send(self._client.build_request("GET", url), stream=True)
        try:
            if response.status_code != 200:
                raise refusal(told, response.status_code, await _code(response))
            await transfer.take(response)
        finally:
            await response.aclose()


def _certificates() -> ssl.SSLContext:
    given = os.environ.get("AWS_CA_BUNDLE")
    if not given:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=given)
    except OSError as exc:
        raise SourceError(
            f"AWS_CA_BUNDLE cannot be read: {exc.strerror or exc}",
            reason="SOURCE_ENDPOINT",
            next_step="Set AWS_CA_BUNDLE to a file of certificates, or leave it out.",
        ) from exc


async def _code(response: httpx.Response) -> str:
    """The store's word for a failure, as far as it says one soon."""
    body = b""
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > _MOST_ERROR_BYTES:
            break
    found = _CODE.search(body)
    return "" if found is None else found[1].decode()


def _unreached(told: str, exc: Exception | None = None) -> SourceUnavailable:
    said = "" if exc is None else f" ({str(exc) or type(exc).__name__})"
    return SourceUnavailable(f"the object store does not answer when asked for {told}{said}")
