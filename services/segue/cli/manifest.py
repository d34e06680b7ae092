"""Manifests: CSV or JSONL files that name one track per line.

CSV has a header; a line names ``path`` or ``uri``, and what is known of ``track_id`` and the fields
of :class:`segue.tracks.TrackMetadata`, each under its name. A relative path starts at the
manifest's folder. In CSV, the entries of a list (genres, moods, artists) are separated by ``;`` or
``|``. Columns of other names are ignored. A bad line is reported and the others are taken.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.errors import InvalidArgument
from segue.ingest_jobs import IngestItem
from segue.library.left_out import Problem
from segue.library.places import path_below, path_of, uri_of
from segue.limits import (
    METADATA_FLAGS,
    METADATA_LISTS,
    METADATA_NUMBERS,
    METADATA_TEXTS,
    NumberLimit,
    checked_item,
)
from segue.tracks import TrackMetadata

_FLAGS = {"": None, "true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
FOLDER_MANIFESTS = ("manifest.jsonl", "manifest.csv")
"""Names under which a folder's own manifest is looked for; the first one found is read."""


@dataclass(slots=True)
class Manifest:
    """What a manifest says.

    Attributes
    ----------
    problems
        Its bad lines.
    named
        Paths of the local files that its lines name, the bad lines' too: as written, and where they
        really lie.
    """

    path: Path
    items: list[IngestItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    named: set[str] = field(default_factory=set)


def read_manifest(path: Path, *, force: bool = False) -> Manifest:
    """Read a manifest.

    Parameters
    ----------
    force
        Mark every track to be embedded again even when unchanged.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    manifest = Manifest(path)
    folder = Path(os.path.realpath(path.parent))
    seen: dict[str, int] = {}
    for line, row in _rows(path):
        # A file whose line is bad must not come in under another id: it waits for its correction.
        manifest.named |= _named_file(row, folder)
        try:
            item = _item(row, folder, force=force)
            _check_new(item.track_id, seen)
        except (InvalidArgument, ValueError) as exc:
            place = f"{path} line {line}"
            manifest.problems.append(
                Problem(place, "MANIFEST_LINE_INVALID", str(exc), "Correct the line.")
            )
            continue
        seen[item.track_id] = line
        manifest.items.append(item)
    return manifest


def manifest_of(folder: Path) -> Path | None:
    """The manifest of a folder, where it has one; other programs write files of these names too.

    Raises
    ------
    OSError
        When one cannot be read.
    """
    for name in FOLDER_MANIFESTS:
        path = folder / name
        # Theirs name no path or uri.
        if path.is_file() and any(
            isinstance(row, Mapping) and (row.get("path") or row.get("uri"))
            for _, row in _rows(path)
        ):
            return path
    return None


def _named_file(row: Mapping[str, Any] | str, folder: Path) -> set[str]:
    if isinstance(row, str):
        return set()
    try:
        path = path_of(_place(row, folder))
        return set() if path is None else {path, os.path.realpath(path)}
    except (OSError, ValueError, RuntimeError):
        return set()


def _check_new(track_id: str, seen: Mapping[str, int]) -> None:
    if track_id and track_id in seen:
        raise ValueError(f"track_id {track_id!r} is named already in line {seen[track_id]}")


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number and record of each line, or what is wrong with it."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
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
        # Of a line without metadata too: what it no longer says goes.
        replace_given=True,
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
    return given if "://" in given else uri_of(path_below(folder, given))
