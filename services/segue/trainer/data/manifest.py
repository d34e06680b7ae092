"""CSV and JSONL manifests, that of the rendered corpus among them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from segue.notation import text_key
from segue.tracks import normalise_labels
from segue.trainer.data.track import Grouping, InvalidTrainingData, Split, TrainingTrack, group_of

MANIFEST = "manifest.jsonl"
CSV_MANIFEST = "manifest.csv"

NEEDED = ("track_id", "path")

_SPLITS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "test": "test",
}


def find_manifest(folder: Path) -> Path | None:
    """Find the manifest of a folder, if it has one."""
    found = (folder / name for name in (MANIFEST, CSV_MANIFEST))
    return next((path for path in found if path.is_file()), None)


def read_manifest(
    manifest: Path, *, group_by: Grouping = "artist", published_split: bool = False
) -> list[TrainingTrack]:
    """Tracks of a manifest: a JSON object per line, or CSV with a header.

    ``track_id`` and ``path`` (relative to the manifest) must be given; ``artist``, ``album``,
    ``genres``, ``moods``, ``style``, ``split`` and ``group`` may be. Several genres or moods are
    a list in JSON; in text they are separated by ``;`` or ``|``. A track of the split ``test`` is
    reserved for testing. An unfinished last line of a JSONL manifest is left out: a corpus can be
    read while it is being rendered.

    Parameters
    ----------
    group_by
        What makes the group of a track that names none.
    published_split
        Keep ``train`` and ``validation`` of the manifest too.

    Raises
    ------
    InvalidTrainingData
        When columns are missing or a line cannot be read; it is named.
    """
    text = _text(manifest)
    rows = _csv_rows(manifest, text) if manifest.suffix == ".csv" else _json_rows(manifest, text)
    tracks: dict[str, TrainingTrack] = {}
    for number, fields in rows:
        try:
            track = _track(fields, manifest.parent, group_by, published_split)
        except (ValueError, KeyError, TypeError) as exc:
            raise _bad_line(manifest, number, str(exc)) from exc
        if track.track_id in tracks:
            raise _bad_line(manifest, number, f"{track.track_id} is listed twice")
        tracks[track.track_id] = track
    return list(tracks.values())


def _text(manifest: Path) -> str:
    try:
        return manifest.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidTrainingData(
            f"{manifest} cannot be read as UTF-8 text", "Write the manifest as UTF-8."
        ) from exc


def _json_rows(manifest: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            fields = json.loads(line)
        except ValueError as exc:
            if number == len(lines):
                return
            raise _bad_line(manifest, number, "not JSON") from exc
        if not isinstance(fields, dict):
            raise _bad_line(manifest, number, "not a JSON object")
        yield number, fields


def _csv_rows(manifest: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # A row that is too long or too short has the key or value None.
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidTrainingData(
            f"{manifest} lacks the columns {', '.join(missing)}",
            f"Give it a header with at least {' and '.join(NEEDED)}.",
        )
    first_line = 2
    try:
        for fields in reader:
            if None in fields or None in fields.values():
                raise _bad_line(manifest, first_line, "not as many cells as the header")
            yield first_line, fields
            first_line = reader.line_num + 1
    except csv.Error as exc:
        raise _bad_line(manifest, first_line, str(exc)) from exc


def _track(
    fields: Mapping[str, Any], folder: Path, group_by: Grouping, published_split: bool
) -> TrainingTrack:
    missing = [name for name in NEEDED if not fields.get(name)]
    if missing:
        raise ValueError(f"no {' and no '.join(missing)}")
    track_id = str(fields["track_id"])
    artist = text_key(_word(fields, "artist"))
    album = _word(fields, "album")
    split = _split(_word(fields, "split"))
    group = _word(fields, "group")
    return TrainingTrack(
        track_id=track_id,
        path=folder / _word(fields, "path"),
        artist=artist,
        album=album,
        genres=_labels(fields, "genres"),
        moods=_labels(fields, "moods"),
        style=_word(fields, "style"),
        group=f"group\x1f{group}" if group else group_of(group_by, track_id, artist, album),
        held_out=split == "test",
        published=split if published_split else None,
    )


def _word(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name) or ""
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value


def _labels(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(name) or ()
    if isinstance(value, str):
        value = re.split(r"[;|]", value)
    if not isinstance(value, (list, tuple)) or not all(isinstance(label, str) for label in value):
        raise TypeError(f"{name} is not a list of labels")
    return normalise_labels(cast("list[str]", value))


def _split(name: str) -> Split | None:
    if not name:
        return None
    if name.lower() not in _SPLITS:
        raise ValueError(f"the split {name!r} is neither train, validation nor test")
    return _SPLITS[name.lower()]


def _bad_line(manifest: Path, number: int, what: str) -> InvalidTrainingData:
    return InvalidTrainingData(
        f"{manifest}, line {number}: {what}",
        f"Give every line of the manifest {' and '.join(NEEDED)}, as docs/training.md shows.",
    )
