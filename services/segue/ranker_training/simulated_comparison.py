"""Orders on the simulated catalogue, by the share of its tracks that nobody could have heard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from segue.collaborative.evaluation.ranking_metrics import Interval
from segue.ranker_training.comparison import COLLABORATIVE, LEARNED, Measures, compared, orders
from segue.ranker_training.searches import Searches
from segue.ranker_training.simulation import YEAR, World, simulate
from segue.ranker_training.training import knowledge, learned_from, parts

K = 20
COLD_SHARES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
REPETITIONS = 5

MODEL, FACTORS = "als", 32
_SEEDS_EACH = 2


WITHOUT_COLD_START = "collaborative, no cold start"


@dataclass(frozen=True, slots=True)
class Line:
    """One order at one share of cold tracks; means over repetitions with 95 % intervals.

    Attributes
    ----------
    lead
        Of the learned ranker in NDCG, repetition by repetition: what catalogues differ in is out of
        it.
    """

    cold_share: float
    order: str
    ndcg: Interval
    recall: Interval
    lead: Interval


def compare_simulated(
    world: World,
    *,
    cold_shares: Sequence[float] = COLD_SHARES,
    repetitions: int = REPETITIONS,
    seed: int = 0,
) -> list[Line]:
    """Simulate, learn and measure at k = 20, each repetition with another catalogue.

    The ranker learns from some listeners, and all orders are measured on the others.
    """
    lines = []
    for cold_share in cold_shares:
        runs = [_run(world, cold_share, seed + number) for number in range(repetitions)]
        lines += [
            Line(
                cold_share,
                order,
                over_repetitions([float(run[order].ndcg.mean()) for run in runs]),
                over_repetitions([float(run[order].recall.mean()) for run in runs]),
                over_repetitions(
                    [float(run[LEARNED].ndcg.mean() - run[order].ndcg.mean()) for run in runs]
                ),
            )
            for order in runs[0]
        ]
    return lines


def write_lines(
    lines: Sequence[Line], world: World, path: Path, *, repetitions: int, seed: int
) -> None:
    """Write a comparison as JSON; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {
        "world": asdict(world),
        "repetitions": repetitions,
        "seed": seed,
        "lines": [asdict(one) for one in lines],
    }
    path.write_text(json.dumps(said, indent=1) + "\n")


def over_repetitions(values: Sequence[float]) -> Interval:
    """Mean with its 95 % interval by Student's t; without a width where there is one value."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, mean, mean)
    half = float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return Interval(mean, mean - half, mean + half)


def _run(world: World, cold_share: float, seed: int) -> dict[str, Measures]:
    drawn = simulate(world, cold_share=cold_share, seed=seed)

    def made(*, cold_start: bool) -> Searches:
        known = knowledge(
            drawn.before,
            drawn.after,
            drawn.catalogue,
            model=MODEL,
            factors=FACTORS,
            year=YEAR,
            cold_start=cold_start,
            seed=seed,
        )
        return Searches(known, seeds_each=_SEEDS_EACH, seed=seed)

    searches = made(cold_start=True)
    first, second, third = parts(searches.listeners(), seed)
    trees, _ = learned_from(searches, first, second, seed=seed)
    found = compared(searches.of(third), orders(trees), k=K)
    alone = {COLLABORATIVE: orders(None)[COLLABORATIVE]}
    without = compared(made(cold_start=False).of(third), alone, k=K)
    return {**found, WITHOUT_COLD_START: without[COLLABORATIVE]}
