"""Decoding in a process of its own, which a malformed file may kill without harm to its caller."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from segue.audio.analysis import analyse
from segue.audio.chunking import ChunkBatch
from segue.audio.decoding import AudioLimits
from segue.audio.front_end import FrontEnd
from segue.errors import AudioError, SegueError

WAIT_SECONDS = 120.0
"""Longest wait for the next result: decoding takes a hundredth of the audio's length."""

_START_SECONDS = 120.0
"""Longest wait for a fresh child, which loads its libraries first."""

Made = TypeVar("Made")

_STARTING_OR_ENDING = threading.RLock()
"""``multiprocessing`` reaps ended children wherever it starts one: not while another thread waits
for the end of its own."""


def chunks_of_file(path: Path, front: FrontEnd, limits: AudioLimits) -> Iterator[ChunkBatch]:
    """Chunks of a whole file; raises as ``analyse`` does."""
    return analyse(path, front, limits=limits)


class DecoderProcess:
    """Decodes one file after the other in a child, which is replaced when a file kills it.

    Not to be shared between threads, but for :meth:`kill`. The child ends with its parent, however
    that ends.
    """

    def __init__(self) -> None:
        self._child: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._killed = False

    def results(
        self,
        work: Callable[..., Iterable[Made]],
        *arguments: Any,
        wait_seconds: float = WAIT_SECONDS,
    ) -> Iterator[Made]:
        """What ``work(*arguments)`` yields in the child, made while it is taken.

        Parameters
        ----------
        work
            Decodes one file and yields what it makes of it, never None. It and its arguments are
            pickled, and it must be importable in the child.
        wait_seconds
            Longest wait for each result.

        Raises
        ------
        SegueError
            As ``work``; ``AUDIO_DECODER_CRASHED`` when it ends the child, or raises anything else,
            ``AUDIO_DECODER_TIMEOUT`` when it makes no progress.
        """
        whole = False
        try:
            connection = self._connection or self._start()
            _send(connection, (work, arguments))
            while (told := _next(connection, wait_seconds)) is not None:
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

    def kill(self) -> None:
        """End the child for good, from any thread: whoever waits for a result gets an error."""
        with _STARTING_OR_ENDING:
            self._killed = True
            if self._child is not None:
                self._child.kill()

    def close(self) -> None:
        """End the child; the next file gets another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        with _STARTING_OR_ENDING:
            child, self._child = self._child, None
            if child is not None:
                child.kill()
                child.join()
                child.close()

    def _start(self) -> Connection:
        # gRPC does not survive a fork, so the child starts afresh.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._connection = ours
        with _STARTING_OR_ENDING, theirs:
            if self._killed:
                raise EOFError
            self._child = context.Process(target=_serve, args=(theirs,), daemon=True)
            self._child.start()
        _next(ours, _START_SECONDS)
        return ours


def _next(connection: Connection, seconds: float) -> Any:
    if not connection.poll(seconds):
        raise AudioError(f"decoding made no progress for {seconds:g} s", "AUDIO_DECODER_TIMEOUT")
    return connection.recv()


def _send(connection: Connection, told: Any) -> None:
    """Send what may hold large buffers, which are written as they lie in memory."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(told, protocol=5, buffer_callback=buffers.append)
    connection.send((pickled, len(buffers)))
    for buffer in buffers:
        connection.send_bytes(buffer.raw())


def _received(connection: Connection) -> Any:
    """What :func:`_send` sent."""
    pickled, count = connection.recv()
    # From a process that this one started, or was started by.
    return pickle.loads(  # noqa: S301
        pickled, buffers=[connection.recv_bytes() for _ in range(count)]
    )


def _serve(connection: Connection) -> None:
    """Do what is asked for until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One that hangs in a decoder would not notice otherwise.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        connection.send("ready")
        while True:
            work, arguments = _received(connection)
            try:
                for made in work(*arguments):
                    connection.send(made)
                connection.send(None)
            except SegueError as exc:
                connection.send(exc)
    except (EOFError, ConnectionError):
        os._exit(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
