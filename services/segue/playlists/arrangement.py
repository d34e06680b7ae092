"""From candidates to a playlist: which of them, and in which order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from segue.limits import MOST_PLAYLIST_TRACKS
from segue.playlists.angles import angles_between, units
from segue.playlists.contours import EnergyContour, followed, targets_at
from segue.playlists.energy import energy_ranks
from segue.playlists.ordering import ordered
from segue.playlists.selection import Length, nearest_count, shaken
from segue.playlists.spacing import Kinship
from segue.tracks import Track, Vector

NO_ENERGY = "no mood or tempo is known of the tracks: they follow no contour of energy"

_TRIES = 6
"""Numbers of tracks that are tried until a contour lasts as long as it is to."""


@dataclass(slots=True, eq=False)
class Draft:
    """Candidates of a playlist, the likeliest first.

    Attributes
    ----------
    similarities
        Of each track to the seeds, as the search ordered them: by several seeds, maybe below -1.
    vectors
        Song vectors, shape (dimension,) each.
    fixed
        So many of the tracks, from the first, are what the playlist begins with.
    likenesses
        Of each track to the seeds, in [-1, 1].
    varied
        Whether variety has its say in the order of the tracks, which says more than similarity.
    """

    tracks: list[Track] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)
    fixed: int = 0
    likenesses: list[float] = field(default_factory=list)
    varied: bool = False

    def add(self, other: Draft) -> None:
        """Put the candidates of another draft behind these."""
        self.tracks += other.tracks
        self.similarities += other.similarities
        self.vectors += other.vectors
        self.likenesses += other.likenesses
        self.varied |= other.varied

    def seconds(self, places: Sequence[int]) -> float:
        """How long tracks last together."""
        return math.fsum(self.tracks[place].duration_seconds for place in places)


def arranged(
    draft: Draft, length: Length, contour: EnergyContour | None, random_seed: int
) -> tuple[list[int], str]:
    """Places in the draft that make the playlist, in order, and a note on what was not possible."""
    energies = None if contour is None else energy_ranks(draft.tracks[draft.fixed :])
    if contour is None or energies is None:
        places = chosen(draft, length, random_seed)
        note = "" if contour is None or not places[draft.fixed :] else NO_ENERGY
        return flowing(draft, places, draft.fixed, random_seed), note
    # The candidates, and behind them what the playlist begins with.
    available, fixed = len(energies), draft.fixed
    rows = units([*draft.vectors[fixed:], *draft.vectors[:fixed]])
    angles = angles_between(rows, rows)
    kinship = Kinship.of([*draft.tracks[fixed:], *draft.tracks[:fixed]])
    before = range(available, available + fixed)
    likeness = shaken(np.array(draft.similarities[fixed:]), random_seed)

    def following(number: int) -> list[int]:
        targets = targets_at(contour.targets, number)
        places = followed(energies, targets, likeness, angles, kinship, before) if number else []
        return [*range(fixed), *(fixed + place for place in places)]

    if length.seconds is None:
        return following(min(max(length.tracks - fixed, 0), available)), ""
    return _as_long(draft, length.seconds, following, available), ""


def chosen(draft: Draft, length: Length, random_seed: int) -> list[int]:
    """Places of the tracks that make a playlist as long as it is to be, not in their order."""
    fixed = draft.fixed
    places = [fixed + int(place) for place in _ranking(draft, random_seed)]
    if length.seconds is None:
        return [*range(fixed), *places[: max(0, length.tracks - fixed)]]
    places = [*range(fixed), *places[: max(0, MOST_PLAYLIST_TRACKS - fixed)]]
    durations = [draft.tracks[place].duration_seconds for place in places]
    return places[: max(fixed, nearest_count(durations, length.seconds))]


def flowing(draft: Draft, places: Sequence[int], fixed: int, random_seed: int) -> list[int]:
    """Places in the order in which their tracks flow; the first ``fixed`` stay where they are."""
    if len(places) < 2:
        return list(places)
    rows = units([draft.vectors[place] for place in places])
    order = ordered(
        angles_between(rows, rows),
        Kinship.of([draft.tracks[place] for place in places]),
        first=range(fixed),
        likeness=np.array([draft.similarities[place] for place in places]),
        random_seed=random_seed,
    )
    return [places[place] for place in order]


def _ranking(draft: Draft, random_seed: int) -> Sequence[int]:
    """Places of the candidates, from the first that is not fixed, in the order to choose them."""
    similarities = np.array(draft.similarities[draft.fixed :])
    count = len(similarities)
    if not random_seed:
        return range(count)
    # To shake likeness would put back in its order what variety took out of it.
    shown = -np.arange(count, dtype=np.float64) if draft.varied else similarities
    order: list[int] = np.argsort(-shaken(shown, random_seed), kind="stable").tolist()
    return order


def _as_long(
    draft: Draft, seconds: float, following: Callable[[int], list[int]], available: int
) -> list[int]:
    """Of contours of some numbers of tracks, the one that comes nearest to a length."""
    mean = draft.seconds(range(len(draft.tracks))) / max(1, len(draft.tracks)) or 1.0
    number = max(1, min(available, round(seconds / mean) - draft.fixed))
    best = list(range(draft.fixed))
    tried: set[int] = set()
    while len(tried) < _TRIES and number not in tried and 1 <= number <= available:
        tried.add(number)
        order = following(number)
        missing = seconds - draft.seconds(order)
        if len(tried) == 1 or abs(missing) < abs(seconds - draft.seconds(best)):
            best = order
        number += round(missing / mean) or (1 if missing > 0 else -1)
    return best
