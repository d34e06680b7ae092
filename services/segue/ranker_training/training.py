"""From what listeners did to a ranker that can be published.

Listeners fall into three parts at random: trees are learned from the searches of the first, added
for as long as those of the second get better, and measured on those of the third. What the
searches know ends before anything that they are to find: see :mod:`segue.ranker_training.searches`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segue.collaborative.cold_start import with_cold_tracks
from segue.collaborative.evaluation.ranking_metrics import Interval, interval
from segue.collaborative.listening import Listening
from segue.collaborative.training import learnt
from segue.errors import RankerNotLearned
from segue.ranker import Trees
from segue.ranker_training.catalogue import Catalogue
from segue.ranker_training.comparison import compared, orders
from segue.ranker_training.learning import Examples, K, learned
from segue.ranker_training.searches import Knowledge, Searches

ANONYMOUS_SHARE = 0.25
"""Of the searches that are learned from: services are asked without a listener too."""

LEAST_LISTENERS = 10

MOST_LISTENERS = 4_000
"""Whose searches are made: more say little more, and each takes a kilobyte per candidate."""

_TRAINED, _VALIDATED = 0.7, 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A ranker, and how good it is.

    Attributes
    ----------
    groups, listeners
        Searches that it has learned from, and whose they were.
    ndcg
        At 10, on the searches of other listeners, by the name of the order; empty where nobody
        asked.
    tested
        How many listeners those were.
    """

    trees: Trees
    groups: int
    listeners: int
    ndcg: Mapping[str, Interval]
    tested: int


def knowledge(
    before: Listening,
    after: Listening,
    catalogue: Catalogue,
    *,
    model: str,
    factors: int,
    year: int,
    cold_start: bool = True,
    seed: int = 0,
) -> Knowledge:
    """Learn factors from what was heard before a moment.

    Parameters
    ----------
    cold_start
        Whether tracks that nobody heard get factors too, from their artists and from audio.
    """
    table, listeners = learnt(before, model, factors=factors, seed=seed)
    if cold_start:
        table, _ = with_cold_tracks(table, catalogue.cold)
    return Knowledge(catalogue, table, listeners, before, after, year)


def trained(
    known: Knowledge, *, evaluate: bool, seed: int = 0, seeds_each: int = 3, k: int = K
) -> Learned:
    """Learn a ranker.

    Parameters
    ----------
    evaluate
        Whether to compare it with the plain orders, at ``k``.

    Raises
    ------
    RankerNotLearned
        When too few listeners heard something before and something else after the moment.
    """
    searches = Searches(known, seeds_each=seeds_each, seed=seed)
    users = searches.listeners()
    if len(users) < LEAST_LISTENERS:
        raise RankerNotLearned(
            f"{len(users)} listeners heard tracks of the catalogue before the moment and others "
            f"after it, and {LEAST_LISTENERS} are needed"
        )
    first, second, third = parts(users, seed)
    trees, examples = learned_from(searches, first, second, seed=seed)
    ndcg: dict[str, Interval] = {}
    if evaluate:
        found = compared(searches.of(third), orders(trees), k=k)
        ndcg = {name: interval(one.ndcg) for name, one in found.items()}
    tested = len(third) if evaluate else 0
    return Learned(trees, len(examples.groups), examples.listeners, ndcg, tested)


def learned_from(
    searches: Searches, first: Sequence[str], second: Sequence[str], *, seed: int
) -> tuple[Trees, Examples]:
    """Trees from the searches of some listeners, their number by those of others.

    Raises
    ------
    RankerNotLearned
        When either have too few searches with something to be found among the candidates.
    """
    train, validation = (
        Examples.of(searches.of(part, anonymous_share=ANONYMOUS_SHARE), seed=seed)
        for part in (first, second)
    )
    return learned(train, validation, seed=seed), train


def parts(users: Sequence[str], seed: int) -> tuple[list[str], list[str], list[str]]:
    """Listeners to learn from, to stop by and to measure on: at random, none of them twice."""
    order = np.random.default_rng(seed).permutation(len(users))[:MOST_LISTENERS]
    shuffled = [users[place] for place in order.tolist()]
    first = int(len(shuffled) * _TRAINED)
    second = first + int(len(shuffled) * _VALIDATED)
    return shuffled[:first], shuffled[first:second], shuffled[second:]
