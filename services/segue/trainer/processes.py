"""Child processes of the trainer: each computes on one thread, and a file can kill only its own."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TypeVar

from segue.audio.decoder_pool import DecoderPool
from segue.errors import SegueError

File = TypeVar("File")
Made = TypeVar("Made")

_FILE_SECONDS = 1_800.0
"""Longest wait for one file: hours of audio go through several analyses and effects."""

_WAITING_PER_JOB = 4
"""Files in flight for each process: results of a large set must not pile up in memory."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let the processes that are started meanwhile compute on one thread each.

    NumPy asks for its number of threads when it is loaded, and that is before a process can run
    anything from a module that imports it: the number must be in the environment that the
    process inherits.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def decode_each(
    work: Callable[[File], Made], files: Sequence[File], jobs: int
) -> Iterator[Made | str]:
    """What ``work`` makes of each audio file, or why it makes nothing, in the order given.

    The reason has the form ``REASON: sentence``. A file that ends the process that decodes it, or
    keeps it for too long, fails alone: the process is replaced.

    Parameters
    ----------
    work
        Runs in ``jobs`` child processes, where it must be importable. It makes no text.
    files
        What ``work`` is given, one after the other.
    """

    def outcome(future: Future[Made | str]) -> Made | str:
        try:
            return future.result()
        except SegueError as error:
            return _reason(error)

    jobs = max(1, min(jobs, len(files)))
    with one_thread_each(), DecoderPool(jobs) as pool:
        coming = iter(files)
        waiting: deque[Future[Made | str]] = deque()

        def submit(number: int) -> None:
            for file in islice(coming, number):
                future = pool.submit(_attempted, work, file, timeout_seconds=_FILE_SECONDS)
                waiting.append(future)

        submit(jobs * _WAITING_PER_JOB)
        while waiting:
            yield outcome(waiting.popleft())
            submit(1)


def attempt(work: Callable[[], Made]) -> Made | str:
    """What ``work`` on an audio file makes, or why it makes nothing: ``REASON: sentence``."""
    try:
        return work()
    except SegueError as error:
        return _reason(error)
    except Exception as error:  # decoders of damaged files fail in ways they do not declare
        return f"AUDIO_UNDECODABLE: {type(error).__name__}: {error}"


def _attempted(work: Callable[[File], Made], file: File) -> Made | str:
    return attempt(partial(work, file))


def _reason(error: SegueError) -> str:
    return f"{error.reason}: {error}"
