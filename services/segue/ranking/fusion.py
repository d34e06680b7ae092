"""Fusion of acoustic and collaborative scores into one order. Pure functions.

Both sides come as mappings from track id to a finite score, higher is better, each on a scale of
its own. A track that one side does not know gets nothing from that side: a calibrated score of 0,
or no rank. Every result holds the union of both sides' tracks, with scores in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from segue.mix import FusionMethod

Scores: TypeAlias = Mapping[str, float]
"""Track id to finite score, higher is better."""

RANK_CONSTANT = 60
"""k of reciprocal rank fusion, as in its paper."""


def fuse(
    acoustic: Scores, collaborative: Scores, *, method: FusionMethod, weight: float
) -> dict[str, float]:
    """Fuse two sides; ``weight`` in [0, 1] is the collaborative share.

    Raises
    ------
    ValueError
        When ``weight`` lies outside [0, 1].
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"weight = {weight} lies outside [0, 1]")
    return _FUSIONS[method](acoustic, collaborative, weight)


def weighted_sum(acoustic: Scores, collaborative: Scores, weight: float) -> dict[str, float]:
    """``(1 - weight) · acoustic + weight · collaborative``, each calibrated to [0, 1] by its range.

    CombSUM with min-max calibration: Fox and Shaw, "Combination of multiple searches" (1994); Lee,
    "Analyses of multiple evidence combination" (1997).
    """
    return _mix(calibrate_range(acoustic), calibrate_range(collaborative), weight)


def reciprocal_rank(acoustic: Scores, collaborative: Scores, weight: float) -> dict[str, float]:
    """``(1 - weight) / (k + acoustic rank) + weight / (k + collaborative rank)``, times ``k + 1``.

    Ranks count from 1, equal scores share the better rank, and an absent rank adds nothing. The
    factor lets a track that leads both sides score 1; it changes no order. Cormack, Clarke and
    Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods"
    (2009), with k = 60; the weights are an extension.
    """
    return _mix(_reciprocal_ranks(acoustic), _reciprocal_ranks(collaborative), weight)


def distribution_based(acoustic: Scores, collaborative: Scores, weight: float) -> dict[str, float]:
    """Weighted sum of the sides, each scaled by its mean ± 3 standard deviations.

    Mazzeschi, "Distribution-based score fusion" (2023). A single outlier moves this scale less than
    it moves a min-max range.
    """
    return _mix(calibrate_distribution(acoustic), calibrate_distribution(collaborative), weight)


def calibrate_range(scores: Scores) -> dict[str, float]:
    """Scale to [0, 1] by the smallest and largest score; where all are equal, each gets 1."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    # Exactly equal: equal vectors are equally similar, and scores of a recommender are as given.
    if low == high:
        return dict.fromkeys(scores, 1.0)
    # Halved first: the difference of two finite numbers may overflow.
    span = high / 2 - low / 2
    return {track: min(1.0, (score / 2 - low / 2) / span) for track, score in scores.items()}


def calibrate_distribution(scores: Scores) -> dict[str, float]:
    """Scale so that mean - 3σ becomes 0 and mean + 3σ becomes 1, clipped to [0, 1].

    σ is the sample standard deviation; where it is 0 (one score, or all equal) each gets 0.5.
    """
    # The fusion does not depend on the scale, and in [0, 1] no square can overflow.
    scaled = calibrate_range(scores)
    if len(scaled) < 2:
        return dict.fromkeys(scaled, 0.5)
    mean = sum(scaled.values()) / len(scaled)
    variance = sum((score - mean) ** 2 for score in scaled.values()) / (len(scaled) - 1)
    if variance == 0:  # all are exactly 1
        return dict.fromkeys(scaled, 0.5)
    spread = 6 * variance**0.5
    return {
        track: min(1.0, max(0.0, 0.5 + (score - mean) / spread)) for track, score in scaled.items()
    }


def ordered(scores: Scores) -> list[str]:
    """Track ids by falling score, ties by rising id."""
    return sorted(scores, key=lambda track: (-scores[track], track))


def _reciprocal_ranks(scores: Scores) -> dict[str, float]:
    parts: dict[str, float] = {}
    rank, previous = 0, float("nan")
    for position, track in enumerate(ordered(scores), start=1):
        if scores[track] != previous:  # ties are exact, as in the range above
            rank, previous = position, scores[track]
        parts[track] = (RANK_CONSTANT + 1) / (RANK_CONSTANT + rank)
    return parts


def _mix(acoustic: Scores, collaborative: Scores, weight: float) -> dict[str, float]:
    tracks: Sequence[str] = list(dict.fromkeys((*acoustic, *collaborative)))
    return {
        track: (1 - weight) * acoustic.get(track, 0.0) + weight * collaborative.get(track, 0.0)
        for track in tracks
    }


_FUSIONS: Mapping[FusionMethod, Callable[[Scores, Scores, float], dict[str, float]]] = {
    FusionMethod.WEIGHTED_SUM: weighted_sum,
    FusionMethod.RECIPROCAL_RANK: reciprocal_rank,
    FusionMethod.DISTRIBUTION_BASED: distribution_based,
}
