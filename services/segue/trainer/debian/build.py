"""Making the corpus: fetch, unpack, leave copies out, split, write down."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.errors import InvalidRequest
from segue.trainer.data.manifest import MANIFEST
from segue.trainer.debian.apt import fetch, release_of, require_apt
from segue.trainer.debian.disk import full_disk_named, sha256_of, write_text
from segue.trainer.debian.duplicates import (
    FingerprintStore,
    audio_below,
    without_copies,
    without_same_files,
)
from segue.trainer.debian.fingerprint import Fingerprint
from segue.trainer.debian.package_table import package_table
from segue.trainer.debian.packages import PackageList, Release, differences, write_lock
from segue.trainer.debian.placing import Placed, place, place_sounds
from segue.trainer.debian.unpacking import LeftOut, Recording, unpack

DEVELOPMENT = "development.jsonl"
SOUNDS = "sounds.jsonl"
LEFT_OUT = "left-out.csv"
TABLE = "packages.md"
USED = "packages.lock.json"

_FINGERPRINTS = "fingerprints-1"
"""The number changes with what a fingerprint is."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was made.

    Attributes
    ----------
    sounds
        What is no music, to train on and to choose weights by.
    differences
        A sentence for each package that is not the one of the lock.
    """

    placed: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]
    sounds: tuple[Placed, ...]
    differences: tuple[str, ...]


def make_corpus(
    folder: Path,
    listed: PackageList,
    locked: dict[str, Release],
    *,
    without: Sequence[Path] = (),
    jobs: int = 1,
    apt_options: Sequence[str] = (),
    progress: Progress | None = None,
) -> Corpus:
    """Make the corpus in ``folder``, or go on where an earlier call stopped.

    Parameters
    ----------
    locked
        The releases that are expected.
    without
        Folders of music that no recording may be a copy of.
    jobs
        Processes that decode.
    apt_options
        Settings for apt-get.

    Raises
    ------
    DependencyMissing
        When ``apt-get`` or ``dpkg-deb`` is missing.
    PackageNotFound, PackageNotFetched, PackageDamaged
        When a package cannot be had.
    DiskFull
        When there is no space left.
    InvalidRequest
        ``TRAINING_DATA_EMPTY`` for a folder without music in ``without``.
    """
    require_apt()
    report = progress or (lambda *_: None)
    others = _other_music(without)
    with full_disk_named():
        folder.mkdir(parents=True, exist_ok=True)
    releases: dict[str, Release] = {}
    recordings: list[Recording] = []
    left_out: list[LeftOut] = []
    sounds: list[Recording] = []
    for number, package in enumerate(listed.packages):
        report(f"package {package.name}", number, len(listed.packages))
        deb = fetch(package.name, folder / "debs", apt_options)
        releases[package.name] = release_of(deb)
        state = folder / "packages" / f"{package.name}.json"
        unpacked = unpack(
            deb, releases[package.name], package, folder / "audio", folder / "sounds", state
        )
        recordings += unpacked.recordings
        left_out += unpacked.left_out
        sounds += unpacked.sounds
    kept, dropped = without_same_files(recordings)
    left_out += dropped
    kept, dropped = _without_copies(folder, kept, others, jobs, report)
    left_out += dropped
    placed, dropped = place(kept, listed, left_out)
    left_out += dropped
    made = Corpus(
        tuple(placed),
        tuple(left_out),
        tuple(place_sounds(sounds, placed, listed, left_out)),
        tuple(differences(locked, releases)),
    )
    _write(folder, made, listed, releases)
    return made


def _other_music(folders: Sequence[Path]) -> list[Path]:
    for folder in folders:
        if not audio_below([folder]):
            raise InvalidRequest(
                f"no audio in {folder}",
                reason="TRAINING_DATA_EMPTY",
                next_step="Name a folder of the music that the corpus must not hold.",
            )
    return audio_below(folders)


def _without_copies(
    folder: Path,
    recordings: Sequence[Recording],
    others: Sequence[Path],
    jobs: int,
    report: Progress,
) -> tuple[list[Recording], list[LeftOut]]:
    files = [(folder / "audio" / item.track_id, item.sha256) for item in recordings]
    files += [(path, sha256_of(path)) for path in others]
    store = FingerprintStore(folder / _FINGERPRINTS)
    found = store.of(
        files, jobs=jobs, progress=lambda done: report("fingerprints", done, len(files))
    )
    readable: list[Recording] = []
    prints: list[Fingerprint] = []
    left_out = []
    for recording, codes in zip(recordings, found, strict=False):
        if isinstance(codes, str):
            reason, _, sentence = codes.partition(": ")
            left_out.append(LeftOut(recording.package, recording.path, reason, sentence))
        else:
            readable.append(recording)
            prints.append(codes)
    other_prints = []
    for path, codes in zip(others, found[len(recordings) :], strict=True):
        if isinstance(codes, str):
            raise InvalidRequest(
                f"{path} cannot be compared with the corpus: {codes}",
                reason="AUDIO_UNDECODABLE",
                next_step="Remove it from the folder, or export it again.",
            )
        other_prints.append((path, codes))
    kept, dropped = without_copies(readable, prints, other_prints)
    return kept, left_out + dropped


def _write(folder: Path, made: Corpus, listed: PackageList, releases: dict[str, Release]) -> None:
    write_lock(folder / USED, releases)
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["package", "path", "reason", "detail"])
    rows.writerows([item.package, item.path, item.reason, item.detail] for item in made.left_out)
    write_text(folder / LEFT_OUT, table.getvalue())
    write_text(
        folder / TABLE, package_table(made.placed, made.sounds, listed, releases, made.differences)
    )
    for name, wanted in ((DEVELOPMENT, True), (MANIFEST, False)):
        lines = [item.to_json() for item in made.placed if (item.split is None) is wanted]
        write_text(folder / name, "".join(f"{line}\n" for line in lines))
    lines = [sound.to_sound_json() for sound in made.sounds]
    write_text(folder / SOUNDS, "".join(f"{line}\n" for line in lines))
