"""What listeners say of systems: means, differences, wins, and how far raters agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from segue.errors import InvalidRequest
from segue.listening_test.ratings import Rating
from segue.trainer.evaluation.bootstrap import RESAMPLES, Estimate, percentile_interval

LEAST_ANSWERS = 10
LEAST_QUERIES = 5

Numbers = npt.NDArray[np.float64]


class RatingsTooFew(InvalidRequest):
    """Too little was rated to say anything of it."""

    reason = "RATINGS_TOO_FEW"
    next_step = "Have more trials rated: segue listening show tells how far it is."


@dataclass(frozen=True, slots=True)
class SystemRating:
    """How one system is rated.

    Attributes
    ----------
    mean
        Rating, from 1 to 10.
    best
        Share of answered trials in which no other system is rated higher; of a tie its part.
    """

    name: str
    mean: Estimate
    best: Estimate


@dataclass(frozen=True, slots=True)
class SystemDifference:
    """Two systems, trial by trial.

    Attributes
    ----------
    difference
        Mean of what the first is rated above the second.
    won, tied, lost
        Shares of trials that the first wins, that are even, and that it loses; ``won`` with its
        interval.
    """

    first: str
    second: str
    difference: Estimate
    won: Estimate
    tied: float
    lost: float


@dataclass(frozen=True, slots=True)
class RatingsResult:
    """A listening test, evaluated.

    Attributes
    ----------
    queries, raters, answers
        How many; an answer is one trial of one rater.
    systems
        By falling mean.
    agreement
        Krippendorff's alpha for intervals; NaN when no candidate has two ratings, or all ratings
        are the same.
    """

    queries: int
    raters: int
    answers: int
    systems: tuple[SystemRating, ...]
    differences: tuple[SystemDifference, ...]
    agreement: float


def evaluate_ratings(ratings: Sequence[Rating], *, seed: int) -> RatingsResult:
    """Evaluate a listening test.

    Intervals hold for other queries and other raters: both are drawn anew, with replacement, each
    rating counting as often as its query times its rater (A. B. Owen, The pigeonhole bootstrap,
    Annals of Applied Statistics 1, 2007). Answers that lack a system are left out.

    Parameters
    ----------
    seed
        The same seed gives the same intervals.

    Raises
    ------
    RatingsTooFew
        When there are fewer than 10 answers, fewer than 5 queries, or one system alone.
    """
    names = tuple(sorted({one.system for one in ratings}))
    answers = _whole_answers(ratings, names)
    trials = sorted({trial for trial, _ in answers})
    raters = sorted({rater for _, rater in answers})
    if len(names) < 2 or len(answers) < LEAST_ANSWERS or len(trials) < LEAST_QUERIES:
        raise RatingsTooFew(
            f"there are {len(answers)} whole answers to {len(trials)} queries, of {len(names)} "
            f"systems; it takes {LEAST_ANSWERS}, {LEAST_QUERIES} and 2"
        )
    given = np.array([[one[name] for name in names] for one in answers.values()], np.float64)
    resampling = _Resampling(
        np.array([trials.index(trial) for trial, _ in answers]),
        np.array([raters.index(rater) for _, rater in answers]),
        seed,
    )
    top = given == given.max(axis=1, keepdims=True)
    best = top / top.sum(axis=1, keepdims=True)
    systems = [
        SystemRating(name, resampling.mean(given[:, place]), resampling.mean(best[:, place]))
        for place, name in enumerate(names)
    ]
    systems.sort(key=lambda one: (-one.mean.value, one.name))
    differences = [
        _difference(first, second, given[:, names.index(first)], given[:, names.index(second)],
                    resampling)
        for first, second in combinations([one.name for one in systems], 2)
    ]  # fmt: skip
    return RatingsResult(
        len(trials),
        len(raters),
        len(answers),
        tuple(systems),
        tuple(differences),
        agreement_of(ratings),
    )


def agreement_of(ratings: Sequence[Rating]) -> float:
    """Krippendorff's alpha, with the squared difference of ratings as their distance.

    1: raters agree on every candidate; 0: as much as by chance. What several systems answer with is
    one candidate. (K. Krippendorff, Content Analysis, 2004, chapter 11.)
    """
    units: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for one in ratings:
        units[one.trial, one.candidate][one.rater] = one.rating
    paired = [np.array([*said.values()], np.float64) for said in units.values() if len(said) > 1]
    if not paired:
        return float("nan")
    every = np.concatenate(paired)
    # Squared differences of all pairs add up to twice n times the squares about the mean.
    observed = sum(2 * len(one) * one.var() * len(one) / (len(one) - 1) for one in paired)
    expected = 2 * len(every) * every.var() * len(every) / (len(every) - 1)
    return float(1 - observed / expected) if expected > 0 else float("nan")


def _whole_answers(
    ratings: Sequence[Rating], names: Sequence[str]
) -> dict[tuple[str, str], dict[str, int]]:
    found: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for one in ratings:
        found[one.trial, one.rater][one.system] = one.rating
    return {key: said for key, said in sorted(found.items()) if len(said) == len(names)}


def _difference(
    first: str, second: str, of_first: Numbers, of_second: Numbers, resampling: _Resampling
) -> SystemDifference:
    above = of_first - of_second
    return SystemDifference(
        first,
        second,
        resampling.mean(above),
        resampling.mean((above > 0).astype(np.float64)),
        float((above == 0).mean()),
        float((above < 0).mean()),
    )


class _Resampling:
    """Means over answers, with intervals over their queries and raters.

    Parameters
    ----------
    queries, raters
        Shape (n,): number of the query, and of the rater, of each answer.
    """

    def __init__(
        self, queries: npt.NDArray[np.int64], raters: npt.NDArray[np.int64], seed: int
    ) -> None:
        self._queries, self._raters = queries, raters
        self._shape = (int(queries.max()) + 1, int(raters.max()) + 1)
        rng = np.random.default_rng(seed)
        self._of_query, self._of_rater = (
            rng.multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(np.float64)
            for count in self._shape
        )
        self._weights = self._drawn(np.ones(len(queries)))

    def mean(self, values: Numbers) -> Estimate:
        """Mean of values, shape (n,)."""
        with np.errstate(invalid="ignore"):  # a draw may hold no answer at all
            drawn = self._drawn(values) / self._weights
        return percentile_interval(np.concatenate([[values.mean()], drawn]), len(values))

    def _drawn(self, values: Numbers) -> Numbers:
        """Sums of values under each draw, shape (``RESAMPLES``,)."""
        table = np.zeros(self._shape)
        np.add.at(table, (self._queries, self._raters), values)
        sums: Numbers = ((self._of_query @ table) * self._of_rater).sum(axis=1)
        return sums
