"""Mixing acoustic similarity with collaborative scores: what is asked for, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class FusionMethod(Enum):
    """How two orders become one."""

    WEIGHTED_SUM = "weighted_sum"
    RECIPROCAL_RANK = "reciprocal_rank"
    DISTRIBUTION_BASED = "distribution_based"


class MixStatus(Enum):
    """What became of the mix."""

    NOT_ASKED = "not_asked"
    USED = "used"
    UNAVAILABLE = "unavailable"
    NO_SCORES = "no_scores"


DEFAULT_METHOD = FusionMethod.WEIGHTED_SUM
DEFAULT_WEIGHT = 0.5

CANDIDATES = 200
"""Acoustic candidates of a mixed search: all its pages together rank these and the suggestions."""

SUGGESTIONS = 50
"""Tracks that a collaborative source may add to a mixed search."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How to mix.

    Attributes
    ----------
    method
        None: as the published ranker has learned it, and ``DEFAULT_METHOD`` where there is none.
    weight
        Share of the collaborative side, in [0, 1].
    user_id
        Listener whose scores are asked for; may be empty.
    scores
        Used instead of those of the configured source; None: that source is asked.
    """

    method: FusionMethod | None = None
    weight: float = DEFAULT_WEIGHT
    user_id: str = ""
    scores: Mapping[str, float] | None = None
