"""The order in which tracks flow best: each next to what sounds like it.

A path through all of them that is as short as can be, in angles between song vectors: playlists as
travelling salesman problems (Pohle, Pampalk and Widmer, DAFx 2005), solved by 2-opt (Croes, 1958)
and by moving single tracks (Or, 1976). Before length counts how many artists and albums stand too
near to themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.playlists.angles import Angles
from segue.playlists.spacing import ALBUM_SPAN, Kinship

Order = npt.NDArray[np.int64]

_TRIED = 16
"""Moves of single tracks that are looked at closely, of those that seem best."""

_KICKS = 3
"""New starts of the search, from the best order with two stretches exchanged."""

_MOST_KICKED = 128
"""Tracks up to which there are any: of more, one search takes long enough."""

_GAIN = 1e-9
"""What counts as shorter; less is rounding."""


def ordered(
    angles: Angles,
    kinship: Kinship,
    *,
    first: Sequence[int] = (),
    likeness: npt.NDArray[np.float64] | None = None,
    random_seed: int = 0,
) -> list[int]:
    """Places of tracks in the order in which they flow.

    Among orders with as few breaches of ``Kinship`` as it finds, one that is short. The same input
    gives the same order.

    Parameters
    ----------
    angles
        Between all tracks, shape (n, n).
    first
        Places of tracks that stand first, in this order.
    likeness
        Shape (n,): where none stands first, it begins with the end that is more like the seeds.
    random_seed
        0: the search for the order begins at the track of the highest likeness, otherwise at one
        drawn by this number.

    Returns
    -------
    list
        Each place once.
    """
    count = len(angles)
    if not count:
        return []
    like = np.zeros(count) if likeness is None else likeness
    draw = np.random.default_rng(random_seed & (2**64 - 1))
    start = int(np.argmax(like))
    if random_seed:
        start = int(draw.integers(count))
    fixed = list(first)
    search = _Search(angles, kinship, len(fixed))
    best = search.improved(search.greedy(fixed or [start]))
    if kinship.breaches(best):
        best = search.better(best, search.improved(search.spaced(fixed)))
    if len(fixed) + 3 < count <= _MOST_KICKED:
        for _ in range(_KICKS):
            best = search.better(best, search.improved(search.kicked(best, draw)))
    if not fixed and like[best[-1]] > like[best[0]]:
        best = best[::-1]
    return [int(place) for place in best]


def length(angles: Angles, order: Sequence[int] | Order) -> float:
    """Sum of the angles from each track to the next, in radians."""
    places = np.asarray(order)
    return float(angles[places[:-1], places[1:]].sum())


class _Search:
    """Local search over orders whose first ``fixed`` tracks stay.

    A breach costs more than all angles together can.
    """

    def __init__(self, angles: Angles, kinship: Kinship, fixed: int) -> None:
        self._angles = angles
        self._kinship = kinship
        self._fixed = fixed
        self._breach = 4.0 * (len(angles) + 1)
        self._steps = angles + self._breach * kinship.artist
        self._albums = kinship.album if kinship.album.any() else None

    def cost(self, order: Order) -> float:
        return self._breach * self._kinship.breaches(order) + length(self._angles, order)

    def better(self, one: Order, other: Order) -> Order:
        """The better of two orders; the first of equal ones."""
        return other if self.cost(other) < self.cost(one) - _GAIN else one

    def kicked(self, order: Order, draw: np.random.Generator) -> Order:
        """With two neighbouring stretches exchanged, which no turning round undoes at once."""
        places = np.arange(self._fixed, len(order) + 1)
        i, j, k = sorted(int(one) for one in draw.choice(places, 3, replace=False))
        return np.concatenate((order[:i], order[j:k], order[i:j], order[k:]))

    def greedy(self, begun: Sequence[int]) -> Order:
        """From each track to the nearest that is left."""
        order = list(begun)
        left = np.ones(len(self._angles), dtype=np.bool_)
        left[order] = False
        while len(order) < len(self._angles):
            costs = np.where(left, self._steps[order[-1]], np.inf)
            order.append(int(np.argmin(costs)))
            left[order[-1]] = False
        return np.array(order, dtype=np.int64)

    def spaced(self, begun: Sequence[int]) -> Order:
        """Always one that breaks no rule, and of those the one whose kin need most room."""
        order = list(begun)
        left = np.ones(len(self._angles), dtype=np.bool_)
        left[order] = False
        while len(order) < len(self._angles):
            room = np.maximum(
                2.0 * self._kinship.artist[:, left].sum(axis=1),
                float(ALBUM_SPAN) * self._kinship.album[:, left].sum(axis=1),
            )
            breaches = np.zeros(len(self._angles))
            last = self._angles[order[-1]] if order else np.zeros(len(self._angles))
            if order:
                breaches += self._kinship.artist[order[-1]]
                breaches += self._kinship.album[order[-ALBUM_SPAN + 1 :]].sum(axis=0)
            keys = np.where(left, self._breach**2 * breaches - self._breach * room + last, np.inf)
            chosen = int(np.argmin(keys))
            order.append(chosen)
            left[chosen] = False
        return np.array(order, dtype=np.int64)

    def improved(self, order: Order) -> Order:
        """The order after all reversals and moves that make it better."""
        for _ in range(8 * len(order)):
            shorter = self._reversed(order)
            if shorter is None:
                shorter = self._moved(order)
            if shorter is None:
                break
            order = shorter
        return order

    def _reversed(self, order: Order) -> Order | None:
        """With those stretches turned round that gain most; None: none does."""
        count, fixed = len(order), self._fixed
        if count - fixed < 2:
            return None
        steps = self._steps[np.ix_(order, order)]
        # Turning i..j round replaces the steps into i and out of j; at an end there is none.
        before = np.vstack((np.zeros(count), steps[:-1]))
        after = np.hstack((steps[:, 1:], np.zeros((count, 1))))
        into, out = np.diagonal(before), np.diagonal(after)
        gains = into[:, None] + out[None, :] - before - after
        if self._albums is not None:
            gains -= self._breach * _album_changes(self._albums[np.ix_(order, order)])
        gains = np.triu(gains, 1)
        gains[:fixed] = 0.0
        likely = np.flatnonzero(gains > _GAIN)
        if not len(likely):
            return None
        if len(likely) > _TRIED:
            likely = likely[np.argpartition(-gains.flat[likely], _TRIED - 1)[:_TRIED]]
        turned = order.copy()
        free = np.ones(count, dtype=np.bool_)
        for move in sorted(likely, key=lambda one: (-gains.flat[one], one)):
            i, j = divmod(int(move), count)
            # Stretches as far apart as rules reach gain what each does alone.
            if free[max(0, i - ALBUM_SPAN) : j + ALBUM_SPAN + 1].all():
                free[i : j + 1] = False
                turned[i : j + 1] = turned[i : j + 1][::-1]
        return turned

    def _moved(self, order: Order) -> Order | None:
        """With the one track moved that gains most; None: none gains."""
        count, fixed = len(order), self._fixed
        if count - fixed < 3:
            return None
        steps = self._steps[np.ix_(order, order)]
        into = np.concatenate(([0.0], np.diagonal(steps, 1)))
        out = np.concatenate((np.diagonal(steps, 1), [0.0]))
        around = np.concatenate(([0.0], np.diagonal(steps, 2), [0.0]))
        left_out = into + out - around
        # Put in before place p, p = count: at the end.
        to_next = np.hstack((steps, np.zeros((count, 1))))
        to_last = np.hstack((np.zeros((count, 1)), steps))
        put_in = to_next + to_last - np.concatenate((into, [0.0]))
        gains = left_out[:, None] - put_in
        gains[:fixed] = -np.inf
        gains[:, :fixed] = -np.inf
        places = np.arange(count)
        gains[places, places] = gains[places, places + 1] = -np.inf
        best = self.cost(order)
        tried = min(_TRIED, gains.size)
        likely = np.argpartition(-gains, tried - 1, axis=None)[:tried]
        for move in sorted(likely, key=lambda one: (-gains.flat[one], one)):
            if gains.flat[move] <= _GAIN:
                return None
            place, before = divmod(int(move), count + 1)
            moved = np.insert(np.delete(order, place), before - (before > place), order[place])
            if self.cost(moved) < best - _GAIN:
                return moved
        return None


def _album_changes(albums: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """How many more pairs of one album stand too near when a stretch is turned round.

    Only pairs of a track within the stretch and one outside of it change their distance.

    Parameters
    ----------
    albums
        Whether two places have tracks of one album, shape (n, n).

    Returns
    -------
    numpy.ndarray
        Shape (n, n): the stretch from place i to place j.
    """
    count = len(albums)
    reach = ALBUM_SPAN - 1
    wide = np.zeros((count + 2 * reach, count + 2 * reach), dtype=np.int8)
    wide[reach:-reach, reach:-reach] = albums
    changes = np.zeros((count, count), dtype=np.int8)
    rows, columns = np.ogrid[:count, :count]
    inside = columns - rows
    fits = [(inside >= deep).astype(np.int8) for deep in range(reach)]

    def shifted(row: int, column: int) -> npt.NDArray[np.int8]:
        return wide[reach + row : reach + row + count, reach + column : reach + column + count]

    places = np.arange(count)
    for deep in range(reach):
        for away in range(reach - deep):
            # From the left: the track ``away`` before the stretch, and the one ``deep`` in it.
            changes += fits[deep] * shifted(-1 - away, -deep)
            near = wide[reach + places - 1 - away, reach + places + deep]
            changes -= fits[deep] * near[:, None]
            # From the right.
            changes += fits[deep] * shifted(deep, 1 + away)
            near = wide[reach + places - deep, reach + places + 1 + away]
            changes -= fits[deep] * near[None, :]
    return changes
