"""Are copies of a recording known as such, and nothing else? A folder of real recordings."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.bench.copies import KINDS, write_copy
from tests.bench.ingest import model_card
from tests.bench.report import Row, at_least

from segue.audio.analysis import analyse
from segue.audio.front_end import FrontEnd
from segue.audio.tags import read_tags
from segue.errors import AudioError
from segue.fingerprints import Fingerprint
from segue.recordings.rule import recording_keys, same_recording
from segue.settings import DEFAULT_MODEL
from segue.tracks import Track, TrackMetadata

ENDINGS = {".mp3", ".ogg", ".flac", ".m4a", ".wav", ".opus", ".au"}
SHORTEST_SECONDS = 60.0
"""Of recordings that copies are made of: what is cut off them is a small part then."""


def measure(music: Path, models: Path, most: int = 12) -> tuple[list[Row], dict]:
    """Compare copies of up to ``most`` recordings with them, and all recordings with each other."""
    front = model_card(models, DEFAULT_MODEL).front_end
    files = sorted(path for path in music.rglob("*") if path.suffix.lower() in ENDINGS)
    known = [(path, found) for path in files if (found := _track(path, front)) is not None]
    long = [(path, found) for path, found in known if found[0].duration_seconds >= SHORTEST_SECONDS]
    chosen = long[:: max(1, len(long) // most)][:most]
    found = {kind.name: [0, 0] for kind in KINDS}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="segue-copies-") as folder:
        for (path, (track, fingerprint)), kind in itertools.product(chosen, KINDS):
            copy = Path(folder) / f"copy.{kind.ending}"
            write_copy(path, copy, kind)
            made = _track(copy, front)
            assert made is not None
            # An encoder that keeps the titles is no proof of anything.
            other = replace(made[0], metadata=track.metadata)
            same = _found(track, fingerprint, other, made[1])
            found[kind.name][0] += same
            found[kind.name][1] += 1
            if same is not kind.same:
                wrong.append(f"{path.name}: {kind.name}")
    pairs = list(itertools.combinations(known, 2))
    merged = [
        f"{one.name} = {other.name}"
        for (one, first), (other, second) in pairs
        if _found(*first, *second)
    ]
    sharing = sum(
        not set(_keys(*first)).isdisjoint(_keys(*second)) for (_, first), (_, second) in pairs
    )
    table = Table(title=f"Copies of {len(chosen)} recordings", title_justify="left")
    for column in ("copy", "same recording", "known as such"):
        table.add_column(column)
    for kind in KINDS:
        table.add_row(kind.name, "yes" if kind.same else "no", "{} of {}".format(*found[kind.name]))
    console = Console(width=118)
    console.print(table)
    for text in (*wrong, *merged):
        console.print(f"  {text}")
    right = sum(found[kind.name][0] for kind in KINDS if kind.same)
    copies = sum(found[kind.name][1] for kind in KINDS if kind.same)
    others = sum(found[kind.name][0] for kind in KINDS if not kind.same)
    rows = [
        at_least("duplicates", "share of copies that are known", right / max(1, copies), 0.98),
        Row("duplicates", "copies known", f"{right} of {copies}"),
        Row("duplicates", "versions taken for copies", f"{others}"),
        Row("duplicates", "pairs of recordings taken for copies", f"{len(merged)} of {len(pairs)}"),
        Row("duplicates", "pairs of recordings compared closely", f"{sharing}"),
    ]
    return rows, {"found": found, "wrong": wrong, "merged": merged, "pairs": len(pairs)}


def _track(path: Path, front: FrontEnd) -> tuple[Track, Fingerprint] | None:
    try:
        analysis = analyse(path, front)
        for _ in analysis:
            pass
        with path.open("rb") as file:
            metadata = read_tags(file)
    except AudioError:
        return None
    if not metadata.title:
        metadata = TrackMetadata(title=path.stem)
    track = Track(str(path), metadata, analysis.duration_seconds)
    return track, analysis.fingerprint


def _keys(track: Track, fingerprint: Fingerprint) -> tuple[str, ...]:
    return recording_keys(track, fingerprint)


def _found(one: Track, first: Fingerprint, other: Track, second: Fingerprint) -> bool:
    """What the service finds: first what may be a copy, then whether it is."""
    if set(_keys(one, first)).isdisjoint(_keys(other, second)):
        return False
    return same_recording(one, first, other, second)
