"""All numbers of one encoder on labelled clips: arrays in, estimates out.

Shapes: n clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from segue.tracks import Matrix
from segue.trainer.evaluation.bootstrap import Estimate, mean_interval
from segue.trainer.evaluation.genres import classify_by_neighbours, classify_by_probabilities
from segue.trainer.evaluation.labelled.label_scores import (
    LabelJudge,
    Labels,
    LabelScores,
    halves,
)
from segue.trainer.evaluation.labelled.read_out import CIRCUMPLEX, Published, name_key
from segue.trainer.evaluation.metrics import Booleans, Groups, precision_at
from segue.trainer.evaluation.scores import GenreAccuracy

Space: TypeAlias = Literal["own", "centred"]
"""``own``: vectors as the encoder gives them; ``centred``: less their mean over the clips."""

SPACES: tuple[Space, ...] = ("own", "centred")
NEIGHBOUR_CUTOFFS = (5, 10)

Precision: TypeAlias = Mapping[Space, Mapping[int, Estimate]]
"""Precision at k, by space and k."""


@dataclass(frozen=True, slots=True)
class LabelledScores:
    """Numbers of an encoder on labelled clips.

    Attributes
    ----------
    neighbours
        By ``genre`` and ``quadrant`` (of arousal and valence), as far as the labels allow.
    accuracies
        Among all genres that are published, then among those that were chosen.
    emotions
        Rank correlations with shares; AP and AUC of emotions that are 0 or 1.
    circumplex
        Arousal and valence.
    """

    neighbours: Mapping[str, Precision]
    genres: LabelScores
    accuracies: tuple[GenreAccuracy, ...]
    emotions: LabelScores
    circumplex: LabelScores


def score_labelled(
    labels: Labels,
    vectors: Matrix,
    published: Published,
    *,
    chosen_genres: Sequence[str] = (),
    seed: int = 1,
) -> LabelledScores:
    """Judge an encoder by its vectors and outputs for clips that people labelled.

    Intervals are over artists.

    Parameters
    ----------
    vectors
        Shape (n, dimension), compared by cosine.
    chosen_genres
        Genres that are told apart among each other, besides all together; passed over when the
        labels do not have all of them.
    seed
        Of the resampling.

    Raises
    ------
    ValueError
        When vectors and labels differ in length, or a vector is not finite.
    """
    if len(vectors) != len(labels.artists):
        raise ValueError(f"{len(vectors)} vectors for {len(labels.artists)} clips")
    neighbours = {}
    categories = {"genre": _genre_membership(labels), "quadrant": _quadrants(labels)}
    for name, membership in categories.items():
        if membership.any():
            neighbours[name] = _neighbour_precision(vectors, membership, labels.artists, seed)
    judge = LabelJudge(labels, published, seed)
    choices: list[Sequence[str]] = [()] if labels.genre_names else []
    present = set(map(name_key, labels.genre_names))
    if chosen_genres and present.issuperset(map(name_key, chosen_genres)):
        choices.append(chosen_genres)
    return LabelledScores(
        neighbours,
        judge.genres(),
        tuple(_accuracy(labels, vectors, published, among, seed) for among in choices),
        judge.emotions(),
        judge.circumplex(),
    )


def cosine_space(vectors: Matrix, space: Space) -> Matrix:
    """Unit vectors, whose Euclidean distance orders as the cosine does, shape (n, dimension).

    A vector without direction stays zero: it is equally far from all others.
    """
    moved = np.asarray(vectors, np.float64)
    if not np.isfinite(moved).all():
        raise ValueError("vectors are not finite")
    if space == "centred":
        moved = moved - moved.mean(axis=0)
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.where(lengths > 1e-12, lengths, 1.0), np.float32)


def _genre_membership(labels: Labels) -> Booleans:
    """Shape (n, genres)."""
    names = labels.genre_names
    return np.array([[name in own for name in names] for own in labels.genres], np.bool_)


def _quadrants(labels: Labels) -> Booleans:
    """Which of the four quadrants of arousal and valence a clip lies in, shape (n, 4)."""
    if not all(name in labels.emotions for name in CIRCUMPLEX):
        return np.zeros((len(labels.genres), 0), np.bool_)
    arousal, valence = (halves(labels.emotions[name]) for name in CIRCUMPLEX)
    return np.stack(
        [(arousal == high) & (valence == right) for high in (0, 1) for right in (0, 1)], axis=1
    )


def _neighbour_precision(
    vectors: Matrix, membership: Booleans, artists: Groups, seed: int
) -> Precision:
    """Clips without a category are neither queries nor neighbours."""
    judged = membership.any(axis=1)
    own = artists[judged]
    found: dict[Space, dict[int, Estimate]] = {}
    for space in SPACES:
        near = cosine_space(vectors[judged], space)
        precision = precision_at(near, membership[judged], own, NEIGHBOUR_CUTOFFS)
        found[space] = {k: mean_interval(values, own, seed=seed) for k, values in precision.items()}
    return found


def _accuracy(
    labels: Labels, vectors: Matrix, published: Published, among: Sequence[str], seed: int
) -> GenreAccuracy:
    """How often a clip's genre is told from the others: of all that are published, or of some.

    NaN when one of those that were chosen is not published: without it the task is an easier one.
    """
    genres = [tuple(dict.fromkeys(map(name_key, own))) for own in labels.genres]
    shown = {name_key(genre): genre for genre in reversed(labels.genre_names)}
    wanted = tuple(dict.fromkeys(map(name_key, among))) or tuple(sorted(shown))
    if published.has_genres:
        method = "probabilities"
        read = {genre: published.genre(genre) for genre in wanted}
        columns = {genre: one.scores for genre, one in read.items() if one is not None}
        names = tuple(columns) if not among or len(columns) == len(wanted) else ()
        made = classify_by_probabilities(
            np.stack([columns[name] for name in names], axis=1)
            if names
            else np.zeros((len(genres), 0)),
            names,
            [tuple(genre for genre in own if genre in names) for own in genres],
            among=wanted,
        )
    else:
        method = "neighbours"
        made = classify_by_neighbours(
            cosine_space(vectors, "own"), genres, labels.artists, among=wanted
        )
    accuracy = mean_interval(made.correct, labels.artists[made.songs], seed=seed)
    found = tuple(shown.get(label, label) for label in made.labels)
    return GenreAccuracy(method, accuracy, found, made.confusion)
