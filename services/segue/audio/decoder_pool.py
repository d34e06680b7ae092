"""Several decoder processes, for work that yields one result per file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

from segue.audio.decoder_process import DecoderProcess

Made = TypeVar("Made")


class DecoderPool:
    """Decodes some files at the same time; a file that kills or hangs its process fails alone.

    A context manager, to be used from any thread. Processes are started when they are needed.

    Parameters
    ----------
    size
        Files that are decoded at the same time, at least 1.
    """

    def __init__(self, size: int) -> None:
        self._decoders = [DecoderProcess() for _ in range(size)]
        self._idle: SimpleQueue[DecoderProcess] = SimpleQueue()
        for decoder in self._decoders:
            self._idle.put(decoder)
        # One thread waits for each process, so none ever waits for an idle one.
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="decoder")

    def __enter__(self) -> DecoderPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def submit(
        self, work: Callable[..., Made], *arguments: Any, timeout_seconds: float
    ) -> Future[Made]:
        """Have ``work(*arguments)`` done in one of the processes.

        Parameters
        ----------
        work
            Decodes one file and gives what it makes of it, not None. It and its arguments are
            pickled, and it must be importable in the process.
        timeout_seconds
            Most time that it may take, from when a process is free for it.

        Returns
        -------
        Future
            The result, or what ``DecoderProcess.results`` raises. Cancelled before a process was
            free, it costs nothing.
        """
        return self._threads.submit(self._run, timeout_seconds, work, arguments)

    def close(self) -> None:
        """End the processes; what is being decoded fails."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for decoder in self._decoders:
            decoder.kill()
        self._threads.shutdown()
        for decoder in self._decoders:
            decoder.close()

    def _run(
        self, timeout_seconds: float, work: Callable[..., Made], arguments: tuple[Any, ...]
    ) -> Made:
        made: Made
        decoder = self._idle.get()
        try:
            (made,) = decoder.results(_once, work, arguments, wait_seconds=timeout_seconds)
        finally:
            self._idle.put(decoder)
        return made


def _once(work: Callable[..., Made], arguments: tuple[Any, ...]) -> Iterator[Made]:
    yield work(*arguments)
