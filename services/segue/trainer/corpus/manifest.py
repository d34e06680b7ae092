"""The manifest: one JSON object per line and track."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from segue.errors import InvalidRequest

MANIFEST_NAME = "manifest.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """A track of a manifest.

    Attributes
    ----------
    path
        Path of the audio file, relative to the manifest.
    style
        Accompaniment style.
    seed
        Seed of the corpus; with the number in ``track_id`` it makes the track again.
    split
        ``train`` or ``test``.
    """

    track_id: str
    path: str
    title: str
    artist: str
    album: str
    genres: tuple[str, ...]
    moods: tuple[str, ...]
    year: int
    duration_seconds: float
    style: str
    seed: int
    split: str
    tempo: float
    key: str

    def to_json(self) -> str:
        """One line without its end."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read_manifest(path: Path) -> list[Entry]:
    """Entries of a manifest; an unfinished last line (a render was stopped) is left out.

    Raises
    ------
    InvalidRequest
        When another line cannot be read; it is named.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            fields = json.loads(line)
            fields["genres"], fields["moods"] = tuple(fields["genres"]), tuple(fields["moods"])
            entries.append(Entry(**fields))
        except (ValueError, TypeError, KeyError) as exc:
            if number == len(lines):
                break
            raise InvalidRequest(f"{path}, line {number}: not an entry of a manifest") from exc
    return entries


def write_manifest(path: Path, entries: Iterable[Entry]) -> None:
    """Write the entries, sorted by track id; the file is replaced at once."""
    ordered = sorted(entries, key=lambda entry: entry.track_id)
    partial = path.with_suffix(".partial")
    partial.write_text("".join(entry.to_json() + "\n" for entry in ordered), encoding="utf-8")
    partial.replace(path)
