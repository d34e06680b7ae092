"""Labelled music as a CSV lists it: files, genres, artists, emotions."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.errors import InvalidRequest
from segue.notation import text_key
from segue.tracks import normalise_labels
from segue.trainer.data import TrainingTrack
from segue.trainer.evaluation.labelled.read_out import CIRCUMPLEX, name_key, reads_emotion
from segue.trainer.evaluation.metrics import Numbers

FILE_COLUMNS = ("file", "path", "filename")
GENRE_COLUMNS = ("genre", "genres")
ARTIST_COLUMNS = ("artist", "artist_id")

_SEPARATORS = re.compile(r"[;|]")


class InvalidListing(InvalidRequest):
    """A CSV of labelled music cannot be read as one."""

    reason = "LABELS_INVALID"

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message, next_step=next_step)


class EmptyListing(InvalidListing):
    """A CSV lists no music."""

    reason = "LABELS_EMPTY"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a CSV says of n clips.

    Attributes
    ----------
    name
        Of the CSV, without its suffix.
    tracks
        With the path as the CSV has it for an id; genres in one spelling each.
    emotions
        By column, shape (n,), NaN where the cell is empty.
    unused
        Columns that nothing is read for.
    """

    name: str
    tracks: tuple[TrainingTrack, ...]
    emotions: Mapping[str, Numbers]
    unused: tuple[str, ...]


def read_listing(
    listing: Path, *, audio: Path | None = None, labels: Collection[str] = ()
) -> Listing:
    """Read a CSV with a header; the audio itself is not looked into.

    One column names the files (``file``, ``path`` or ``filename``), one may have genres (``genre``
    or ``genres``, several parted by ``;`` or ``|``), one the artist. Of the other columns those are
    read that have the name of a label or of an emotion with a fixed read-out: shares in [0, 1], or
    0 and 1; ``arousal`` and ``valence`` on any scale. An empty cell says nothing.

    Parameters
    ----------
    audio
        Folder that paths are relative to; the CSV's own when not given.
    labels
        What the models publish: a column of such a name is read as well.

    Raises
    ------
    InvalidListing
        ``LABELS_INVALID`` when columns are missing or a line cannot be read; it is named.
        ``LABELS_EMPTY`` when there is no line besides the header.
    """
    columns, lines = _cells(listing)
    keys = [column.strip().casefold() for column in columns]
    if repeated := sorted({column for column in keys if keys.count(column) > 1}):
        raise InvalidListing(
            f"{listing} has several columns {', '.join(repeated)}",
            "Give every column its own name.",
        )
    file_column = _find(keys, FILE_COLUMNS)
    if file_column is None:
        raise InvalidListing(
            f"{listing} has no column of files, only {', '.join(columns)}",
            f"Give it a header, parted by commas, with a column {' or '.join(FILE_COLUMNS)}.",
        )
    genre_column, artist_column = _find(keys, GENRE_COLUMNS), _find(keys, ARTIST_COLUMNS)
    further = [
        place
        for place in range(len(columns))
        if place not in (file_column, genre_column, artist_column)
    ]
    read = [
        place
        for place in further
        if keys[place] in CIRCUMPLEX or reads_emotion(keys[place], labels)
    ]
    if genre_column is None and not read:
        raise InvalidListing(
            f"{listing} has neither genres nor an emotion that something is read for",
            f"Give it a column {GENRE_COLUMNS[0]}, or emotions that docs/evaluation.md names.",
        )
    if not lines:
        raise EmptyListing(f"{listing} lists no files", "Give it a line for every file.")
    base = listing.parent if audio is None else audio
    spellings: dict[str, str] = {}
    tracks: dict[str, TrainingTrack] = {}
    emotions: dict[str, list[float]] = {keys[place]: [] for place in read}
    for number, cells in lines:
        file = cells[file_column].strip()
        if not file:
            raise _bad_line(listing, number, "no file", "Give every line a file.")
        if file in tracks:
            raise _bad_line(listing, number, f"{file} is listed twice", "List every file once.")
        genres = () if genre_column is None else _SEPARATORS.split(cells[genre_column])
        tracks[file] = TrainingTrack(
            track_id=file,
            path=base / file,
            artist="" if artist_column is None else text_key(cells[artist_column]),
            genres=_one_spelling(genres, spellings),
        )
        for place in read:
            emotions[keys[place]].append(
                _number(listing, number, columns[place].strip(), cells[place])
            )
    return Listing(
        listing.stem,
        tuple(tracks.values()),
        {name: np.array(values, np.float64) for name, values in emotions.items()},
        tuple(columns[place].strip() for place in further if place not in read),
    )


def _cells(listing: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and lines, each with its number; lines without any cell are passed over."""
    try:
        text = listing.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidListing(
            f"{listing} cannot be read as UTF-8 text", "Name a CSV file, written as UTF-8."
        ) from exc
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    number = 1
    try:
        header = next(reader, None)
        if header is None or not any(map(str.strip, header)):
            raise EmptyListing(f"{listing} is empty", "Give it a header, and a line per file.")
        number = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(header):
                raise _bad_line(
                    listing,
                    number,
                    f"{len(cells)} cells under {len(header)} titles",
                    "Put cells that hold a comma between quotation marks.",
                )
            if cells:
                lines.append((number, cells))
            number = reader.line_num + 1
    except csv.Error as exc:
        raise _bad_line(listing, number, str(exc), "Write it as CSV, parted by commas.") from exc
    return header, lines


def _find(columns: Sequence[str], names: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _one_spelling(genres: Sequence[str], spellings: dict[str, str]) -> tuple[str, ...]:
    """Genres in the spelling in which each came first: ``hiphop`` and ``hip-hop`` are one."""
    return tuple(
        dict.fromkeys(
            spellings.setdefault(name_key(genre), genre) for genre in normalise_labels(genres)
        )
    )


def _number(listing: Path, line: int, column: str, cell: str) -> float:
    if not cell.strip():
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if column.casefold() in CIRCUMPLEX:
        fits, wanted = math.isfinite(value), "numbers"
    else:
        fits, wanted = 0 <= value <= 1, "shares between 0 and 1, or 0 and 1"
    if not fits:
        raise _bad_line(
            listing,
            line,
            f"{column} is {cell.strip()!r}",
            f"Give {column} as {wanted}, leave the cell empty, or name the column otherwise.",
        )
    return value


def _bad_line(listing: Path, number: int, what: str, next_step: str) -> InvalidListing:
    return InvalidListing(f"{listing}, line {number}: {what}", next_step)
