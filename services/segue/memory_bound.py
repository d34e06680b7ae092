"""A bound on the memory of this process while it reads what may be hostile.

A file of some kilobytes can unfold to any size, in ways that its headers do not tell. The kernel
refuses what is too much, whoever asks for it.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def memory_bound(most_bytes: int) -> Iterator[None]:
    """Let this process take so many bytes more than it has, until the block ends.

    Beyond, whatever asks for memory fails: Python with ``MemoryError``. It holds for all threads,
    so none that has to go on should do much meanwhile. Where the system does not say what the
    process has, or it is bound to less already, nothing is changed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    has = _data_bytes()
    limit = (has or 0) + most_bytes
    if has is None or (soft != resource.RLIM_INFINITY and soft <= limit):
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int | None:
    """Bytes that count against the limit: mappings that are private and may be written."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == "VmData":
            return int(value.split()[0]) * 1024
    return None
