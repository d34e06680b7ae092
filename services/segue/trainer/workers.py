"""Pools of processes that work on audio, each on one thread, and how work on a file fails."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from segue.errors import SegueError

Made = TypeVar("Made")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def one_thread_each(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Pool of ``jobs`` fresh processes that compute on one thread each.

    NumPy asks for its number of threads when it is loaded, and that is before a process can run an
    initialiser from a module that imports it: the number must stand in the environment that the
    processes inherit.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=context) as workers:
            yield workers
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def attempt(work: Callable[[], Made]) -> Made | str:
    """What ``work`` on an audio file makes, or why it makes nothing: ``REASON: sentence``."""
    try:
        return work()
    except SegueError as error:
        return f"{error.reason}: {error}"
    except Exception as error:  # decoders of damaged files fail in ways they do not declare
        return f"AUDIO_UNDECODABLE: {type(error).__name__}: {error}"


def attempt_alone(work: Callable[[], Made], crashed: str) -> Made | str:
    """Like ``attempt``, in a process of its own; ``crashed`` when the work ends that process."""
    with one_thread_each(1) as worker:
        try:
            return worker.submit(attempt, work).result()
        except BrokenProcessPool:
            return crashed
