"""Genres and emotions read out of a model's outputs, held against what people said.

Shapes: n clips.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segue.trainer.evaluation.bootstrap import Estimate, Weights, percentile_interval, resampled
from segue.trainer.evaluation.labelled.read_out import CIRCUMPLEX, Published, ReadOut
from segue.trainer.evaluation.labelled.weighted import (
    area_under_curve,
    calibration_error,
    rank_correlation,
    weighted_average_precision,
)
from segue.trainer.evaluation.metrics import Booleans, Groups, Numbers


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
        By name: ``ap`` and ``auc`` of what is there or not, ``calibration`` of genres whose scores
        all lie in [0, 1], ``spearman`` of shares. Empty when the model does not publish the label.
        The count of an estimate is that of the clips with the label, of a correlation that of all
        clips.
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


class LabelJudge:
    """Scores labels by what is read for them, under the same resamples of artists for all.

    Parameters
    ----------
    labels
        What people said of n clips.
    published
        What a model says of them.
    seed
        Of the resampling.
    """

    def __init__(self, labels: Labels, published: Published, seed: int) -> None:
        self._labels = labels
        self._published = published
        self._seed = seed

    def genres(self) -> LabelScores:
        """AP, AUC and calibration error of every genre, over the clips that have one."""
        known = np.array([bool(own) for own in self._labels.genres])
        targets = {
            genre: np.where(known, [float(genre in own) for own in self._labels.genres], np.nan)
            for genre in self._labels.genre_names
        }
        read = {name: self._published.genre(name) for name in targets}
        scores = [one.scores for one in read.values() if one is not None]
        probable = all(bool(((column >= 0.0) & (column <= 1.0)).all()) for column in scores)
        return self._scores(targets, read, probable=probable)

    def emotions(self) -> LabelScores:
        """AP and AUC of emotions that are 0 or 1, rank correlations of the others."""
        targets = {
            name: values for name, values in self._labels.emotions.items() if name not in CIRCUMPLEX
        }
        return self._scores(targets, {name: self._published.emotion(name) for name in targets})

    def circumplex(self) -> LabelScores:
        """AP and AUC of high arousal and high valence."""
        targets = {
            name: halves(self._labels.emotions[name])
            for name in CIRCUMPLEX
            if name in self._labels.emotions
        }
        return self._scores(targets, {name: self._published.axis(name) for name in targets})

    def _scores(
        self,
        targets: Mapping[str, Numbers],
        read: Mapping[str, ReadOut | None],
        *,
        probable: bool = False,
    ) -> LabelScores:
        """Score each label by what is read; ``probable``: that is a probability."""
        scores = []
        draws: dict[str, list[Numbers]] = {}
        for label, target in targets.items():
            found = read[label]
            measures: dict[str, Estimate] = {}
            if found is not None:
                for name, values in self._measured(target, found.scores, probable).items():
                    counted = np.isfinite(target) if name == "spearman" else target > 0
                    measures[name] = percentile_interval(values, int(counted.sum()))
                    draws.setdefault(name, []).append(values)
            scores.append(LabelScore(label, "" if found is None else found.what, measures))
        means = {name: _mean_of(np.stack(values)) for name, values in draws.items()}
        return LabelScores(tuple(scores), means)

    def _measured(self, target: Numbers, scores: Numbers, probable: bool) -> dict[str, Numbers]:
        """Each measure as it is and under all resamples, shape (1 + resamples,)."""
        known = np.isfinite(target)
        if not known.any():
            return {}
        here, there = scores[known], target[known]
        if not _is_binary(there):
            names: tuple[str, ...] = ("spearman",)

            def statistic(weights: Weights) -> Numbers:
                return rank_correlation(here, there, weights[:, known])[None]
        else:
            judged: list[Callable[[Numbers, Booleans, Weights], Numbers]]
            judged = [weighted_average_precision, area_under_curve]
            names = ("ap", "auc")
            if probable:
                judged.append(calibration_error)
                names = ("ap", "auc", "calibration")

            def statistic(weights: Weights) -> Numbers:
                return np.stack([one(here, there > 0, weights[:, known]) for one in judged])

        # Of all clips, so that labels with different empty cells still have the same draws.
        found = resampled(statistic, self._labels.artists, seed=self._seed)
        return dict(zip(names, found, strict=True))


def halves(values: Numbers) -> Numbers:
    """1 above the median of the known values and 0 at or below it; 0 and 1 stay as they are."""
    known = np.isfinite(values)
    if not known.any() or _is_binary(values[known]):
        return values
    return np.where(known, values > np.median(values[known]), np.nan)


def _is_binary(values: Numbers) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


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
