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

SUGGESTIONS_UNDER_FILTER = 500
"""Tracks that it is asked for where the search has a filter, which most of them may not satisfy:
the best ``SUGGESTIONS`` of those that do are added."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How to mix.

    Attributes
    ----------
    method
        None: ``DEFAULT_METHOD``, or as the published ranker has learned it.
    weight
        Share of the collaborative side, in [0, 1]; None: ``DEFAULT_WEIGHT``, or as the published
        ranker has learned it, which makes no use of a weight.
    user_id
        Listener whose scores are asked for; may be empty.
    scores
        Used instead of those of the configured source; None: that source is asked.
    """

    method: FusionMethod | None = None
    weight: float | None = None
    user_id: str = ""
    scores: Mapping[str, float] | None = None

    @property
    def leaves_order_open(self) -> bool:
        """Whether a ranker may order: neither method nor weight is asked for."""
        return self.method is None and self.weight is None

    @property
    def share(self) -> float:
        """Share of the collaborative side in a fusion, in [0, 1]."""
        return DEFAULT_WEIGHT if self.weight is None else self.weight
