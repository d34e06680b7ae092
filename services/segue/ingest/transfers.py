"""One file on its way in over a network: within limits of size and time, and not for ever."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from segue.errors import AudioError, SourceTooSlow, SourceUnavailable
from segue.permissions import unwritable_spool
from segue.settings import AudioSettings

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


class Transfer:
    """One file on its way into a nameless file: a killed process leaves nothing behind.

    Parameters
    ----------
    folder
        Where the file lies.
    told
        What is fetched, as it is told to people.
    """

    def __init__(self, folder: Path, limits: DownloadLimits, told: str) -> None:
        self._folder = folder
        self._limits = limits
        self._told = told
        self._response: httpx.Response | None = None
        self._digest = hashlib.sha256()

    @property
    def size(self) -> int:
        """Bytes that have arrived, also of a piece that is not whole yet."""
        return 0 if self._response is None else self._response.num_bytes_downloaded

    async def run(
        self, ask: Callable[[], Awaitable[None]], unreached: Callable[[], SourceUnavailable]
    ) -> tuple[BinaryIO, str]:
        """Fetch the file.

        Parameters
        ----------
        ask
            Asks for it, and hands the answer to :meth:`take`.
        unreached
            What is said when nothing came in time.

        Returns
        -------
        tuple
            The file, open at its start, and the hex digest of its SHA-256.

        Raises
        ------
        SourceUnavailable
            When it breaks off, or nothing came; ``SourceTooSlow`` when too little does.
        QueueUnavailable
            ``SPOOL_UNWRITABLE`` when it cannot be kept.
        AudioError
            ``AUDIO_TOO_LARGE`` beyond the limit.
        Exception
            What ``ask`` raises of its own.
        """
        try:
            self._file: BinaryIO = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        except OSError as exc:
            raise unwritable_spool(self._folder, exc) from exc
        progress = _Progress(self, self._limits)
        try:
            async with asyncio.timeout(None) as patience:
                progress.watch(patience)
                await ask()
            self._file.seek(0)
        except BaseException as exc:
            self._file.close()
            if isinstance(exc, TimeoutError):
                raise self._complaint(progress, unreached) from exc
            if isinstance(exc, httpx.TransportError) and self._response is not None:
                raise self._broken_off(exc) from exc
            raise
        finally:
            progress.stop()
        return self._file, self._digest.hexdigest()

    async def take(self, response: httpx.Response) -> None:
        """Keep what an answer holds. Its status has been looked at."""
        largest = self._limits.largest_bytes
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > largest:
            raise AudioError(
                f"{self._told} has {declared} bytes, over {largest}", "AUDIO_TOO_LARGE"
            )
        self._response = response
        size = 0
        # Raw: nothing is unpacked, so nothing grows.
        async for piece in response.aiter_raw(_PIECE_BYTES):
            size += len(piece)
            if size > largest:
                raise AudioError(f"{self._told} is larger than {largest} bytes", "AUDIO_TOO_LARGE")
            self._digest.update(piece)
            try:
                await asyncio.to_thread(self._file.write, piece)
            except OSError as exc:
                raise unwritable_spool(self._folder, exc) from exc

    def _complaint(
        self, progress: _Progress, unreached: Callable[[], SourceUnavailable]
    ) -> SourceUnavailable:
        """Why it took too long."""
        limits = self._limits
        if progress.too_long:
            return SourceTooSlow(f"{self._told} took over {limits.total_seconds:g} s")
        if not self.size:
            return unreached()
        return SourceTooSlow(
            f"{self._told} gives less than {limits.least_bytes_per_second} bytes a second"
        )

    def _broken_off(self, failure: httpx.TransportError) -> SourceUnavailable:
        # Whoever asked hears why, guests too: the host has answered them before.
        assert self._response is not None  # noqa: S101  # for mypy
        declared = self._response.headers.get("content-length", "")
        of = f" of {declared}" if declared.isdecimal() else ""
        why = str(failure) or type(failure).__name__
        return SourceUnavailable(f"{self._told} broke off after {self.size}{of} bytes: {why}")


def transfer_client(**more: Any) -> httpx.AsyncClient:
    """A client for transfers, with ``more`` arguments of its own: their watch is its only limit."""
    headers = {"Accept-Encoding": "identity"}
    return httpx.AsyncClient(timeout=None, headers=headers, **more)  # noqa: S113


class _Progress:
    """Looks now and then whether enough of a transfer has arrived."""

    def __init__(self, transfer: Transfer, limits: DownloadLimits) -> None:
        self.too_long = False
        self._transfer = transfer
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._ends = self._loop.time() + limits.total_seconds
        self._stretch_bytes = limits.least_bytes_per_second * limits.stretch_seconds
        # The first stretch has the way to the first bytes in it.
        self._wanted = self._stretch_bytes / 4
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, patience: asyncio.Timeout) -> None:
        """End ``patience`` when a stretch brings too little, or the whole takes too long."""
        left = max(self._ends - self._loop.time(), 0.0)
        seconds = min(self._limits.stretch_seconds, left)
        self._timer = self._loop.call_later(seconds, self._look, patience)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, patience: asyncio.Timeout) -> None:
        self.too_long = self._loop.time() >= self._ends
        size = self._transfer.size
        if self.too_long or size < self._wanted:
            patience.reschedule(self._loop.time())
            return
        self._wanted = size + self._stretch_bytes
        self.watch(patience)
