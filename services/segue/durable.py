"""Writing to the disk itself: what was synced survives a loss of power."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Write one file, or the entries of one folder, to the disk.

    Raises
    ------
    OSError
        When that fails.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
