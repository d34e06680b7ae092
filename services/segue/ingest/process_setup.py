"""Bounds and habits of a worker process, set in the process itself."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
import socket
import stat
import sys
from pathlib import Path

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1

# Parameters of glibc's mallopt, from malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_KEPT_BYTES = 32 * 1024 * 1024


def limit_memory(megabytes: int) -> None:
    """Let this process take at most so much more private memory than it has now.

    An allocation beyond that fails: Python raises ``MemoryError``, native code fails or aborts.
    Either way only the running attempt ends. The limit is on private writable pages, because the
    address space as such holds large reservations that are never used.
    """
    if not sys.platform.startswith("linux"):
        log.warning("memory is not limited on %s", sys.platform)
        return
    allowed = _data_bytes() + megabytes * 1024 * 1024
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    if most != resource.RLIM_INFINITY:
        allowed = min(allowed, most)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, most))


def die_with_parent() -> None:
    """Have this process killed when its parent dies, so that none works on unsupervised.

    The parent enforces the time limit and keeps the leases.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def release_connections() -> None:
    """Let go of the network connections that this process inherited when it was forked.

    A socket that its parent closes stays open for as long as a child holds it. The parent's event
    loop then hears of it for ever, and no longer notices that its queue went away. The descriptors
    are pointed elsewhere rather than closed, because objects that own them may close them later.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        for path in list(Path("/dev/fd").iterdir()):
            descriptor = int(path.name)
            try:
                if stat.S_ISSOCK(os.fstat(descriptor).st_mode) and _leads_away(descriptor):
                    os.dup2(nowhere, descriptor, inheritable=False)
            except OSError:
                continue  # closed meanwhile, as the one that listed the folder was
    finally:
        os.close(nowhere)


def keep_freed_memory() -> None:
    """Let this process use the memory of one block of audio again for the next.

    By default glibc maps every large array anew and gives it back when it is freed, so each block
    costs a page fault for every 4 KiB: about a tenth of a track's CPU time. What stays is one heap
    with at most 32 MiB free at its end. Other C libraries have their own ways and are left alone.
    """
    library = ctypes.CDLL(None)
    if not sys.platform.startswith("linux") or not hasattr(library, "gnu_get_libc_version"):
        return
    library.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
    library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    # Threads that each have their own heap would each keep as much.
    library.mallopt(_M_ARENA_MAX, 1)


def give_back_freed_memory() -> None:
    """Give back what :func:`keep_freed_memory` kept: for a process that has nothing to do now."""
    library = ctypes.CDLL(None)
    if sys.platform.startswith("linux") and hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


def _leads_away(descriptor: int) -> bool:
    """Whether a socket is of a network or of a server; pairs of this process have no name."""
    borrowed = socket.socket(fileno=descriptor)
    try:
        if borrowed.family == socket.AF_UNIX:
            return bool(borrowed.getsockname() or borrowed.getpeername())
        return borrowed.family in (socket.AF_INET, socket.AF_INET6)
    finally:
        borrowed.detach()


def _data_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
