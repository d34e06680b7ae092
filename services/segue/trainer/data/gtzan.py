"""GTZAN: a folder per genre, with what is known of its repetitions and artists.

The data set: G. Tzanetakis, P. Cook, "Musical genre classification of audio signals", IEEE
Transactions on Speech and Audio Processing 10(5), 2002. Its faults: B. L. Sturm, "The GTZAN
dataset: its contents, its faults, their effects on evaluation, and its future use",
arXiv:1306.1461, 2013.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from segue.audio.formats import AUDIO_SUFFIXES
from segue.notation import text_key
from segue.trainer.data.gtzan_index import ARTISTS, TITLES, excerpts
from segue.trainer.data.track import Grouping, InvalidTrainingData, TrainingTrack

DUPLICATES = "duplicates.csv"

_PLACES = ("genres", "genres_original", "Data/genres_original", ".")
_NAME = re.compile(r"([a-z]+)\.\d{5}")
_LABELS = {"hiphop": "hip-hop"}
"""Genres that other data sets spell in another way."""


def find_gtzan(folder: Path) -> Path | None:
    """Find the folder that holds the genres' folders, at ``folder`` or below."""
    for place in _PLACES:
        root = folder / place
        if root.is_dir() and any(_excerpts_below(root)):
            return root
    return None


def read_gtzan(folder: Path, *, group_by: Grouping = "artist") -> list[TrainingTrack]:
    """Tracks of GTZAN, with ids such as ``blues.00042``.

    Excerpts of one title always fall into one split: exact repetitions, other places
    of the same recording, other versions, also where they carry labels of two genres. So do, when
    grouped by artist, all excerpts of an artist; a recording of two artists joins theirs. Albums
    are not known. The lists are Sturm's index; excerpts that it could not identify are groups of
    their own. A file ``duplicates.csv`` beside the genres adds what else is known: each row lists
    the ids that belong together.

    Parameters
    ----------
    folder
        Holds ``genres`` or ``genres_original``, or the genres' folders themselves.
    group_by
        What the split keeps together, besides titles.

    Raises
    ------
    InvalidTrainingData
        When there is no such file, or ``duplicates.csv`` names something else than excerpts.
    """
    root = find_gtzan(folder)
    if root is None:
        raise InvalidTrainingData(
            f"{folder} is not a GTZAN data set",
            "Expected are genres/GENRE/GENRE.NNNNN.au or .wav (or genres_original/...).",
        )
    known = [excerpts(places) for places in TITLES]
    known += _duplicates(root / DUPLICATES)
    if root.resolve() != folder.resolve():
        known += _duplicates(folder / DUPLICATES)
    if group_by == "artist":
        known += [excerpts(places) for places in ARTISTS.values()]
    groups = _joined(known)
    artists = _artists()
    tracks: dict[str, TrainingTrack] = {}
    for path in _excerpts_below(root):
        track_id, genre = path.stem, path.parent.name
        tracks.setdefault(
            track_id,
            TrainingTrack(
                track_id=track_id,
                path=path,
                artist=artists.get(track_id, ""),
                genres=(_LABELS.get(genre, genre),),
                group=f"gtzan\x1f{groups.get(track_id, track_id)}",
            ),
        )
    return list(tracks.values())


def _excerpts_below(root: Path) -> Iterable[Path]:
    for path in sorted(root.glob("*/*.*.*")):
        name = _NAME.fullmatch(path.stem)
        if name and name[1] == path.parent.name and path.suffix.lower() in AUDIO_SUFFIXES:
            yield path


def _duplicates(table: Path) -> list[list[str]]:
    if not table.is_file():
        return []
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row if cell.strip()] for row in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InvalidTrainingData(f"{table} cannot be read", "Write it as UTF-8 text.") from exc
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if not _NAME.fullmatch(cell):
                raise InvalidTrainingData(
                    f"{table}, line {number}: {cell!r} is not the id of an excerpt",
                    "List the ids that belong together, such as blues.00024,blues.00028.",
                )
    return rows


def _joined(sets: Iterable[Iterable[str]]) -> Mapping[str, str]:
    """Name of the group of each id: sets that share an id are one group, named by its first id."""
    group_of: dict[str, set[str]] = {}
    for members in sets:
        joined = set(members).union(*(group_of.get(member, ()) for member in members))
        group_of.update(dict.fromkeys(joined, joined))
    return {member: min(group) for member, group in group_of.items()}


@functools.cache
def _artists() -> Mapping[str, str]:
    """Artist of each excerpt; the first of the index where there are two."""
    found: dict[str, str] = {}
    for artist, places in ARTISTS.items():
        for track_id in excerpts(places):
            found.setdefault(track_id, text_key(artist))
    return found
