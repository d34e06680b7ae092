"""Playlists that rise and fall: which track stands where, so that a contour is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from segue.playlists.angles import Angles
from segue.playlists.spacing import ALBUM_SPAN, Kinship

_LIKENESS_SHARE = 0.25
"""What a whole unit of likeness to the seeds is worth, in squares of ranks."""

_STEP_SHARE = 0.02
"""What an angle of one radian between neighbours costs, in the same units."""

_REPLACED_AT = 0.05
"""What it may cost to put another track in the place of one that stands too near to its kin."""

_REACH = 4
"""Places over which two tracks are exchanged."""

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class EnergyContour:
    """Targets in [0, 1] from the first track to the last: ranks among the candidates."""

    targets: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GenreContour:
    """Genres in their normal form, from the first track to the last, in equal parts."""

    genres: tuple[str, ...]


Contour: TypeAlias = EnergyContour | GenreContour


def targets_at(targets: Sequence[float], count: int) -> npt.NDArray[np.float64]:
    """Targets of ``count`` places, on straight lines between those given; shape (count,)."""
    given = np.asarray(targets, dtype=np.float64)
    if count == 1:
        return given[:1].copy()
    at = np.linspace(0.0, len(given) - 1.0, count)
    return np.interp(at, np.arange(len(given)), given)


def parts(count: int, number: int) -> list[int]:
    """Lengths of ``number`` parts of ``count`` places, as equal as can be; longer ones first."""
    whole, more = divmod(count, number)
    return [whole + (place < more) for place in range(number)]


def followed(
    energies: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    likeness: npt.NDArray[np.float64],
    angles: Angles,
    kinship: Kinship,
    before: Sequence[int] = (),
) -> list[int]:
    """Places of the candidates that follow a contour, in order.

    Of all ways to match targets with candidates in the order of energy, the one with the least sum
    of squared misses and of unlikeness to the seeds. Where that breaches ``Kinship``, others take
    the places of tracks that they nearly match; then tracks near one another change places where
    that leaves fewer breaches, or flows better than it strays.

    Parameters
    ----------
    energies
        Of each candidate, shape (n,), in [0, 1].
    targets
        Shape (m,), m at most n.
    likeness
        Of each candidate to the seeds, shape (n,).
    angles
        Between all candidates, shape (n, n); where tracks stand before, those of them come last.
    kinship
        Of the same tracks.
    before
        Rows there of the tracks that stand before the first place, in order: they stay.
    """
    last = list(before)[-(ALBUM_SPAN - 1) :]
    unlike = _LIKENESS_SHARE * (likeness.max() - likeness)
    order = _matched(energies, targets, unlike)
    _replace(order, energies, targets, unlike, kinship, last)
    return _exchanged(order, energies, targets, angles, kinship, last)


def _matched(
    energies: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    unlike: npt.NDArray[np.float64],
) -> list[int]:
    by_energy = np.argsort(energies, kind="stable")
    by_target = np.argsort(targets, kind="stable")
    candidates, count = len(energies), len(targets)
    # best[c]: the least cost of matching the targets so far with the first c candidates.
    best = np.zeros(candidates + 1)
    taken = np.zeros((count, candidates + 1), dtype=np.bool_)
    for row, target in enumerate(targets[by_target]):
        costs = np.square(energies[by_energy] - target) + unlike[by_energy]
        with_last = np.concatenate(([np.inf], best[:-1] + costs))
        best = np.minimum.accumulate(with_last)
        taken[row] = with_last == best
    order = [0] * count
    column = candidates
    for row in range(count - 1, -1, -1):
        while not taken[row, column]:
            column -= 1
        column -= 1
        order[int(by_target[row])] = int(by_energy[column])
    return order


def _replace(
    order: list[int],
    energies: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    unlike: npt.NDArray[np.float64],
    kinship: Kinship,
    before: list[int],
) -> None:
    """Put other candidates, which fit nearly as well, where tracks stand too near to their kin."""
    free = np.ones(len(energies), dtype=np.bool_)
    free[order] = False
    for place in range(len(order)):
        earlier = _earlier(order, place, before)
        beside = [*earlier[-1:], *order[place + 1 : place + 2]]
        about = [*earlier, *order[place + 1 : place + ALBUM_SPAN]]
        too_near = np.zeros(len(energies), dtype=np.bool_)
        too_near |= kinship.artist[beside, : len(energies)].any(axis=0)
        too_near |= kinship.album[about, : len(energies)].any(axis=0)
        if not too_near[order[place]]:
            continue
        costs = np.square(energies - targets[place]) + unlike
        fitting = np.where(free & ~too_near, costs, np.inf)
        best = int(np.argmin(fitting))
        if fitting[best] <= costs[order[place]] + _REPLACED_AT:
            free[order[place]], free[best] = True, False
            order[place] = best


def _exchanged(
    order: list[int],
    energies: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    angles: Angles,
    kinship: Kinship,
    before: list[int],
) -> list[int]:
    count = len(order)
    for _ in range(_ROUNDS):
        changed = False
        for one in range(count):
            for other in range(one + 1, min(count, one + _REACH + 1)):
                places = (one, other)
                cost = _cost(order, places, energies, targets, angles, kinship, before)
                order[one], order[other] = order[other], order[one]
                changed_cost = _cost(order, places, energies, targets, angles, kinship, before)
                if changed_cost < cost - 1e-12:
                    changed = True
                else:
                    order[one], order[other] = order[other], order[one]
        if not changed:
            break
    return order


def _cost(
    order: Sequence[int],
    places: tuple[int, int],
    energies: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    angles: Angles,
    kinship: Kinship,
    before: list[int],
) -> float:
    """What the order costs about two places; the rest does not change when they are exchanged."""
    last = min(len(order), places[1] + ALBUM_SPAN)
    stretch = np.array([*_earlier(order, places[0], before), *order[places[0] : last]])
    misses = sum(float(energies[order[place]] - targets[place]) ** 2 for place in places)
    steps = float(angles[stretch[:-1], stretch[1:]].sum())
    return 1000.0 * kinship.breaches(stretch) + misses + _STEP_SHARE * steps


def _earlier(order: Sequence[int], place: int, before: list[int]) -> list[int]:
    """Those tracks before a place that rules reach back to, what stands before the first too."""
    reach = ALBUM_SPAN - 1
    missing = reach - place
    standing = before[-missing:] if missing > 0 else []
    return [*standing, *order[max(0, place - reach) : place]]
