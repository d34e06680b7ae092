"""Reading a training set, whatever its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from segue.errors import InvalidRequest
from segue.trainer.data.fma import find_fma, read_fma
from segue.trainer.data.gtzan import find_gtzan, read_gtzan
from segue.trainer.data.manifest import CSV_MANIFEST, MANIFEST, find_manifest, read_manifest
from segue.trainer.data.tagged import read_tagged
from segue.trainer.data.track import Grouping, InvalidTrainingData, TrainingTrack

Kind: TypeAlias = Literal["auto", "fma", "gtzan", "folder", "manifest"]


def read_tracks(
    *paths: Path,
    kind: Kind = "auto",
    group_by: Grouping = "artist",
    published_split: bool = False,
) -> list[TrainingTrack]:
    """Tracks of one training set or of several, sorted by id; files are not looked into.

    Parameters
    ----------
    *paths
        Folders, or CSV or JSONL manifests.
    kind
        ``auto`` takes a manifest where there is one, then FMA or GTZAN where the tree has their
        form, otherwise every audio file with its tags.
    group_by
        What the split keeps together.
    published_split
        Take the split that FMA or a manifest gives in place of the hash.

    Raises
    ------
    InvalidRequest
        ``TRAINING_DATA_EMPTY`` when one is without any track; ``TRAINING_DATA_INVALID`` when one
        is not of the kind named, a table of it cannot be read, or two have a track of the same id.
    """
    found: dict[str, TrainingTrack] = {}
    for path in paths:
        chosen = _recognise(path) if kind == "auto" else kind
        tracks = _read(path, chosen, group_by, published_split)
        if not tracks:
            raise InvalidRequest(
                f"no audio in {path}",
                reason="TRAINING_DATA_EMPTY",
                next_step=f"Name a folder of audio files, or one with a {MANIFEST}.",
            )
        own = {track.track_id: track for track in tracks}
        if both := sorted(found.keys() & own.keys()):
            raise InvalidTrainingData(
                f"{path} has a track {both[0]!r} as another set does",
                next_step="Name each set once, and give tracks of different sets different ids.",
            )
        found |= own
    return [found[track_id] for track_id in sorted(found)]


def _recognise(path: Path) -> Kind:
    if path.is_file() or find_manifest(path):
        return "manifest"
    if find_fma(path):
        return "fma"
    return "gtzan" if find_gtzan(path) else "folder"


def _read(path: Path, kind: Kind, group_by: Grouping, published_split: bool) -> list[TrainingTrack]:
    if kind == "manifest":
        manifest = path if path.is_file() else find_manifest(path)
        if manifest is None or manifest.suffix not in {".csv", ".jsonl"}:
            raise InvalidTrainingData(
                f"{path} is not a manifest",
                f"Name a .csv or .jsonl file, or a folder with {MANIFEST} or {CSV_MANIFEST}.",
            )
        return read_manifest(manifest, group_by=group_by, published_split=published_split)
    if kind == "fma":
        return read_fma(path, group_by=group_by, published_split=published_split)
    if kind == "gtzan":
        return read_gtzan(path, group_by=group_by)
    return read_tagged(path, group_by=group_by)
