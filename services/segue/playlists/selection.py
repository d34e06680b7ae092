"""How many of the candidates make a playlist of a length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MOST_TRACKS = 500
"""In a playlist."""

MOST_MINUTES = 1_440.0

DEFAULT_TRACKS = 20

_SPREAD = 0.5
"""How far likeness is shaken, in standard deviations of the candidates' likeness."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a playlist is to be: in tracks, or in seconds where those are not None."""

    tracks: int = DEFAULT_TRACKS
    seconds: float | None = None


def nearest_count(durations_seconds: Sequence[float], seconds: float) -> int:
    """How many of the tracks, from the first, come nearest to a length; at least 1 where there are any.

    Of two that come as near, the shorter one.
    """
    if not len(durations_seconds):
        return 0
    return int(np.argmin(np.abs(np.cumsum(durations_seconds) - seconds))) + 1


def shaken(similarities: npt.NDArray[np.float64], random_seed: int) -> npt.NDArray[np.float64]:
    """Similarities with something added that a number decides, shape (n,); 0 adds nothing.

    Gumbel noise: choosing the largest of the sums draws without replacement, the more similar the
    likelier (Kool, van Hoof and Welling, ICML 2019).
    """
    if not random_seed or not len(similarities):
        return similarities
    draw = np.random.default_rng(random_seed & (2**64 - 1))
    spread = _SPREAD * float(similarities.std())
    return similarities + spread * draw.gumbel(size=len(similarities))
