"""Log-mel features of a training set: computed once, in parallel, read from a memory map.

A store grows and never shrinks. Frames are appended to one file, then a line for each track to
another; so a run that is killed loses the last few tracks, and a store serves every model of the
same analysis and every data set that names it.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import LogMelStream
from segue.trainer.data import TrainingTrack
from segue.trainer.processes import decode_each
from segue.trainer.provenance import analysis_fields, file_stamp

Frames = npt.NDArray[np.float16]
"""Shape (frames, bands), dB: time first, so that a chunk is one piece of the file."""

ANALYSIS = "analysis.json"
FRAMES = "features.f16"
LISTING = "features.jsonl"
FAILURES = "failures.csv"

_CHECKPOINT_TRACKS = 32

_Key: TypeAlias = tuple[str, int, int]
"""Track id, size in bytes and time of change of its file."""


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """The features of many tracks.

    Attributes
    ----------
    frames
        Shape (all frames, bands), float16 dB, memory-mapped.
    tracks
        The tracks that could be analysed and last at least one chunk.
    starts, counts
        Shape (tracks,): track i is ``frames[starts[i]:starts[i] + counts[i]]``.
    failures
        Ids of the tracks that are left out, with the reason.
    """

    frames: Frames
    tracks: tuple[TrainingTrack, ...]
    starts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    failures: tuple[tuple[str, str], ...]

    def lengths(self) -> npt.NDArray[np.int64]:
        """Frames of each track, shape (tracks,)."""
        return self.counts

    def chunk(self, track: int, first: int, frames: int) -> Frames:
        """``frames`` frames of a track from frame ``first``, shape (frames, bands)."""
        start = int(self.starts[track]) + first
        return self.frames[start : start + frames]


def store_folder(base: Path, front: FrontEnd) -> Path:
    """Folder in ``base`` of the store that all models of one analysis share.

    Chunk length and hop are left out of its name: they do not change a frame.
    """
    text = json.dumps(analysis_fields(front), sort_keys=True)
    return base / f"features-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def open_store(
    folder: Path,
    tracks: Sequence[TrainingTrack],
    front: FrontEnd,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> FeatureStore:
    """Open the store in ``folder``; bring it up to date first.

    What it holds already is kept: only new and changed tracks are analysed, or all of them when
    the store is of another analysis. Another process that updates it is waited for. Tracks that
    cannot be decoded, or are shorter than one chunk, are left out and listed in ``failures.csv``.

    Parameters
    ----------
    jobs
        Processes that analyse.
    progress
        Called with the numbers of tracks that are there and that failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        book = _Book.open(folder, front)
        keys: list[_Key] = [(track.track_id, *file_stamp(track.path)) for track in tracks]
        new = [(track, key) for track, key in zip(tracks, keys, strict=True) if key not in book]
        good = sum(key in book and book.reason(key) is None for key in keys)
        bad = len(tracks) - len(new) - good
        if progress is not None:
            progress(good, bad)
        paths = [track.path for track, _ in new]
        outcomes = decode_each(partial(analyse_track, front=front), paths, jobs)
        for number, outcome in enumerate(outcomes, start=1):
            book.write(new[number - 1][1], outcome)
            good, bad = good + (not isinstance(outcome, str)), bad + isinstance(outcome, str)
            if number % _CHECKPOINT_TRACKS == 0 or number == len(new):
                book.flush()
            if progress is not None:
                progress(good, bad)
        store = book.select(tracks, keys, front.chunk_frames)
        _write_failures(folder / FAILURES, tracks, store.failures)
        return store


def analyse_track(path: Path, front: FrontEnd) -> Frames:
    """Log-mel frames of a whole file, by the front end that serves.

    Raises
    ------
    AudioError, SourceError
        As ``decode_stream``.
    """
    stream = LogMelStream(front)
    pieces = [stream.push(block) for block in decode_stream(path, front.rate_hz)]
    pieces.append(stream.finish())
    return np.concatenate(pieces, axis=1).T.astype(np.float16)


class _Book:
    """The files of a store while it is open for writing.

    A line counts when it is whole and its frames are there; what follows the last such line in
    either file is the rest of a run that was killed, and is cut off.
    """

    def __init__(self, folder: Path, bands: int) -> None:
        self._frames_path, self._listing_path = folder / FRAMES, folder / LISTING
        self._bands = bands
        self._lines: dict[_Key, dict[str, Any]] = {}
        self._end = 0
        self._frames: list[bytes] = []
        self._listing: list[bytes] = []

    @classmethod
    def open(cls, folder: Path, front: FrontEnd) -> _Book:
        book = cls(folder, front.bands)
        analysis = folder / ANALYSIS
        wanted = json.dumps(analysis_fields(front), indent=2)
        if not analysis.is_file() or analysis.read_text() != wanted:
            book._frames_path.write_bytes(b"")
            book._listing_path.write_bytes(b"")
            analysis.write_text(wanted)
        book._recover()
        return book

    def _recover(self) -> None:
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
                self._lines[entry["track_id"], entry["bytes"], entry["changed_ns"]] = entry
            except (ValueError, KeyError, TypeError, AttributeError):
                break
            self._end = end
            length += len(line)
        os.truncate(self._listing_path, length)
        os.truncate(self._frames_path, self._end * 2 * self._bands)

    def __contains__(self, key: _Key) -> bool:
        return key in self._lines

    def reason(self, key: _Key) -> str | None:
        """Why a track failed, or None."""
        reason: str | None = self._lines[key].get("failure")
        return reason

    def write(self, key: _Key, outcome: Frames | str) -> None:
        entry: dict[str, Any] = dict(zip(("track_id", "bytes", "changed_ns"), key, strict=True))
        if isinstance(outcome, str):
            entry["failure"] = outcome
        else:
            entry |= {"start": self._end, "frames": len(outcome)}
            self._frames.append(outcome.tobytes())
            self._end += len(outcome)
        self._lines[key] = entry
        self._listing.append(json.dumps(entry).encode() + b"\n")

    def flush(self) -> None:
        """Write what waits: frames first, so that no line stands without its frames."""
        for path, pieces in (
            (self._frames_path, self._frames),
            (self._listing_path, self._listing),
        ):
            with path.open("ab") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            pieces.clear()

    def select(
        self, tracks: Sequence[TrainingTrack], keys: Sequence[_Key], chunk_frames: int
    ) -> FeatureStore:
        """Give the store as these tracks see it, in their order."""
        chosen, places, failures = [], [], []
        for track, key in zip(tracks, keys, strict=True):
            entry = self._lines[key]
            if "failure" in entry:
                failures.append((track.track_id, str(entry["failure"])))
            elif entry["frames"] < chunk_frames:
                failures.append((track.track_id, "AUDIO_TOO_SHORT: less than one chunk"))
            else:
                chosen.append(track)
                places.append((entry["start"], entry["frames"]))
        starts, counts = np.array(places, np.int64).reshape(-1, 2).T
        return FeatureStore(self._map(), tuple(chosen), starts, counts, tuple(failures))

    def _map(self) -> Frames:
        shape = (self._end, self._bands)
        if not self._end:
            return np.empty(shape, np.float16)
        return np.memmap(self._frames_path, np.float16, "r", shape=shape)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold ``folder`` against other processes; wait for the one that holds it."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_failures(
    path: Path, tracks: Sequence[TrainingTrack], failures: Sequence[tuple[str, str]]
) -> None:
    paths = {track.track_id: track.path for track in tracks}
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("track_id", "path", "reason", "message"))
        for track_id, failure in failures:
            reason, _, message = failure.partition(": ")
            table.writerow((track_id, paths[track_id], reason, message))
    partial.replace(path)
