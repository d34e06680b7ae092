"""Where a ranker that has learned takes the place of a fusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
"""Shape (candidates,), float64."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of the candidates of one search; each of shape (candidates,).

    NaN stands for what is not known.

    Attributes
    ----------
    acoustic, passage, genre
        Similarities of song vectors (or what else the search compares), of the best passage, and in
        the genre space.
    sound, style
        Cosines of the halves of song vectors.
    collaborative, collaborative_known
        Score of the collaborative source, on its own scale, and whether it gave one (0 or 1).
    popularity
        In [0, 1].
    recency
        In [0, 1]: 1 for this year, half of it after ten.
    year
        Of release.
    same_artist, same_album
        Whether it has an artist, or the album, of a seed (0 or 1).
    personal
        Whether the collaborative scores are one listener's (0 or 1); the same for all.
    """

    acoustic: Numbers
    passage: Numbers
    genre: Numbers
    sound: Numbers
    style: Numbers
    collaborative: Numbers
    collaborative_known: Numbers
    popularity: Numbers
    recency: Numbers
    year: Numbers
    same_artist: Numbers
    same_album: Numbers
    personal: Numbers


class Ranker(Protocol):
    """A published ranker. It runs on the event loop, for a few hundred candidates."""

    @property
    def space(self) -> str:
        """Embedding space whose similarities it has learned from."""
        ...

    @property
    def uses(self) -> frozenset[str]:
        """Names of those :class:`Features` that it looks at: the others need not be known."""
        ...

    def order(self, features: Features) -> Sequence[float]:
        """A finite score for each candidate, higher is better, any scale."""
        ...


class Rankers(Protocol):
    """Where the published ranker is held."""

    @property
    def version(self) -> str:
        """The version that is served; empty when there is none."""
        ...

    def fitting(self, space: str) -> tuple[Ranker | None, str]:
        """The ranker, where it may order what is found in a space, or why there is none."""
        ...
