"""A way from one track to another: tracks about it are sought, and of those some are chosen."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from segue import telemetry
from segue.embedding.halves import Half, sound_shares
from segue.errors import PathImpossible, TrackNotFound
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.playlists.angles import units
from segue.playlists.paths import drawn, path, unevenness, waypoints
from segue.playlists.properties import step_similarities
from segue.tracks import Neighbour, Track, TrackFilter, Vector

MOST_WAYPOINTS = 16
"""About so many points of the way tracks are sought, at most."""

_LEAST_ABOUT_ONE = 48
_SOUGHT_PER_TRACK = 12
_WIDER = 4
_ROUNDS = 3
"""Searches about the waypoints, each wider than the one before, while the path is too short."""


MOST_LOOKED_THROUGH = 3_000
"""Tracks that a way may lead through, the nearest to the waypoints: of all pairs of them the angle
is held, so that twice as many take four times the memory."""


@dataclass(frozen=True, slots=True)
class PathQuery:
    """A path that is asked for.

    Attributes
    ----------
    tracks
        With both ends, at least 2.
    where
        What the tracks between the ends satisfy.
    most_per_artist
        Of them.
    random_seed
        0: the smoothest path; another number another one.
    sound_weight
        Share of the sound, in [0, 1]; None: as the model weighs it.
    """

    from_track_id: str
    to_track_id: str
    tracks: int
    where: TrackFilter = TrackFilter()
    most_per_artist: int = 1
    random_seed: int = 0
    sound_weight: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FoundPath:
    """A path.

    Attributes
    ----------
    similarities
        Cosine of each track with the first, shape (n,).
    steps
        Cosine of each track with the one before, 1 for the first, shape (n,).
    unevenness
        Largest step over the mean one, in angles.
    shortfall
        One sentence when less was possible than was asked for.
    """

    tracks: Sequence[Track]
    vectors: Sequence[Vector]
    similarities: npt.NDArray[np.float64]
    steps: npt.NDArray[np.float64]
    unevenness: float
    shortfall: str


async def find_path(index: TrackIndex, query: PathQuery, halves: Sequence[Half]) -> FoundPath:
    """Find a path.

    Parameters
    ----------
    halves
        Of the served model.

    Raises
    ------
    TrackNotFound
        When there is no such end.
    PathImpossible
        When both ends are one track or one recording.
    HalvesMissing
        When sound cannot be weighed.
    IndexUnavailable
        When the index does not answer.
    """
    ends = (query.from_track_id, query.to_track_id)
    if ends[0] == ends[1]:
        raise PathImpossible(f"the path would begin and end with the same track {ends[0]!r}")
    stored, vectors = await asyncio.gather(index.get(ends), index.vectors(ends))
    for one in ends:
        if one not in stored or one not in vectors:
            raise TrackNotFound(one, index.space)
    start, end = (stored[one] for one in ends)
    if start.recording and start.recording == end.recording:
        raise PathImpossible(f"{ends[0]!r} and {ends[1]!r} are copies of one recording")
    weights = _weights(halves, query.sound_weight, index.dimension)
    rows = units(np.array([vectors[one] for one in ends]) * weights)
    count = query.tracks - 2
    points = waypoints(rows[0], rows[1], count, query.random_seed)
    found = _Found([], np.empty((0, index.dimension)))
    order = [0, 1]
    about = _about_places(points)
    seconds, rounds = 0.0, 0
    limit = max(_LEAST_ABOUT_ONE, _SOUGHT_PER_TRACK * count // MOST_WAYPOINTS)
    for _ in range(_ROUNDS if count else 0):
        began = time.perf_counter()
        found = await _about(index, query, (points * weights)[about], limit)
        seconds += time.perf_counter() - began
        rounds += 1
        kept = drawn(len(found.tracks), count, query.random_seed)
        order = await asyncio.to_thread(
            _path, query, (start, end), found, kept, rows, points, weights
        )
        if len(order) == query.tracks or found.are_all:
            break
        limit *= _WIDER
    if rounds:
        telemetry.observe_search(
            {"ann": seconds}, {"acoustic": len(found.tracks)}, {}, rounds * len(about)
        )
    if len(order) < query.tracks and query.random_seed:
        # What the number left out may be what the way lacks.
        kept = list(range(len(found.tracks)))
        every = await asyncio.to_thread(
            _path, query, (start, end), found, kept, rows, points, weights
        )
        order = max(order, every, key=len)
    between = [place - 2 for place in order[1:-1]]
    inner = found.vectors[between]
    chosen = np.vstack((rows[:1], units(inner * weights), rows[1:]))
    steps = step_similarities(chosen)
    return FoundPath(
        [start, *(found.tracks[place] for place in between), end],
        [vectors[ends[0]], *inner.astype(np.float32), vectors[ends[1]]],
        np.clip(chosen @ chosen[0], -1.0, 1.0),
        steps,
        unevenness(np.arccos(steps[1:])),
        "" if len(order) == query.tracks else _shortfall(len(order), query.tracks),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Tracks by rising id, and their song vectors, shape (n, dimension).

    Attributes
    ----------
    are_all
        Whether a wider search would find no others that are looked through.
    """

    tracks: list[Track]
    vectors: npt.NDArray[np.float64]
    are_all: bool = False


def _about_places(points: npt.NDArray[np.float64]) -> list[int]:
    """Which of the waypoints are searched about: evenly, at most ``MOST_WAYPOINTS``."""
    number = min(len(points), MOST_WAYPOINTS)
    places: list[int] = np.unique(
        np.linspace(0, len(points) - 1, number).round().astype(int)
    ).tolist()
    return places


async def _about(
    index: TrackIndex, query: PathQuery, points: npt.NDArray[np.float64], limit: int
) -> _Found:
    """Tracks about the points, at most ``limit`` about each."""
    ends = (query.from_track_id, query.to_track_id)
    excluded = tuple(dict.fromkeys((*query.where.exclude_track_ids, *ends)))
    where = replace(query.where, exclude_track_ids=excluded)
    answers = await index.search_many(
        [
            IndexQuery(point.astype(np.float32), limit, where=where, with_vectors=True)
            for point in points
        ]
    )
    # By their places in the answers, so that there are as many about each waypoint.
    by_place = (one for near in zip_longest(*answers) for one in near if one is not None)
    found: dict[str, Neighbour] = {}
    for one in by_place:
        if len(found) < MOST_LOOKED_THROUGH:
            found.setdefault(one.track.track_id, one)
    vectors = {name: one.vector for name, one in found.items() if one.vector is not None}
    missing = found.keys() - vectors.keys()
    if missing:
        vectors |= await index.vectors(missing)
    # One that was deleted meanwhile has no vector.
    names = sorted(vectors)
    return _Found(
        [found[name].track for name in names],
        np.array([vectors[name] for name in names], np.float64).reshape(-1, index.dimension),
        len(found) == MOST_LOOKED_THROUGH or all(len(answer) < limit for answer in answers),
    )


def _path(
    query: PathQuery,
    ends: tuple[Track, Track],
    found: _Found,
    kept: Sequence[int],
    rows: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
) -> list[int]:
    """Places in the ends and then ``found``, of which it leads through those that are kept."""
    order = path(
        [*ends, *(found.tracks[place] for place in kept)],
        np.vstack((rows, units(found.vectors[kept] * weights))),
        points,
        most_per_artist=query.most_per_artist,
    )
    return [place if place < 2 else kept[place - 2] + 2 for place in order]


def _weights(
    halves: Sequence[Half], sound_weight: float | None, dimension: int
) -> npt.NDArray[np.float64]:
    """What each number of a song vector is multiplied by, shape (dimension,).

    Of two vectors so weighed, the product is the mean of their halves' cosines by the weights. The
    index is asked by what is weighed twice, since it holds the other side unweighed.
    """
    if sound_weight is None:
        return np.ones(dimension)
    shares = sound_shares(halves, sound_weight)
    return np.concatenate(
        [
            np.full(half.dimension, math.sqrt(share / half.share))
            for half, share in zip(halves, shares, strict=True)
        ]
    )


def _shortfall(tracks: int, wanted: int) -> str:
    return (
        f"the path has {tracks} of {wanted} tracks: no more satisfy the filter and the most tracks "
        "per artist"
    )
