"""From a package file to its recordings: unpacked, told from sounds, and described."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any

from segue.audio.decoding import probe
from segue.audio.tags import read_composer, read_tags
from segue.errors import AudioError
from segue.trainer.debian.apt import visit_files
from segue.trainer.debian.copyright_file import CopyrightFile, Terms
from segue.trainer.debian.disk import write_file, write_text
from segue.trainer.debian.music_files import (
    SHORTEST_SECONDS,
    SHORTEST_SOUND_SECONDS,
    is_audio,
    kind_of,
)
from segue.trainer.debian.packages import Package, Release

UNKNOWN_LICENCE = "unknown"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of a package, of music or of what is none, and what is known of it.

    Attributes
    ----------
    path
        In the package.
    title, artist, composer
        Empty when unknown.
    licence
        Short name, as the package's copyright file has it.
    """

    package: str
    version: str
    path: str
    sha256: str
    title: str
    artist: str
    composer: str
    licence: str
    duration_seconds: float

    @property
    def track_id(self) -> str:
        """Package and path: the recording's name in the corpus."""
        return f"{self.package}/{self.path}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An audio file that the corpus does not take.

    Attributes
    ----------
    reason
        Stable: ``SOUND``, ``NEITHER``, ``SHORT``, ``SAME_FILE``, ``NEAR_COPY``,
        ``IN_OTHER_MUSIC``, ``DEVELOPMENT_ARTIST``, or that of the error which decoding it raised.
    detail
        For a person: how long it is, or what it is a copy of.
    copied_package
        The package that holds the other copy, where it is left out as one.
    """

    package: str
    path: str
    reason: str
    detail: str
    copied_package: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What one package gave.

    Attributes
    ----------
    sounds
        What is no music, and long enough for a model to hear.
    """

    recordings: tuple[Recording, ...]
    left_out: tuple[LeftOut, ...]
    sounds: tuple[Recording, ...] = ()


def unpack(
    deb: Path, release: Release, package: Package, audio: Path, sounds: Path, state: Path
) -> Unpacked:
    """Unpack the audio of a package, or read what an earlier call noted.

    Parameters
    ----------
    audio, sounds
        Where its music goes, and what is no music: folders that hold a folder for each package,
        with the paths that its files have in it.
    state
        File that notes the outcome; written last, so that a call which was stopped is repeated.

    Raises
    ------
    PackageDamaged
        When the package cannot be read.
    DiskFull
        When there is no space for its music.
    """
    rules = {"release": asdict(release), "package": asdict(package), "form": 3}
    known = _noted(state, json.loads(json.dumps(rules)))
    if known is not None and all(
        (folder / item.track_id).is_file()
        for folder, items in ((audio, known.recordings), (sounds, known.sounds))
        for item in items
    ):
        return known
    for folder in (audio, sounds):
        shutil.rmtree(folder / package.name, ignore_errors=True)
    sums: dict[str, str] = {}
    heard: dict[str, str] = {}
    left_out = []
    copyright_text = ""

    def visit(path: str, contents: IO[bytes]) -> None:
        nonlocal copyright_text
        if path == f"usr/share/doc/{package.name}/copyright":
            copyright_text = contents.read().decode("utf-8", "replace")
            return
        if not is_audio(path) or ".." in path.split("/"):
            return
        match kind_of(path, package):
            case "music":
                sums[path] = write_file(contents, audio / package.name / path)
            case "sound":
                left_out.append(LeftOut(package.name, path, "SOUND", ""))
                heard[path] = write_file(contents, sounds / package.name / path)
            case "neither":
                left_out.append(LeftOut(package.name, path, "NEITHER", ""))

    visit_files(deb, visit)
    recordings = []
    describe = _Describer(package, release, copyright_text)
    for path, sha256 in sorted(sums.items()):
        described = describe(audio / package.name / path, path, sha256, SHORTEST_SECONDS)
        if isinstance(described, LeftOut):
            (audio / package.name / path).unlink()
            left_out.append(described)
        else:
            recordings.append(described)
    long_enough = []
    for path, sha256 in sorted(heard.items()):
        file = sounds / package.name / path
        described = describe(file, path, sha256, SHORTEST_SOUND_SECONDS)
        if isinstance(described, LeftOut):
            file.unlink()
        else:
            long_enough.append(described)
    unpacked = Unpacked(tuple(recordings), tuple(left_out), tuple(long_enough))
    _note(state, rules, unpacked)
    return unpacked


class _Describer:
    """Describes the files of one package."""

    def __init__(self, package: Package, release: Release, copyright_text: str) -> None:
        self._package = package
        self._release = release
        try:
            self._copyright: CopyrightFile | None = CopyrightFile(copyright_text)
        except ValueError:
            self._copyright = None

    def __call__(
        self, file: Path, path: str, sha256: str, shortest_seconds: float
    ) -> Recording | LeftOut:
        try:
            seconds = probe(file).duration_seconds
        except AudioError as exc:
            return LeftOut(self._package.name, path, exc.reason, str(exc))
        if seconds is None or seconds < shortest_seconds:
            length = "of unknown length" if seconds is None else f"{seconds:.1f} s"
            return LeftOut(self._package.name, path, "SHORT", length)
        terms = None if self._copyright is None else self._copyright.terms(path)
        tags = read_tags(file)
        composer = read_composer(file)
        return Recording(
            package=self._package.name,
            version=self._release.version,
            path=path,
            sha256=sha256,
            title=tags.title,
            artist=tags.artist or composer or self._credited(path, terms),
            composer=composer,
            licence=_first_match(self._package.licences, path)
            or (terms.licence if terms else UNKNOWN_LICENCE),
            duration_seconds=round(seconds, 3),
        )

    def _credited(self, path: str, terms: Terms | None) -> str:
        listed = _first_match(self._package.artists, path)
        if listed or terms is None or not terms.names_file:
            return listed
        return " & ".join(terms.holders)


def _first_match(table: dict[str, str], path: str) -> str:
    return next((value for glob, value in table.items() if fnmatchcase(path, glob)), "")


def _noted(state: Path, rules: dict[str, Any]) -> Unpacked | None:
    try:
        fields = json.loads(state.read_text(encoding="utf-8"))
        if fields["rules"] != rules:
            return None
        return Unpacked(
            tuple(Recording(**item) for item in fields["recordings"]),
            tuple(LeftOut(**item) for item in fields["left_out"]),
            tuple(Recording(**item) for item in fields["sounds"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(state: Path, rules: dict[str, Any], unpacked: Unpacked) -> None:
    fields = {
        "rules": rules,
        "recordings": [asdict(item) for item in unpacked.recordings],
        "left_out": [asdict(item) for item in unpacked.left_out],
        "sounds": [asdict(item) for item in unpacked.sounds],
    }
    write_text(state, json.dumps(fields, indent=1, ensure_ascii=False))
