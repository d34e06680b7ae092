"""From one track to another by small steps through others.

Waypoints lie evenly on the great circle between the two. Tracks are sought about them, and of all
ways through these a beam search takes the one whose steps are most even. The rule: no step is
larger than ``LARGEST_SHARE`` of its fair share (the angle between the ends over the number of
steps), nor smaller than ``SMALLEST_SHARE`` of it, where the catalogue has such a way; else the way
that comes nearest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.playlists.angles import angles_between, units
from segue.tracks import Track
from segue.variety import artists_of

LARGEST_SHARE = 1.5
SMALLEST_SHARE = 0.5

AUDIBLE_COSINE = 0.999
"""Two tracks as alike as this, or more, sound the same: no step leads from one to the other."""

_BEAM = 48
"""Ways that are gone on with at each step."""

_FROM_ONE = 6
"""Of them, the most that end with one track."""

_LOOKED_AT = 4_096
"""Steps that are looked at, of all that the ways could take next."""

_POWER = 6.0
"""The larger, the more the largest step counts, and the less the others."""

_BESIDE = 0.05
"""What lying off the great circle by one fair share costs."""

_KEPT = 0.6
"""Share of the tracks that another random seed leaves."""

_STRAYS = 0.8
"""How far the waypoints of another random seed stray in the middle of the way, in radians, at most
half the angle between the ends."""


@dataclass(frozen=True, slots=True)
class _Way:
    cost: float
    places: tuple[int, ...]
    artists: Counter[str]
    recordings: frozenset[str]
    bound: float


def waypoints(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    count: int,
    random_seed: int = 0,
) -> npt.NDArray[np.float64]:
    """Points evenly on the great circle between two directions, without the ends.

    Shape (count, dimension), of unit length (Shoemake, SIGGRAPH 1985: slerp). Another
    ``random_seed`` than 0 lets them stray sideways, the more the further from both ends, as a
    Brownian bridge does.
    """
    shares = np.arange(1, count + 1) / (count + 1.0)
    angle = float(np.arccos(np.clip(start @ end, -1.0, 1.0)))
    # Opposite directions have no great circle of their own: any sideways one will do.
    sine = np.sin(angle)
    if sine > 1e-9:
        points = (
            np.sin((1.0 - shares) * angle)[:, None] * start + np.sin(shares * angle)[:, None] * end
        ) / sine
    else:
        points = (1.0 - shares)[:, None] * start + shares[:, None] * end
        points[:, int(np.argmin(np.abs(start)))] += 1e-3
    if random_seed and count:
        draw = np.random.default_rng(random_seed & (2**64 - 1))
        sideways = draw.normal(size=len(start))
        for direction in (start, points[len(points) // 2]):
            sideways -= (sideways @ direction) * direction
        sideways /= max(float(np.linalg.norm(sideways)), 1e-12)
        far = min(_STRAYS, angle / 2.0)
        points = points + (far * np.sin(np.pi * shares))[:, None] * sideways
    return units(points)


def drawn(count: int, wanted: int, random_seed: int) -> list[int]:
    """Those of ``count`` tracks that a way with this ``random_seed`` may lead through: all for 0.

    At least twice as many as wanted stay, as far as there are.
    """
    if not random_seed:
        return list(range(count))
    draw = np.random.default_rng(random_seed & (2**64 - 1))
    keep = max(int(_KEPT * count), min(count, 2 * wanted))
    return sorted(int(one) for one in draw.permutation(count)[:keep])


def path(
    tracks: Sequence[Track],
    rows: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
    *,
    most_per_artist: int,
) -> list[int]:
    """Places of the tracks of the most even way, with both ends; fewer than asked where there are.

    Parameters
    ----------
    tracks
        First the start, then the end, then those that the way may lead through.
    rows
        Song vectors of the tracks, shape (n, dimension), of unit length.
    points
        Waypoints, one for each track between the ends, shape (count, dimension).
    most_per_artist
        Most tracks of one artist on the whole way; only the ends may both be by one. No track
        between them is a copy of one of them.
    """
    angles = angles_between(rows, rows)
    count = len(points)
    fair = max(float(angles[0, 1]) / (count + 1), 1e-3)
    beside = _BESIDE * np.square(angles_between(points, rows) / fair)
    groups = [artists_of(track) for track in tracks]
    recordings = [track.recording for track in tracks]
    ends = frozenset(one for one in recordings[:2] if one)
    ways = [_Way(0.0, (0,), Counter(groups[0] | groups[1]), ends, 0.0)]
    closest = float(np.arccos(AUDIBLE_COSINE))
    inaudible = angles < closest
    blocked = inaudible[0] | inaudible[1]
    blocked[:2] = True
    for layer in range(count):
        left = count - layer
        ways = _longer(ways, angles, fair, left, beside[layer], blocked, inaudible, groups,
                       recordings, most_per_artist) or ways  # fmt: skip
    finished = [
        (way.cost + float(_step_costs(angles[way.places[-1], 1], fair)), way.places) for way in ways
    ]
    _, places = min(finished)
    return [*places, 1]


def unevenness(steps: npt.NDArray[np.float64]) -> float:
    """Largest of the angles over their mean: 1 where all are even."""
    mean = float(steps.mean())
    return float(steps.max()) / mean if mean > 0 else 1.0


def _step_costs(angles: npt.ArrayLike, fair: float) -> npt.NDArray[np.float64]:
    shares = np.asarray(angles, dtype=np.float64) / fair
    short = np.maximum(SMALLEST_SHARE - shares, 0.0) / SMALLEST_SHARE
    costs: npt.NDArray[np.float64] = shares**_POWER + 10.0 * short
    return costs


def _longer(
    ways: Sequence[_Way],
    angles: npt.NDArray[np.float64],
    fair: float,
    left: int,
    beside: npt.NDArray[np.float64],
    blocked: npt.NDArray[np.bool_],
    inaudible: npt.NDArray[np.bool_],
    groups: Sequence[frozenset[str]],
    recordings: Sequence[str],
    most_per_artist: int,
) -> list[_Way]:
    """The best ways with one track more; none where no way goes on."""
    # What is left must at least lead to the end: by even steps, at best.
    ahead = left * _step_costs(angles[1] / left, fair)
    costs = np.array([way.cost for way in ways])[:, None]
    lasts = [way.places[-1] for way in ways]
    costs = costs + _step_costs(angles[lasts], fair) + beside[None, :]
    bounds = costs + ahead[None, :]
    bounds[:, blocked] = np.inf
    for row, way in enumerate(ways):
        bounds[row, inaudible[list(way.places)].any(axis=0)] = np.inf
    longer: list[_Way] = []
    ending: Counter[int] = Counter()
    for move in _best_first(bounds):
        row, place = divmod(int(move), bounds.shape[1])
        if not np.isfinite(bounds[row, place]) or len(longer) == _BEAM:
            break
        way = ways[row]
        if ending[place] == _FROM_ONE or not _may_follow(
            way, groups[place], recordings[place], most_per_artist
        ):
            continue
        ending[place] += 1
        names = way.recordings | {recordings[place]} if recordings[place] else way.recordings
        longer.append(
            _Way(
                float(costs[row, place]),
                (*way.places, place),
                way.artists + Counter(groups[place]),
                names,
                float(bounds[row, place]),
            )
        )
    return longer


def _best_first(bounds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Places of the entries, the smallest first: some of them where there are very many."""
    flat = bounds.ravel()
    if len(flat) > _LOOKED_AT:
        likely = np.sort(np.argpartition(flat, _LOOKED_AT)[:_LOOKED_AT])
        if np.isfinite(flat[likely]).any():
            return likely[np.argsort(flat[likely], kind="stable")]
    return np.argsort(flat, kind="stable")


def _may_follow(way: _Way, artists: frozenset[str], recording: str, most_per_artist: int) -> bool:
    return (not recording or recording not in way.recordings) and all(
        way.artists[name] < most_per_artist for name in artists
    )
