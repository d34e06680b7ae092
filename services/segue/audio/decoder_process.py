"""Analysis in a process of its own, which a malformed file may kill without harm to its caller."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from segue.audio.analysis import analyse
from segue.audio.chunking import ChunkBatch
from segue.audio.decoding import AudioLimits
from segue.audio.front_end import FrontEnd
from segue.errors import AudioError, SegueError

BATCH_SECONDS = 120.0
"""Longest wait for the next batch of chunks: decoding takes a hundredth of the audio's length."""

Analyse: TypeAlias = Callable[[Path, FrontEnd, AudioLimits], Iterator[ChunkBatch]]

Made = TypeVar("Made")

_STARTING_OR_ENDING = threading.Lock()
"""``multiprocessing`` reaps ended children wherever it starts one: not while another thread waits
for the end of its own."""


def analysed(path: Path, front: FrontEnd, limits: AudioLimits) -> Iterator[ChunkBatch]:
    """Chunks of a whole file; raises as ``analyse`` does."""
    return analyse(path, front, limits=limits)


class DecoderProcess:
    """Analyses one file after the other in a child, which is replaced when a file kills it.

    Not to be shared between threads.

    Parameters
    ----------
    analyse
        What ``chunks`` runs in the child; it must be importable there.
    batch_seconds
        Longest wait for the next batch, or for the next result of other work.
    """

    def __init__(
        self, *, analyse: Analyse = analysed, batch_seconds: float = BATCH_SECONDS
    ) -> None:
        self._analyse = analyse
        self._batch_seconds = batch_seconds
        self._child: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def chunks(self, path: Path, front: FrontEnd, limits: AudioLimits) -> Iterator[ChunkBatch]:
        """Batches of a file's chunks, made while they are taken.

        Raises
        ------
        AudioError
            As ``analyse``; ``AUDIO_DECODER_CRASHED`` when the file kills its decoder,
            ``AUDIO_DECODER_TIMEOUT`` when that makes no progress.
        SourceError
            When the path names no readable file.
        """
        return self.results(self._analyse, path, front, limits)

    def results(self, work: Callable[..., Iterable[Made]], *arguments: Any) -> Iterator[Made]:
        """What ``work(*arguments)`` yields in the child, made while it is taken.

        Parameters
        ----------
        work
            Decodes one file and yields what it makes of it, never None. It and its arguments are
            pickled, and it must be importable in the child.

        Raises
        ------
        SegueError
            As ``work``; ``AUDIO_DECODER_CRASHED`` when it ends the child, or raises anything else,
            ``AUDIO_DECODER_TIMEOUT`` when it makes no progress.
        """
        connection = self._connection or self._start()
        whole = False
        try:
            connection.send((work, arguments))
            while (told := self._next(connection)) is not None:
                if isinstance(told, Exception):
                    whole = True
                    raise told
                yield told
            whole = True
        except (EOFError, ConnectionError) as exc:
            raise AudioError("the decoder crashed", "AUDIO_DECODER_CRASHED") from exc
        finally:
            if not whole:  # dead, stuck, or about to tell more of a file that nobody wants now
                self.close()

    def close(self) -> None:
        """End the child; the next file gets another one."""
        child, self._child = self._child, None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if child is not None:
            with _STARTING_OR_ENDING:
                child.kill()
                child.join()
                child.close()

    def _start(self) -> Connection:
        # gRPC does not survive a fork, so the child starts afresh.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._child = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _STARTING_OR_ENDING:
            self._child.start()
        theirs.close()
        self._connection = ours
        return ours

    def _next(self, connection: Connection) -> Any:
        if not connection.poll(self._batch_seconds):
            raise AudioError(
                f"decoding made no progress for {self._batch_seconds:g} s", "AUDIO_DECODER_TIMEOUT"
            )
        return connection.recv()


def _serve(connection: Connection) -> None:
    """Do what is asked for until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            work, arguments = connection.recv()
            try:
                for made in work(*arguments):
                    connection.send(made)
                connection.send(None)
            except SegueError as exc:
                connection.send(exc)
        except (EOFError, ConnectionError):
            os._exit(0)
