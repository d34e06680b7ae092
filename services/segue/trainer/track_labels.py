"""Labels of the chunks of a batch: those that their tracks have, or that a teacher hears there.

Shape suffixes: N chunks, L labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.trainer.networks.base import Labels
from segue.trainer.training_set import TrainingSet


class TrackLabels:
    """Shares of the labels of tracks, and of what a teacher hears at places of them."""

    def __init__(self, labels: Labels, data: TrainingSet) -> None:
        self._genres = shares([track.genres for track in data.tracks], labels.genres)
        self._moods = shares([track.moods for track in data.tracks], labels.moods)
        self._heard = data.heard
        if data.heard is not None:
            self._numbers = data.heard.numbers(data.tracks)
            self._heard_genres = data.heard.shares("genres", labels.genres)
            self._heard_moods = data.heard.shares("moods", labels.moods)

    def of(
        self, track_N: npt.NDArray[np.int64], seconds_N: npt.NDArray[np.float64] | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Shares of genres and of moods, shape (n, labels) each.

        Parameters
        ----------
        track_N
            Numbers of the tracks.
        seconds_N
            Middles of the chunks in these; where not given, what is heard in a track as a whole
            counts.
        """
        genre_NL, mood_NL = self._genres[track_N], self._moods[track_N]
        if self._heard is not None and seconds_N is not None:
            theirs = np.flatnonzero(self._numbers[track_N] >= 0)
            rows = self._heard.rows(self._numbers[track_N][theirs], seconds_N[theirs])
            genre_NL[theirs], mood_NL[theirs] = self._heard_genres[rows], self._heard_moods[rows]
        return genre_NL, mood_NL


def shares(named: Sequence[Sequence[str]], labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Shares of each track's labels, shape (tracks, labels): rows sum to 1, or to 0."""
    place = {label: number for number, label in enumerate(labels)}
    found = np.zeros((len(named), len(labels)), np.float32)
    for row, names in enumerate(named):
        for name in names:
            if name in place:
                found[row, place[name]] = 1.0
    totals = found.sum(axis=1, keepdims=True)
    return np.asarray(found / np.maximum(1.0, totals), np.float32)


def known_labels(named: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Every label that occurs, sorted."""
    return tuple(sorted({name for names in named for name in names}))
