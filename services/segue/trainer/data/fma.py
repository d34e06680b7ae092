"""FMA: an audio tree and a table of metadata with three header lines.

The data set: M. Defferrard, K. Benzi, P. Vandergheynst, X. Bresson, "FMA: a dataset for music
analysis", ISMIR 2017.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from segue.notation import text_key
from segue.tracks import normalise_labels
from segue.trainer.data.track import Grouping, InvalidTrainingData, Split, TrainingTrack, group_of

_SUBSETS = {
    "fma_small": {"small"},
    "fma_medium": {"small", "medium"},
    "fma_large": {"small", "medium", "large"},
    "fma_full": {"small", "medium", "large"},
}
"""Audio trees, the smallest first, and the values of ``set.subset`` that each holds."""

_SPLITS: dict[str, Split] = {"training": "train", "validation": "validation", "test": "test"}

_LONGEST_CELL = 1 << 24
"""In characters: the table holds artists' biographies."""

_EXPECTED = (
    "Expected are fma_small/NNN/NNNNNN.mp3 (or fma_medium, fma_large, fma_full) and "
    "fma_metadata/tracks.csv beside it."
)


@dataclass(frozen=True, slots=True)
class FmaFiles:
    """Where the files of an FMA data set are.

    Attributes
    ----------
    audio
        A folder of folders ``NNN``.
    metadata
        The folder of ``tracks.csv`` and ``genres.csv``.
    """

    audio: Path
    metadata: Path


def find_fma(folder: Path) -> FmaFiles | None:
    """Find the parts of FMA in a folder that holds both, or beside an audio tree.

    Of several audio trees the largest counts: it holds the others.
    """
    trees = [folder / name for name in reversed(_SUBSETS) if (folder / name).is_dir()]
    audio = trees[0] if trees else folder
    places = (folder / "fma_metadata", folder.parent / "fma_metadata", folder)
    metadata = next((place for place in places if (place / "tracks.csv").is_file()), None)
    if metadata is None or not any(audio.glob("[0-9][0-9][0-9]")):
        return None
    return FmaFiles(audio, metadata)


def read_fma(
    folder: Path, *, group_by: Grouping = "artist", published_split: bool = False
) -> list[TrainingTrack]:
    """Tracks of FMA; their ids are the six digits of the file.

    The genre is ``track.genre_top``. Where that is empty, as for tracks of several root genres,
    the roots of ``track.genres_all`` count, by ``genres.csv``. Tracks of the tree's subset whose
    file is missing are given too, so that analysis lists them among its failures.

    Parameters
    ----------
    folder
        Holds ``fma_small`` (or larger) and ``fma_metadata``; or an audio tree itself, with
        ``fma_metadata`` beside it.
    group_by
        What the split keeps together.
    published_split
        Take ``set.split`` of the table in place of the hash.

    Raises
    ------
    InvalidTrainingData
        When a part is missing or the table lacks a column.
    """
    files = find_fma(folder)
    if files is None:
        raise InvalidTrainingData(f"{folder} is not an FMA data set", _EXPECTED)
    present = {path.stem: path for path in files.audio.glob("[0-9][0-9][0-9]/*.mp3")}
    present = {stem: path for stem, path in present.items() if stem.isdecimal()}
    subsets = _SUBSETS.get(files.audio.name, set())
    genres = _root_genres(files.metadata / "genres.csv")
    tracks: dict[str, TrainingTrack] = {}
    for row in _rows(files.metadata / "tracks.csv"):
        track_id = row["track_id"].zfill(6)
        path = present.get(track_id, files.audio / track_id[:3] / f"{track_id}.mp3")
        if track_id not in present and row["set.subset"] not in subsets:
            continue
        artist, album = text_key(row["artist.name"]), row["album.title"].strip()
        labels = [row["track.genre_top"]]
        if not labels[0]:
            labels = [genres.get(number, "") for number in _numbers(row["track.genres_all"])]
        tracks[track_id] = TrainingTrack(
            track_id=track_id,
            path=path,
            artist=artist,
            album=album,
            genres=normalise_labels(labels),
            group=group_of(group_by, track_id, artist, album),
            published=_SPLITS.get(row["set.split"]) if published_split else None,
        )
    for track_id, path in present.items():
        tracks.setdefault(track_id, TrainingTrack(track_id, path))
    return list(tracks.values())


_COLUMNS = (
    "track_id", "album.title", "artist.name", "set.split", "set.subset", "track.genre_top",
    "track.genres_all",
)  # fmt: skip


def _rows(table: Path) -> Iterator[Mapping[str, str]]:
    """Rows of ``tracks.csv``, a column named ``group.name`` by the first two header lines.

    The third header line names the index alone: ``track_id`` in the first column.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [next(reader, []) for _ in range(3)]
            names = [".".join(pair) for pair in zip(*header[:2], strict=False)]
            names[:1] = header[2][:1]
            missing = [name for name in _COLUMNS if name not in names]
            if missing:
                raise InvalidTrainingData(
                    f"{table} lacks the columns {', '.join(missing)} in its three header lines",
                    "Take tracks.csv of fma_metadata as it was published.",
                )
            places = {name: names.index(name) for name in _COLUMNS}
            for row in reader:
                if len(row) != len(names):
                    raise InvalidTrainingData(
                        f"{table}, line {reader.line_num}: {len(row)} cells, not {len(names)}",
                        "Download fma_metadata again: the table is damaged.",
                    )
                yield {name: row[place] for name, place in places.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InvalidTrainingData(
            f"{table} cannot be read: {exc}", "Download fma_metadata again."
        ) from exc


def _root_genres(table: Path) -> dict[int, str]:
    """Title of the root of each genre by the genre's number; empty without a table."""
    if not table.is_file():
        return {}
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        titles = {int(row["genre_id"]): row["title"] for row in rows}
        return {
            int(row["genre_id"]): titles.get(int(row["top_level"] or 0), row["title"])
            for row in rows
        }
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as exc:
        raise InvalidTrainingData(
            f"{table} cannot be read: it needs genre_id, title and top_level",
            "Take genres.csv of fma_metadata as it was published.",
        ) from exc


def _numbers(cell: str) -> list[int]:
    """Numbers of a cell such as ``[12, 25]``; none in one that is damaged."""
    try:
        return [int(number) for number in json.loads(cell or "[]")]
    except (ValueError, TypeError):
        return []
