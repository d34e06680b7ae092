"""Genres: how often they are predicted, and how they mix in playlists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from segue.trainer.evaluation.metrics import Booleans, Groups, Numbers, Vectors

NEIGHBOURS = 5
PLAYLIST_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Classification:
    """What was predicted for songs.

    Attributes
    ----------
    labels
        The c genres that could be predicted.
    songs
        Shape (m,): numbers of the songs that were judged.
    correct
        Shape (m,): 1 where the prediction is among the song's genres, else 0.
    confusion
        Shape (c, c): songs by first genre (row) and predicted genre (column).
    """

    labels: tuple[str, ...]
    songs: npt.NDArray[np.int64]
    correct: Numbers
    confusion: npt.NDArray[np.int64]


def classify_by_probabilities(
    probabilities: Vectors,
    labels: Sequence[str],
    genres: Sequence[Sequence[str]],
    *,
    among: Sequence[str] = (),
) -> Classification:
    """Predict the genre with the highest probability.

    Parameters
    ----------
    probabilities
        Shape (n, labels): mean over a song's chunks.
    genres
        The genres of each song, the main one first. Songs without one of the labels are left out.
    among
        Choose among these labels only, and judge only songs whose first genre is one of them.
    """
    columns = [place for place, label in enumerate(labels) if not among or label in among]
    chosen = [labels[place] for place in columns]
    best = probabilities[:, columns].argmax(axis=1) if columns else np.zeros(len(genres), np.int64)
    return _judge([chosen[place] for place in best] if columns else [], chosen, genres)


def classify_by_neighbours(
    vectors: Vectors,
    genres: Sequence[Sequence[str]],
    artists: Groups,
    *,
    among: Sequence[str] = (),
) -> Classification:
    """Predict the first genre that most of the five nearest songs by other artists have.

    Of genres with equally many votes, that of the nearest song wins.

    Parameters
    ----------
    vectors
        Shape (n, dimension), one song each.
    genres
        The genres of each song; songs without any are neither judged nor asked.
    artists
        Shape (n,): a song's own artist is never asked.
    among
        Only songs whose first genre is one of these take part.
    """
    first = [own[0] if own else "" for own in genres]
    taking_part = np.array([bool(one) and (not among or one in among) for one in first])
    labels = sorted({one for one, used in zip(first, taking_part, strict=True) if used})
    distances = cdist(vectors, vectors)
    predicted = []
    for song in range(len(first)):
        others = np.flatnonzero(taking_part & (artists != artists[song]))
        nearest = others[np.argsort(distances[song, others], kind="stable")[:NEIGHBOURS]]
        votes = [first[other] for other in nearest]
        predicted.append(max(votes, key=votes.count) if votes else "")
    return _judge(predicted, labels, genres)


def _judge(
    predicted: Sequence[str], labels: Sequence[str], genres: Sequence[Sequence[str]]
) -> Classification:
    place = {label: number for number, label in enumerate(labels)}
    judged = [
        song
        for song, guess in enumerate(predicted)
        if guess in place and genres[song] and genres[song][0] in place
    ]
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    for song in judged:
        confusion[place[genres[song][0]], place[predicted[song]]] += 1
    correct = np.array([float(predicted[song] in genres[song]) for song in judged])
    return Classification(tuple(labels), np.array(judged, np.int64), correct, confusion)


@dataclass(frozen=True, slots=True)
class PlaylistScores:
    """The ten nearest songs of every seed song, each measure of shape (n,).

    Attributes
    ----------
    cohesion
        Share of the pairs among seed and list whose songs have a genre in common.
    seed_cohesion
        Share of the list's songs that have a genre in common with the seed.
    genre_entropy
        Entropy in bits of the genres of the list's songs, without the seed; a song with several
        genres counts for each in equal parts. 0: one genre only.
    """

    cohesion: Numbers
    seed_cohesion: Numbers
    genre_entropy: Numbers


def score_playlists(
    vectors: Vectors, membership: Booleans, excluded: Groups | None = None
) -> PlaylistScores:
    """Judge the playlist of every song: its nearest songs by Euclidean distance.

    Parameters
    ----------
    vectors
        Shape (n, dimension), n >= 2.
    membership
        Shape (n, genres).
    excluded
        Songs with the seed's number cannot be on its list: the artist filter. Seeds for which
        nothing is left get NaN.
    """
    distances = cdist(vectors, vectors)
    np.fill_diagonal(distances, np.inf)
    if excluded is not None:
        distances[excluded[:, None] == excluded] = np.inf
    shared = membership.astype(np.float64) @ membership.T.astype(np.float64) > 0
    weights = membership / np.maximum(membership.sum(axis=1, keepdims=True), 1)
    scores = np.full((3, len(vectors)), np.nan)
    for seed, row in enumerate(distances):
        listed = np.argsort(row, kind="stable")[:PLAYLIST_LENGTH]
        listed = listed[np.isfinite(row[listed])]
        if len(listed) == 0:
            continue
        everyone = np.append(listed, seed)
        first, second = np.triu_indices(len(everyone), 1)
        scores[0, seed] = shared[everyone[first], everyone[second]].mean()
        scores[1, seed] = shared[seed, listed].mean()
        scores[2, seed] = _entropy(weights[listed].sum(axis=0))
    return PlaylistScores(*scores)


def _entropy(weights: Numbers) -> float:
    shares = weights[weights > 0] / weights.sum() if weights.sum() > 0 else weights[:0]
    return float(-(shares * np.log2(shares)).sum()) + 0.0
