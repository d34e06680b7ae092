"""Which packages make the corpus, and the versions of them that were used."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from segue.errors import InvalidRequest
from segue.trainer.debian.disk import write_text

PACKAGES = Path(__file__).with_name("packages.toml")
LOCK = Path(__file__).with_name("packages.lock.json")


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package with music.

    Attributes
    ----------
    music, not_music
        Globs of paths in the package that are, or are not, music whatever their folder is called.
    neither
        Globs of paths that are to be learnt from as neither: single instruments of a song, jingles
        among sounds.
    licences
        Licence of files by a glob of their path, where the package's copyright file is not
        machine-readable.
    artists
        Artist of files without a tag, by a glob of their path.
    linked_artists
        Who made some of the music, without it being known which.
    """

    name: str
    music: tuple[str, ...] = ()
    not_music: tuple[str, ...] = ()
    neither: tuple[str, ...] = ()
    licences: dict[str, str] = field(default_factory=dict)
    artists: dict[str, str] = field(default_factory=dict)
    linked_artists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageList:
    """The packages of a corpus.

    Attributes
    ----------
    development
        Package that is kept apart for choosing between models.
    split_seed
        Goes into the hash that splits the others.
    """

    packages: tuple[Package, ...]
    development: str
    split_seed: int


@dataclass(frozen=True, slots=True)
class Release:
    """What was fetched of a package: its version, and the SHA-256 of the file."""

    version: str
    sha256: str


def read_packages(path: Path = PACKAGES) -> PackageList:
    """Read a list of packages.

    Raises
    ------
    InvalidRequest
        ``PACKAGE_LIST_INVALID`` when the file is missing, is not TOML, or has a wrong field.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
        packages = tuple(Package(**_tuples(entry)) for entry in fields["packages"])
        listed = PackageList(packages, str(fields["development"]), int(fields["split_seed"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise _invalid(path, f"{type(exc).__name__}: {exc}") from exc
    names = [package.name for package in packages]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _invalid(path, f"listed twice: {', '.join(twice)}")
    if listed.development not in names:
        raise _invalid(path, f"the development package {listed.development!r} is not listed")
    return listed


def read_lock(path: Path = LOCK) -> dict[str, Release]:
    """Releases by name of package.

    Raises
    ------
    InvalidRequest
        ``PACKAGE_LIST_INVALID`` when the file cannot be read as a lock.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return {name: Release(**release) for name, release in fields.items()}
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise _invalid(path, f"{type(exc).__name__}: {exc}") from exc


def write_lock(path: Path, releases: dict[str, Release]) -> None:
    """Write releases, sorted by name; the file is replaced at once."""
    fields = {name: asdict(releases[name]) for name in sorted(releases)}
    write_text(path, json.dumps(fields, indent=2) + "\n")


def differences(locked: dict[str, Release], used: dict[str, Release]) -> list[str]:
    """A sentence for each package that is not the locked one, in the order of ``used``."""
    sentences = []
    for name, release in used.items():
        known = locked.get(name)
        if known is None:
            sentences.append(f"{name} {release.version}: not in the lock")
        elif known.version != release.version:
            sentences.append(f"{name}: {release.version} in place of {known.version}")
        elif known.sha256 != release.sha256:
            sentences.append(f"{name} {release.version}: the same version with other contents")
    return sentences


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    for name in ("music", "not_music", "neither", "linked_artists"):
        value = entry.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise TypeError(f"{name} of {entry.get('name')} is not a list of texts")
    for name in ("licences", "artists"):
        table = entry.get(name, {})
        if not all(isinstance(value, str) for value in table.values()):
            raise TypeError(f"{name} of {entry.get('name')} is not a table of texts")
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }


def _invalid(path: Path, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"{path} cannot be used: {why}",
        reason="PACKAGE_LIST_INVALID",
        next_step="Correct the file; the one that comes with Segue shows its form.",
    )
