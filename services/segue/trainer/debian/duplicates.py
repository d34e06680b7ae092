"""Leaving out recordings that the corpus has already, or that other music must not meet there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from segue.audio.formats import AUDIO_SUFFIXES
from segue.trainer.debian.disk import full_disk_named
from segue.trainer.debian.fingerprint import Fingerprint, fingerprint
from segue.trainer.debian.near_copies import near_copies
from segue.trainer.debian.unpacking import LeftOut, Recording
from segue.trainer.processes import decode_each


def without_copies(
    recordings: Sequence[Recording],
    prints: Sequence[Fingerprint],
    others: Sequence[tuple[Path, Fingerprint]] = (),
) -> tuple[list[Recording], list[LeftOut]]:
    """Recordings of which each is the only copy, and those that are left out, in their order.

    Of several copies the longest stays, of equally long ones the first. What is a copy of other
    music never stays.

    Parameters
    ----------
    recordings, prints
        As many fingerprints as recordings.
    others
        Files that no recording may be a copy of.
    """
    count = len(recordings)
    shared: dict[int, list[tuple[int, float]]] = {}
    for copy in near_copies([*prints, *(codes for _, codes in others)]):
        shared.setdefault(copy.first, []).append((copy.second, copy.shared_seconds))
        shared.setdefault(copy.second, []).append((copy.first, copy.shared_seconds))
    by_length = sorted(range(count), key=lambda place: (-recordings[place].duration_seconds, place))
    kept: set[int] = set()
    left_out: dict[int, LeftOut] = {}
    for place in by_length:
        copies = shared.get(place, [])
        foreign = [(other, seconds) for other, seconds in copies if other >= count]
        known = [(other, seconds) for other, seconds in copies if other in kept]
        if foreign:
            other, seconds = foreign[0]
            left_out[place] = _left_out(
                recordings[place],
                "IN_OTHER_MUSIC",
                f"{seconds:.0f} s of {others[other - count][0]}",
            )
        elif known:
            other, seconds = known[0]
            left_out[place] = _left_out(
                recordings[place],
                "NEAR_COPY",
                f"{seconds:.0f} s of {recordings[other].track_id}",
                recordings[other].package,
            )
        else:
            kept.add(place)
    return (
        [recordings[place] for place in sorted(kept)],
        [left_out[place] for place in sorted(left_out)],
    )


def without_same_files(
    recordings: Sequence[Recording],
) -> tuple[list[Recording], list[LeftOut]]:
    """Recordings without those whose file has the same bytes as an earlier one."""
    seen: dict[str, Recording] = {}
    kept, left_out = [], []
    for recording in recordings:
        first = seen.setdefault(recording.sha256, recording)
        if first is recording:
            kept.append(recording)
        else:
            left_out.append(_left_out(recording, "SAME_FILE", first.track_id, first.package))
    return kept, left_out


def audio_below(folders: Sequence[Path]) -> list[Path]:
    """Audio files below the folders, sorted."""
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES and path.is_file()
    )


class FingerprintStore:
    """Fingerprints on disk, by the SHA-256 of the audio file: a run that was stopped goes on.

    Parameters
    ----------
    folder
        Holds them; made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(
        self,
        files: Sequence[tuple[Path, str]],
        *,
        jobs: int = 1,
        progress: Callable[[int], None] | None = None,
    ) -> list[Fingerprint | str]:
        """Fingerprints of files, or why there is none (``REASON: sentence``), in their order.

        Parameters
        ----------
        files
            Path and SHA-256 of each.
        jobs
            Processes that decode.
        progress
            Called with the number of files that are done.

        Raises
        ------
        DiskFull
            When there is no space for them.
        """
        known = {sha256: self._read(sha256) for _, sha256 in files}
        missing = {sha256: path for path, sha256 in files if known[sha256] is None}
        report = progress or (lambda _: None)
        report(len(files) - len(missing))
        outcomes = decode_each(fingerprint, list(missing.values()), jobs) if missing else ()
        made: dict[str, Fingerprint | str] = {}
        for sha256, outcome in zip(missing, outcomes, strict=True):
            if not isinstance(outcome, str):
                self._write(sha256, outcome)
            made[sha256] = outcome
            report(len(files) - len(missing) + len(made))
        found = []
        for _, sha256 in files:
            codes = known[sha256]
            found.append(made[sha256] if codes is None else codes)
        return found

    def _read(self, sha256: str) -> Fingerprint | None:
        try:
            codes: Fingerprint = np.load(self._path(sha256), allow_pickle=False)
        except (OSError, ValueError):
            return None
        return codes

    def _write(self, sha256: str, codes: Fingerprint) -> None:
        path = self._path(sha256)
        partial = path.with_name(f".{sha256}.npy")
        with full_disk_named():
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(partial, codes)
            partial.replace(path)

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.npy"


def _left_out(recording: Recording, reason: str, detail: str, copied_package: str = "") -> LeftOut:
    return LeftOut(recording.package, recording.path, reason, detail, copied_package)
