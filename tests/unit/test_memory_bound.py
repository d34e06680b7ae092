"""What is too much is refused, within the block alone."""

from __future__ import annotations

import resource

import pytest

from segue.memory_bound import memory_bound

MEGABYTE = 1024 * 1024


def test_what_is_over_the_bound_is_refused() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with memory_bound(128 * MEGABYTE):
        assert len(bytearray(16 * MEGABYTE)) == 16 * MEGABYTE
        with pytest.raises(MemoryError):
            bytearray(512 * MEGABYTE)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert len(bytearray(512 * MEGABYTE)) == 512 * MEGABYTE


def test_a_tighter_bound_stays() -> None:
    with memory_bound(128 * MEGABYTE):
        tight = resource.getrlimit(resource.RLIMIT_DATA)
        with memory_bound(4_096 * MEGABYTE):
            assert resource.getrlimit(resource.RLIMIT_DATA) == tight
