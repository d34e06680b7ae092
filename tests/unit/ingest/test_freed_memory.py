"""A worker process keeps the memory of one block for the next, and gives it back when it rests."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

MEGABYTE = 1_000_000

BLOCKS = """
import psutil
from segue.ingest.process_setup import give_back_freed_memory, keep_freed_memory

def resident():
    return psutil.Process().memory_info().rss

keep_freed_memory()
before = resident()
blocks = [bytes(1_000_000) + b"x" for _ in range(24)]
used = resident()
del blocks
kept = resident()
give_back_freed_memory()
print(used - before, kept - before, resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep nothing")
def test_freed_memory_is_kept_until_it_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS], capture_output=True, text=True, timeout=60, check=True
    )
    used, kept, rest = map(int, done.stdout.split())
    assert used > 20 * MEGABYTE
    assert kept > 20 * MEGABYTE
    assert rest < 5 * MEGABYTE
