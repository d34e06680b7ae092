"""Pools of processes that work on audio, each on one thread."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

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
