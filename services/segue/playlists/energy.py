"""How energetic tracks are heard to be, by their rank among others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.tracks import LabelSource, Track, tempo_and_key

LIVELY = ("energetic", "happy", "epic")
QUIET = ("calm", "melancholic", "dreamy", "romantic")
"""Moods that raise energy and that lower it; others, such as dark, say nothing of it."""

_TEMPO_SHARE = 0.25
"""Of the tempo, where moods are heard too: it is wrong by half or twice more often."""

_UNKNOWN = 0.5


def energy_ranks(tracks: Sequence[Track]) -> npt.NDArray[np.float64] | None:
    """Energy of each track by its rank among them: 0 for the lowest, 1 for the highest.

    Three quarters by the moods that are heard (the mean probability of ``LIVELY`` ones less that of
    ``QUIET`` ones), one quarter by the tempo that is given or heard, each by rank; by what there is
    where the other is not known. A track of which neither is known stands in the middle.

    Returns
    -------
    numpy.ndarray or None
        Shape (n,), in [0, 1]; None where nothing is known of any track.
    """
    moods = _ranks([_mood(track) for track in tracks])
    tempo = _ranks([tempo_and_key(track, LabelSource.EITHER)[0] for track in tracks])
    both = (1.0 - _TEMPO_SHARE) * moods + _TEMPO_SHARE * tempo
    energy = np.where(np.isnan(moods), tempo, np.where(np.isnan(tempo), moods, both))
    if np.isnan(energy).all():
        return None
    ranks = _ranks([None if np.isnan(one) else float(one) for one in energy])
    return np.where(np.isnan(ranks), _UNKNOWN, ranks)


def _mood(track: Track) -> float | None:
    sides = [
        [track.predicted_moods[mood] for mood in moods if mood in track.predicted_moods]
        for moods in (LIVELY, QUIET)
    ]
    if not any(sides):
        return None
    lively, quiet = (sum(side) / len(side) if side else 0.0 for side in sides)
    return lively - quiet


def _ranks(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Ranks in [0, 1], equal for equal values; not a number where the value is unknown."""
    ranks = np.full(len(values), np.nan)
    known = [place for place, value in enumerate(values) if value is not None]
    if not known:
        return ranks
    numbers = np.array([values[place] for place in known], dtype=np.float64)
    ordered = np.sort(numbers)
    below = np.searchsorted(ordered, numbers, side="left")
    upto = np.searchsorted(ordered, numbers, side="right") - 1
    middle = (below + upto) / 2.0
    ranks[known] = middle / (len(known) - 1) if len(known) > 1 else _UNKNOWN
    return ranks
