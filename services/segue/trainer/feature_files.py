"""The files of a feature store: frames of all tracks in one, a line for each track in another.

A store grows and never shrinks. Frames are appended to one file, then a line for each track to the
other; so a run that is killed loses the last few tracks, and whoever reads is not disturbed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.float16]
"""Shape (frames, bands), dB: time first, so that a passage is one piece of the file."""

ANALYSIS = "analysis.json"
FRAMES = "features.f16"
LISTING = "features.jsonl"

Key: TypeAlias = tuple[str, int, int]
"""Track id, size in bytes and time of change (ns) of its file."""


def file_key(track_id: str, path: Path) -> Key:
    """What changes when the file of a track does; zeros stand for a file that is not found."""
    try:
        status = path.stat()
    except OSError:
        return track_id, 0, 0
    return track_id, status.st_size, status.st_mtime_ns


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold ``folder``, which is made, against other processes; wait for the one that holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class FeatureFiles:
    """The files of a store in a folder that is locked.

    A line of the listing counts when it is whole and its frames are there. What follows the last
    such line in either file is the rest of a run that was killed, and is cut off.

    Parameters
    ----------
    settings
        What frames depend on besides the tracks. Where the folder holds frames that were made
        otherwise, it starts empty.
    bands
        Length of a frame.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], bands: int) -> None:
        self._frames_path, self._listing_path = folder / FRAMES, folder / LISTING
        self._bands = bands
        self._entries: dict[Key, dict[str, Any]] = {}
        self._end = 0
        self._waiting_frames: list[bytes] = []
        self._waiting_lines: list[bytes] = []
        wanted = json.dumps(settings, indent=2)
        if not (folder / ANALYSIS).is_file() or (folder / ANALYSIS).read_text() != wanted:
            for path in (self._listing_path, self._frames_path):
                path.unlink(missing_ok=True)
            (folder / ANALYSIS).write_text(wanted)
        self._read()

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def failure(self, key: Key) -> str | None:
        """Why there are no frames of a track, as ``REASON: sentence``; None when there are."""
        reason: str | None = self._entries[key].get("failure")
        return reason

    def place(self, key: Key) -> tuple[int, int]:
        """First frame of a track, and how many it has."""
        return self._entries[key]["start"], self._entries[key]["frames"]

    def append(self, key: Key, outcome: Frames | str) -> None:
        """Take up the frames of a track, or why it has none; ``flush`` writes them."""
        entry: dict[str, Any] = dict(zip(("track_id", "bytes", "changed_ns"), key, strict=True))
        if isinstance(outcome, str):
            entry["failure"] = outcome
        else:
            entry |= {"start": self._end, "frames": len(outcome)}
            self._waiting_frames.append(outcome.tobytes())
            self._end += len(outcome)
        self._entries[key] = entry
        self._waiting_lines.append(json.dumps(entry).encode() + b"\n")

    def flush(self) -> None:
        """Write what waits: frames first, so that no line is without its frames."""
        for path, pieces in (
            (self._frames_path, self._waiting_frames),
            (self._listing_path, self._waiting_lines),
        ):
            with path.open("ab") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            pieces.clear()

    def frames(self) -> Frames:
        """All frames that were flushed, memory-mapped, shape (frames, bands)."""
        shape = (self._end, self._bands)
        if not self._end:
            return np.empty(shape, np.float16)
        return np.memmap(self._frames_path, np.float16, "r", shape=shape)

    def _read(self) -> None:
        for path in (self._frames_path, self._listing_path):
            path.touch()
        there = self._frames_path.stat().st_size // (2 * self._bands)
        length = 0
        for line in self._listing_path.read_bytes().splitlines(keepends=True):
            try:
                entry = json.loads(line)
                end = self._end + entry.get("frames", 0)
                if not line.endswith(b"\n") or end > there:
                    break
                self._entries[entry["track_id"], entry["bytes"], entry["changed_ns"]] = entry
            except (ValueError, KeyError, TypeError, AttributeError):
                break
            self._end = end
            length += len(line)
        os.truncate(self._listing_path, length)
        os.truncate(self._frames_path, self._end * 2 * self._bands)
