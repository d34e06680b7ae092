"""What a list of tracks is like as a whole: how much of one kind, how even, of which genres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.playlists.angles import units
from segue.tracks import Track, Vector


@dataclass(frozen=True, slots=True)
class Properties:
    """Of a list of tracks in order.

    Attributes
    ----------
    cohesion
        Mean cosine of all pairs of tracks, in [-1, 1]; 1 of a single track.
    flow
        Mean cosine of neighbours, in [-1, 1]; 1 of a single track.
    genre_composition
        Mean shares of genres by falling share, then by name; of sum 1. Empty where no track's are
        known.
    genre_entropy
        Entropy of that over the one of equal shares, in [0, 1]; None where none are known.
    shared_labels
        Share of pairs of tracks that have a given genre or mood in common; None where no track has
        any, or there is no pair.
    """

    duration_seconds: float
    cohesion: float
    flow: float
    genre_composition: tuple[tuple[str, float], ...]
    genre_entropy: float | None
    shared_labels: float | None


def properties(tracks: Sequence[Track], vectors: Sequence[Vector]) -> Properties:
    """Properties of at least one track.

    Parameters
    ----------
    vectors
        Song vectors of the tracks, shape (dimension,) each.
    """
    rows = units(vectors)
    composition = _composition(tracks)
    return Properties(
        math.fsum(track.duration_seconds for track in tracks),
        _cohesion(rows),
        float(step_similarities(rows)[1:].mean()) if len(rows) > 1 else 1.0,
        composition,
        _entropy(tracks, composition),
        _shared_labels(tracks),
    )


def step_similarities(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Cosine of each with the one before; 1 for the first.

    Parameters
    ----------
    rows
        Shape (n, dimension), of unit length.
    """
    steps = np.ones(len(rows))
    steps[1:] = np.clip(np.einsum("nd,nd->n", rows[1:], rows[:-1]), -1.0, 1.0)
    return steps


def _cohesion(rows: npt.NDArray[np.float64]) -> float:
    count = len(rows)
    if count < 2:
        return 1.0
    # The sum of all products, without those of a track with itself.
    total = float(np.square(rows.sum(axis=0)).sum()) - float(np.square(rows).sum())
    return float(np.clip(total / (count * (count - 1)), -1.0, 1.0))


def _composition(tracks: Sequence[Track]) -> tuple[tuple[str, float], ...]:
    sums: dict[str, float] = {}
    known = 0
    for track in tracks:
        total = math.fsum(track.predicted_genres.values())
        if total > 0:
            known += 1
            for genre, probability in track.predicted_genres.items():
                sums[genre] = sums.get(genre, 0.0) + probability / total
    shares = ((genre, share / known) for genre, share in sums.items())
    return tuple(sorted(shares, key=lambda one: (-one[1], one[0])))


def _entropy(tracks: Sequence[Track], composition: Sequence[tuple[str, float]]) -> float | None:
    if not composition:
        return None
    genres = len({genre for track in tracks for genre in track.predicted_genres})
    if genres < 2:
        return 0.0
    entropy = -math.fsum(share * math.log(share) for _, share in composition if share > 0)
    return min(1.0, max(0.0, entropy / math.log(genres)))


def _shared_labels(tracks: Sequence[Track]) -> float | None:
    labels = sorted({label for track in tracks for label in _given(track)})
    if not labels or len(tracks) < 2:
        return None
    column = {label: number for number, label in enumerate(labels)}
    carried = np.zeros((len(tracks), len(labels)), dtype=np.float32)
    for row, track in enumerate(tracks):
        carried[row, [column[label] for label in _given(track)]] = 1.0
    common = carried @ carried.T > 0
    pairs = np.triu_indices(len(tracks), 1)
    return float(common[pairs].mean())


def _given(track: Track) -> set[tuple[str, str]]:
    """Its given labels; a genre is no mood of the same name."""
    metadata = track.metadata
    return {("genre", one) for one in metadata.genres} | {("mood", one) for one in metadata.moods}
