"""What decides whether material that was made of an audio file still fits it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from segue.audio.front_end import FrontEnd

_OF_CHUNKS = ("chunk_frames", "chunk_hop_frames")
"""Fields of a front end that say how frames are used, not how they are made."""


def file_stamp(path: Path) -> tuple[int, int]:
    """Size in bytes and time of change (ns) of a file; zeros when it cannot be found."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def analysis_fields(front: FrontEnd) -> dict[str, float]:
    """All fields of a front end that decide a log-mel: how it is cut into chunks does not."""
    return {name: value for name, value in asdict(front).items() if name not in _OF_CHUNKS}
