"""What to ingest: folders of audio, single files, and CSV or JSONL manifests.

A manifest names one track per line (CSV: per row, with a header): ``path`` or ``uri``, and what is
known of ``track_id`` and the fields of :class:`segue.tracks.TrackMetadata`, each under its name.
A relative path starts at the manifest's folder. In CSV, the entries of a list (genres, moods,
artists) are separated by ``;`` or ``|``. Columns of other names are ignored. A bad line is
reported and the others are taken.

A folder that holds a ``manifest.jsonl`` or ``manifest.csv`` is read by it: its tracks keep their
ids and metadata, and the audio files that it does not name are found by walking, as without one.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from segue.errors import InvalidArgument, SegueError
from segue.ingest_jobs import IngestItem
from segue.limits import (
    METADATA_FLAGS,
    METADATA_LISTS,
    METADATA_NUMBERS,
    METADATA_TEXTS,
    NumberLimit,
    checked_item,
)
from segue.permissions import unreadable
from segue.texts import without_secrets
from segue.tracks import TrackMetadata

AUDIO_SUFFIXES = frozenset(
    {".mp3", ".flac", ".ogg", ".oga", ".opus", ".wav", ".aif", ".aiff", ".m4a", ".mp4", ".aac"}
)
MANIFEST_SUFFIXES = frozenset({".csv", ".jsonl", ".ndjson"})
_FLAGS = {"": None, "true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
FOLDER_MANIFESTS = ("manifest.jsonl", "manifest.csv")
"""Names under which a folder's own manifest is looked for; the first one found is read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was named but cannot be ingested.

    Attributes
    ----------
    place
        The path, or manifest and line.
    """

    place: str
    reason: str
    message: str
    next_step: str

    @classmethod
    def of(cls, place: str, error: SegueError) -> Problem:
        """What an error says of a place."""
        return cls(place, error.reason, without_secrets(str(error)), error.next_step)


@dataclass(slots=True)
class Sources:
    """Tracks to ingest, and what was wrong with the rest.

    Attributes
    ----------
    notes
        What was decided without being asked for, a sentence each.
    """

    items: list[IngestItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def collect(paths: Iterable[Path], *, force: bool = False) -> Sources:
    """All tracks below folders, in manifests, and among single files, in a stable order.

    Parameters
    ----------
    force
        Mark every track to be embedded again even when unchanged.
    """
    sources = Sources()
    for path in paths:
        try:
            _collect(path, sources, force=force)
        except OSError as exc:
            failed = Path(exc.filename) if isinstance(exc.filename, str) else path
            sources.problems.append(_unreadable(failed, exc))
    return sources


def _collect(path: Path, sources: Sources, *, force: bool) -> None:
    if path.is_dir():
        _read_folder(path, sources, force=force)
    elif not path.is_file():
        sources.problems.append(_missing(str(path)))
    elif path.suffix.lower() in MANIFEST_SUFFIXES:
        _read_manifest(path, sources, force=force)
    else:
        sources.items.append(IngestItem("", path.resolve().as_uri(), force=force))


def local_path(uri: str) -> Path | None:
    """Path of a ``file://`` URI, or None for any other."""
    parts = urlsplit(uri)
    # Names are bytes to the system: one that is no UTF-8 comes back as it was.
    name = unquote(parts.path, errors="surrogateescape")
    return Path(name) if parts.scheme == "file" else None


def _read_folder(folder: Path, sources: Sources, *, force: bool) -> None:
    manifest = _folder_manifest(folder)
    named: set[Path] = set()
    if manifest is not None:
        before = len(sources.items)
        named = _read_manifest(manifest, sources, force=force)
        listed = len(sources.items) - before
    closed: list[Problem] = []
    audio = (file for file in _walk(folder, closed) if file.suffix.lower() in AUDIO_SUFFIXES)
    found = [path for path in (file.resolve() for file in audio) if path not in named]
    sources.items += [IngestItem("", path.as_uri(), force=force) for path in found]
    sources.problems += closed
    if manifest is not None:
        sources.notes.append(
            f"{manifest} names {listed} tracks; audio files below the folder that it does not "
            f"name: {len(found)}, taken too."
        )
    elif not found and not closed:
        sources.problems.append(_no_audio(folder))


def _folder_manifest(folder: Path) -> Path | None:
    for name in FOLDER_MANIFESTS:
        path = folder / name
        # Other programs write files of these names too: theirs name no path or uri.
        if path.is_file() and any(
            isinstance(row, Mapping) and (row.get("path") or row.get("uri"))
            for _, row in _rows(path)
        ):
            return path
    return None


def _walk(folder: Path, closed: list[Problem]) -> Iterator[Path]:
    """The files below a folder, in order; folders that cannot be listed become problems."""

    def tell(failure: OSError) -> None:
        closed.append(_unreadable(Path(failure.filename), failure))

    for place, folders, files in os.walk(folder, onerror=tell):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))


def _read_manifest(path: Path, sources: Sources, *, force: bool) -> set[Path]:
    """Add the tracks of a manifest; the local files that its lines name, the bad lines' too."""
    named: set[Path] = set()
    seen: dict[str, int] = {}
    for line, row in _rows(path):
        # A file whose line is bad must not come in under another id: it waits for its correction.
        named |= _named_file(row, path.parent)
        try:
            item = _item(row, path.parent, force=force)
            _check_new(item.track_id, seen)
        except (InvalidArgument, ValueError) as exc:
            place = f"{path} line {line}"
            sources.problems.append(
                Problem(place, "MANIFEST_LINE_INVALID", str(exc), "Correct the line.")
            )
            continue
        seen[item.track_id] = line
        sources.items.append(item)
    return named


def _named_file(row: Mapping[str, Any] | str, folder: Path) -> set[Path]:
    if isinstance(row, str):
        return set()
    try:
        path = local_path(_place(row, folder))
        return set() if path is None else {path.resolve()}
    except (OSError, ValueError, RuntimeError):
        return set()


def _check_new(track_id: str, seen: Mapping[str, int]) -> None:
    if track_id and track_id in seen:
        raise ValueError(f"track_id {track_id!r} is named already in line {seen[track_id]}")


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number and record of each line, or what is wrong with it."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        if path.suffix.lower() == ".csv":
            reader = csv.DictReader(file)
            if not {"path", "uri"} & set(reader.fieldnames or ()):
                yield 1, "the header names neither path nor uri"
                return
            while True:
                try:
                    row = next(reader, None)
                except csv.Error as exc:
                    yield reader.line_num, f"not CSV: {exc}"
                    continue
                if row is None:
                    return
                yield reader.line_num, row
        for number, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                record = json.loads(text)
            except ValueError as exc:
                yield number, f"not JSON: {exc}"
                continue
            yield number, record if isinstance(record, dict) else "not a JSON object"


def _item(row: Mapping[str, Any] | str, folder: Path, *, force: bool) -> IngestItem:
    if isinstance(row, str):
        raise ValueError(row)  # noqa: TRY004  # what is wrong with the line, in words
    item = IngestItem(
        track_id=_text(row, "track_id"),
        uri=_place(row, folder),
        metadata=_metadata(row),
        force=force,
    )
    return checked_item(item)


def _metadata(row: Mapping[str, Any]) -> TrackMetadata:
    given: dict[str, Any] = {name: _text(row, name) for name in METADATA_TEXTS}
    for name in METADATA_LISTS:
        # "genre" is as good as "genres"; one "artist" is a name that may hold any sign.
        names = (name,) if name == "artists" else (name, name.removesuffix("s"))
        given[name] = _labels(row, *names)
    for name, limit in METADATA_NUMBERS.items():
        given[name] = _number(row, name, limit)
    for name in METADATA_FLAGS:
        given[name] = _flag(row, name)
    return TrackMetadata(**given)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, (str, int, float)):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004
    return str(value).strip()


def _labels(row: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    for name in names:
        value = row.get(name)
        if not value:
            continue
        if isinstance(value, str):
            value = re.split(r"[;|]", value)
        if not isinstance(value, Sequence) or not all(isinstance(label, str) for label in value):
            raise ValueError(f"{name} is not a list of texts")
        return tuple(value)
    return ()


def _number(row: Mapping[str, Any], name: str, limit: NumberLimit) -> float | None:
    text = _text(row, name)
    if not text:
        return None
    kind = "whole number" if limit.whole else "number"
    try:
        number = int(text) if limit.whole else float(text)
    except ValueError:
        number = math.nan
    if not limit.allows(number):
        raise ValueError(f"{name} {text!r} is not a {kind} from {limit.least:g} to {limit.most:g}")
    return number


def _flag(row: Mapping[str, Any], name: str) -> bool | None:
    value = row.get(name)
    text = "" if value is None else str(value).strip().lower()
    if text not in _FLAGS:
        raise ValueError(f"{name} {text!r} is neither true nor false")
    return _FLAGS[text]


def _place(row: Mapping[str, Any], folder: Path) -> str:
    given = _text(row, "uri") or _text(row, "path")
    if not given:
        raise ValueError("neither path nor uri is given")
    return given if "://" in given else (folder / given).resolve().as_uri()


def _no_audio(folder: Path) -> Problem:
    kinds = " ".join(sorted(AUDIO_SUFFIXES))
    return Problem(
        str(folder),
        "SOURCE_NOT_FOUND",
        "the folder holds no audio files",
        f"Name a folder with files of these kinds: {kinds}",
    )


def _unreadable(path: Path, failure: OSError) -> Problem:
    return Problem.of(str(path), unreadable(path, failure, by_command=True))


def _missing(path: str) -> Problem:
    return Problem(path, "SOURCE_NOT_FOUND", "no such file or folder", "Check the path.")
