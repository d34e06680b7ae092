"""Finding recordings that are the same music file, or a copy of it cut, encoded or amplified anew.

Two fingerprints that hold the same code somewhere are laid over each other there. Where they agree
for whole seconds they are the same recording: codes of different recordings differ in half of their
bits, those of copies in a tenth to a quarter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.recordings.agreement import agreeing, compared
from segue.trainer.debian.fingerprint import BITS, FRAMES_PER_SECOND, NOTHING, Fingerprint

WINDOW_FRAMES = 96
"""Codes that are compared at once: about 3 s."""

MOST_WRONG = 0.33
"""Share of differing bits of a window up to which it is the same sound.

Haitsma and Kalker take 0.35 for windows of 256 codes; fewer codes scatter more.
"""

SHARED_SECONDS = 10.0
"""Recordings that share as much are copies; of shorter ones, that share half of the shorter."""

_PLACES_OF_A_CODE = 3
_MOST_HOLDERS = 48
"""A code that stands in more places is of no use for finding copies."""

_FEWEST_VOTES = 3
_MOST_PLACES = 8


@dataclass(frozen=True, slots=True)
class NearCopy:
    """Two recordings that share sound.

    Attributes
    ----------
    first, second
        Their places in the sequence that was searched; ``first < second``.
    shared_seconds
        How much of ``second`` is in ``first``, as far as whole windows agree.
    offset_seconds
        Where ``second`` begins in ``first``, at the place where they share most.
    """

    first: int
    second: int
    shared_seconds: float
    offset_seconds: float


def near_copies(fingerprints: Sequence[Fingerprint]) -> list[NearCopy]:
    """Pairs of recordings that are copies of each other, in the order of their places.

    Parameters
    ----------
    fingerprints
        One per recording, each shape (frames,).
    """
    votes = _votes(fingerprints)
    found = []
    for first, second in sorted(votes):
        copy = _compare(fingerprints, first, second, votes[first, second])
        if copy is not None:
            found.append(copy)
    return found


def _votes(fingerprints: Sequence[Fingerprint]) -> dict[tuple[int, int], Counter[int]]:
    """For pairs of recordings: how often the first holds a code so many frames after the second."""
    codes, owners, places = _telling_codes(fingerprints)
    votes: dict[tuple[int, int], Counter[int]] = {}
    for step in range(1, _MOST_HOLDERS):
        equal = np.flatnonzero((codes[step:] == codes[:-step]) & (owners[step:] != owners[:-step]))
        if not equal.size and step > _PLACES_OF_A_CODE:
            break
        first, second = owners[equal], owners[equal + step]
        offsets = places[equal] - places[equal + step]
        for one, other, offset in zip(
            first.tolist(), second.tolist(), offsets.tolist(), strict=True
        ):
            votes.setdefault((one, other), Counter())[offset] += 1
    return votes


def _telling_codes(
    fingerprints: Sequence[Fingerprint],
) -> tuple[Fingerprint, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Codes that few recordings hold, whose they are, and at which frame: three times shape (n,).

    Sorted by code, recording and frame. A loop repeats its codes: the first few places tell enough.
    """
    lengths = [len(codes) for codes in fingerprints]
    codes = np.concatenate([*fingerprints, np.empty(0, np.uint32)])
    owners = np.repeat(np.arange(len(lengths)), lengths)
    places = np.concatenate([*(np.arange(length) for length in lengths), np.empty(0, np.int64)])
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] != NOTHING]
    codes, owners, places = codes[order], owners[order], places[order]
    held = _rank((codes.astype(np.int64) << 24) | owners) < _PLACES_OF_A_CODE
    codes, owners, places = codes[held], owners[held], places[held]
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    few = counts[inverse] <= _MOST_HOLDERS
    return codes[few], owners[few], places[few]


def _rank(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many equal keys stand before each of the sorted keys, shape as ``keys``."""
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return np.arange(len(keys)) - np.repeat(starts, np.diff([*starts, len(keys)]))


def _compare(
    fingerprints: Sequence[Fingerprint], first: int, second: int, offsets: Counter[int]
) -> NearCopy | None:
    one, other = fingerprints[first], fingerprints[second]
    shared = np.zeros(len(other), bool)
    best, best_offset = 0, 0
    for offset, _ in _strongest(offsets):
        agreed = _agreement(one, other, offset)
        if agreed.sum() > best:
            best, best_offset = int(agreed.sum()), offset
        shared |= agreed
    seconds = float(shared.sum()) / FRAMES_PER_SECOND
    shorter = min(len(one), len(other)) / FRAMES_PER_SECOND
    if seconds < min(SHARED_SECONDS, shorter / 2) or seconds == 0:
        return None
    return NearCopy(first, second, seconds, best_offset / FRAMES_PER_SECOND)


def _strongest(offsets: Counter[int]) -> list[tuple[int, int]]:
    """Offsets with the most votes, those of the neighbouring frames counted in."""
    joined = {
        offset: sum(offsets.get(offset + step, 0) for step in (-1, 0, 1)) for offset in offsets
    }
    strong = [item for item in joined.items() if item[1] >= _FEWEST_VOTES]
    return sorted(strong, key=lambda item: (-item[1], item[0]))[:_MOST_PLACES]


def _agreement(one: Fingerprint, other: Fingerprint, offset: int) -> npt.NDArray[np.bool_]:
    """Frames of ``other`` in a window that ``one`` agrees with, shape (frames of other,)."""
    agreed = np.zeros(len(other), bool)
    begin, end = max(0, -offset), min(len(other), len(one) - offset)
    if end - begin < WINDOW_FRAMES:
        return agreed
    told, wrong = compared(one[begin + offset : end + offset], other[begin:end])
    agreed[begin:end] = agreeing(told, wrong, WINDOW_FRAMES, MOST_WRONG * BITS)
    return agreed
