"""What the tracks of a map are coloured by: genre, mood, artist, year, and any one label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tracks import Track, most_heard

LABEL_KINDS = ("genre", "mood", "artist")
"""What has one name for each track, or none."""

MOST_LABELS = 128
"""Labels that a map can be coloured by one by one; those of most tracks."""

_LEVELS = 31
"""Probabilities are kept in so many steps: more would not be seen, and would not compress."""

_UNHEARD = 0.05
"""Below this probability a label counts as not heard."""


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One name for each track.

    Attributes
    ----------
    values
        The names, most frequent first.
    codes
        Shape (N,), uint32: 0 for none, else 1 + the place among ``values``.
    """

    values: Sequence[str]
    codes: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """What tracks are coloured by.

    Attributes
    ----------
    coded
        For each of ``LABEL_KINDS``. Genre and mood are the first given one, else the one that is
        heard most, where it counts as heard.
    years
        Shape (N,), uint16: year of release, or 0.
    labels
        L names such as ``genre:rock`` and ``mood:calm``.
    levels
        Shape (L, N), uint8: 255 where the label is given, else its probability times 255.
    """

    coded: Mapping[str, Coded]
    years: npt.NDArray[np.uint16]
    labels: Sequence[str]
    levels: npt.NDArray[np.uint8]


class ColourGathering:
    """Takes in tracks one by one, and keeps of each only what it is coloured by."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {kind: [] for kind in LABEL_KINDS}
        self._years: list[int] = []
        self._levels: list[dict[str, int]] = []

    def add(self, track: Track) -> None:
        """Take in the next track."""
        metadata = track.metadata
        self._names["genre"].append(_top("genres", metadata.genres, track.predicted_genres))
        self._names["mood"].append(_top("moods", metadata.moods, track.predicted_moods))
        self._names["artist"].append(metadata.artist)
        self._years.append(metadata.year or 0)
        self._levels.append(dict(_levels(track)))

    def gathered(self) -> Colours:
        """Colours of all tracks, in the order in which they came."""
        counts: Counter[str] = Counter()
        for heard in self._levels:
            counts.update(heard.keys())
        labels = sorted(name for name, _ in counts.most_common(MOST_LABELS))
        rows = {label: row for row, label in enumerate(labels)}
        levels = np.zeros((len(labels), len(self._levels)), np.uint8)
        for column, heard in enumerate(self._levels):
            for label, level in heard.items():
                if label in rows:
                    levels[rows[label], column] = level
        coded = {kind: _coded(names) for kind, names in self._names.items()}
        return Colours(coded, np.array(self._years, np.uint16), labels, levels)


def _top(name: str, given: Sequence[str], heard: Mapping[str, float]) -> str:
    return given[0] if given else most_heard(name, heard)


def _levels(track: Track) -> Iterator[tuple[str, int]]:
    metadata = track.metadata
    for kind, given, heard in (
        ("genre", metadata.genres, track.predicted_genres),
        ("mood", metadata.moods, track.predicted_moods),
    ):
        for label, probability in heard.items():
            if probability >= _UNHEARD:
                yield f"{kind}:{label}", round(round(probability * _LEVELS) / _LEVELS * 255)
        for label in given:
            yield f"{kind}:{label}", 255


def _coded(names: Iterable[str]) -> Coded:
    names = list(names)
    counts = Counter(name for name in names if name)
    values = [name for name, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    codes = {name: code for code, name in enumerate(values, start=1)}
    return Coded(values, np.array([codes.get(name, 0) for name in names], np.uint32))
