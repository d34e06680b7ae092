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
    path: Path,
    *,
    kind: Kind = "auto",
    group_by: Grouping = "artist",
    published_split: bool = False,
) -> list[TrainingTrack]:
    """Tracks of a training set, sorted by id; the files themselves are not looked into.

    Parameters
    ----------
    path
        A folder, or a CSV or JSONL manifest.
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
        ``TRAINING_DATA_EMPTY`` without any track; ``TRAINING_DATA_INVALID`` when the data set is
        not of the kind named, or a table of it cannot be read.
    """
    tracks = _read(path, _recognise(path) if kind == "auto" else kind, group_by, published_split)
    if not tracks:
        raise InvalidRequest(
            f"no audio in {path}",
            reason="TRAINING_DATA_EMPTY",
            next_step=f"Name a folder of audio files, or one with a {MANIFEST}.",
        )
    return sorted(tracks, key=lambda track: track.track_id)


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
