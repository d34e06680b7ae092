"""All numbers of one encoder on labelled clips: arrays in, estimates out.

Shapes: n clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from segue.tracks import Matrix
from segue.trainer.evaluation.bootstrap import (
    Estimate,
    Weights,
    mean_interval,
    percentile_interval,
    resampled,
)
from segue.trainer.evaluation.genres import classify_by_neighbours, classify_by_probabilities
from segue.trainer.evaluation.labelled.read_out import CIRCUMPLEX, Published, ReadOut, name_key
from segue.trainer.evaluation.labelled.weighted import (
    area_under_curve,
    rank_correlation,
    weighted_average_precision,
)
from segue.trainer.evaluation.metrics import Booleans, Groups, Numbers, precision_at
from segue.trainer.evaluation.scores import GenreAccuracy

Space: TypeAlias = Literal["own", "centred"]
"""``own``: vectors as the encoder gives them; ``centred``: less their mean over the clips."""

SPACES: tuple[Space, ...] = ("own", "centred")
NEIGHBOUR_CUTOFFS = (5, 10)


@dataclass(frozen=True, slots=True)
class Labels:
    """What people said of n clips.

    Attributes
    ----------
    genres
        Of each clip, the first being the chief one; empty where nobody said.
    artists
        Shape (n,): equal numbers mean one artist. A clip of an unknown artist has its own.
    emotions
        By name, shape (n,): shares in [0, 1] or 0 and 1; ``arousal`` and ``valence`` on any scale.
        NaN where nobody said.
    """

    genres: Sequence[tuple[str, ...]]
    artists: Groups
    emotions: Mapping[str, Numbers]

    def __post_init__(self) -> None:
        lengths = {len(self.genres), len(self.artists), *map(len, self.emotions.values())}
        if len(lengths) != 1:
            raise ValueError(f"labels of different lengths: {sorted(lengths)}")

    @property
    def genre_names(self) -> tuple[str, ...]:
        """All genres, in order of the alphabet."""
        return tuple(sorted({genre for own in self.genres for genre in own}))


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How well a label is read out of an encoder's outputs.

    Attributes
    ----------
    label
        Genre or emotion, or ``arousal`` or ``valence``.
    read_out
        The outputs that were read, such as ``-calm``; empty when the model does not publish it.
    measures
        By name: ``ap`` and ``auc`` of what is there or not, ``spearman`` of shares. Empty when the
        model does not publish the label. The count of an estimate is that of the clips with the
        label, of a correlation that of all clips.
    """

    label: str
    read_out: str
    measures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class LabelScores:
    """Scores of several labels and their means over the labels that are published.

    Attributes
    ----------
    means
        By measure; the count of an estimate is that of the labels.
    """

    labels: tuple[LabelScore, ...]
    means: Mapping[str, Estimate]

    @property
    def not_published(self) -> tuple[str, ...]:
        """Labels that the means leave out because the model does not publish them."""
        return tuple(one.label for one in self.labels if not one.read_out)


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
    judge = _Judge(labels.artists, seed)
    choices: list[Sequence[str]] = [()] if labels.genre_names else []
    present = set(map(name_key, labels.genre_names))
    if chosen_genres and present.issuperset(map(name_key, chosen_genres)):
        choices.append(chosen_genres)
    return LabelledScores(
        neighbours,
        judge.genres(labels, published),
        tuple(_accuracy(labels, vectors, published, among, seed) for among in choices),
        judge.emotions(labels, published),
        judge.circumplex(labels, published),
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


class _Judge:
    """Scores labels under the resamples of one seed."""

    def __init__(self, artists: Groups, seed: int) -> None:
        self._artists = artists
        self._seed = seed

    def genres(self, labels: Labels, published: Published) -> LabelScores:
        known = np.array([bool(own) for own in labels.genres])
        targets = {
            genre: np.where(known, [float(genre in own) for own in labels.genres], np.nan)
            for genre in labels.genre_names
        }
        return self._scores(targets, {name: published.genre(name) for name in targets})

    def emotions(self, labels: Labels, published: Published) -> LabelScores:
        targets = {
            name: values for name, values in labels.emotions.items() if name not in CIRCUMPLEX
        }
        return self._scores(targets, {name: published.emotion(name) for name in targets})

    def circumplex(self, labels: Labels, published: Published) -> LabelScores:
        targets = {
            name: _halves(labels.emotions[name]) for name in CIRCUMPLEX if name in labels.emotions
        }
        return self._scores(targets, {name: published.axis(name) for name in targets})

    def _scores(
        self, targets: Mapping[str, Numbers], read: Mapping[str, ReadOut | None]
    ) -> LabelScores:
        scores = []
        draws: dict[str, list[Numbers]] = {}
        for label, target in targets.items():
            found = read[label]
            measures: dict[str, Estimate] = {}
            if found is not None:
                for name, values in self._measured(target, found.scores).items():
                    counted = np.isfinite(target) if name == "spearman" else target > 0
                    measures[name] = percentile_interval(values, int(counted.sum()))
                    draws.setdefault(name, []).append(values)
            scores.append(LabelScore(label, "" if found is None else found.what, measures))
        means = {name: _mean_of(np.stack(values)) for name, values in draws.items()}
        return LabelScores(tuple(scores), means)

    def _measured(self, target: Numbers, scores: Numbers) -> dict[str, Numbers]:
        """Each measure as it is and under all resamples, shape (1 + resamples,)."""
        known = np.isfinite(target)
        if not known.any():
            return {}
        here, there = scores[known], target[known]
        if not _is_binary(there):
            names: tuple[str, ...] = ("spearman",)

            def statistic(weights: Weights) -> Numbers:
                return rank_correlation(here, there, weights)[None]
        else:
            names = ("ap", "auc")

            def statistic(weights: Weights) -> Numbers:
                return np.stack(
                    [
                        weighted_average_precision(here, there > 0, weights),
                        area_under_curve(here, there > 0, weights),
                    ]
                )

        found = resampled(statistic, self._artists[known], seed=self._seed)
        return dict(zip(names, found, strict=True))


def _genre_membership(labels: Labels) -> Booleans:
    """Shape (n, genres)."""
    names = labels.genre_names
    return np.array([[name in own for name in names] for own in labels.genres], np.bool_)


def _quadrants(labels: Labels) -> Booleans:
    """Which of the four quadrants of arousal and valence a clip lies in, shape (n, 4)."""
    if not all(name in labels.emotions for name in CIRCUMPLEX):
        return np.zeros((len(labels.genres), 0), np.bool_)
    arousal, valence = (_halves(labels.emotions[name]) for name in CIRCUMPLEX)
    return np.stack(
        [(arousal == high) & (valence == right) for high in (0, 1) for right in (0, 1)], axis=1
    )


def _halves(values: Numbers) -> Numbers:
    """1 above the median of the known values and 0 at or below it; 0 and 1 stay as they are."""
    known = np.isfinite(values)
    if not known.any() or _is_binary(values[known]):
        return values
    return np.where(known, values > np.median(values[known]), np.nan)


def _is_binary(values: Numbers) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


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


def _mean_of(draws: Numbers) -> Estimate:
    """Mean over labels, draw by draw; shape (labels, 1 + resamples)."""
    there = np.isfinite(draws)
    counts = there.sum(axis=0)
    means = np.divide(
        np.where(there, draws, 0.0).sum(axis=0),
        counts,
        out=np.full(draws.shape[1], np.nan),
        where=counts > 0,
    )
    return percentile_interval(means, int(counts[0]))
