"""Exact similarities of known tracks to several queries, whatever of a track is compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from segue.index.port import TrackIndex
from segue.tracks import Granularity, Neighbour, Passage, Segment, Vector, genre_similarity

Similarities = npt.NDArray[np.float32]
"""Shape (tracks, queries). Single precision is all that was stored, and keeps ties equal."""


T = TypeVar("T")

MOST_COMPARED_INLINE = 128
"""Tracks that are compared within 2 ms: handing them to a thread and back would take longer for
the caller, and for all others."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Similarities of tracks, and the passages that they come from.

    Attributes
    ----------
    values
        Shape (tracks, queries), float32.
    segments
        Of each track, where passages are compared.
    best
        Shape (tracks, queries): which of a track's segments is the best one for a query.
    """

    values: Similarities
    segments: Sequence[Sequence[Segment]] = ()
    best: npt.NDArray[np.intp] | None = None

    def passage(self, row: int, query: int) -> Passage | None:
        """The passage of a track that is most similar to a query; None: none was compared."""
        if self.best is None or not self.segments[row]:
            return None
        segment = self.segments[row][self.best[row, query]]
        return Passage(segment.start_seconds, segment.end_seconds, float(self.values[row, query]))


async def compare(
    index: TrackIndex,
    granularity: Granularity,
    queries: npt.NDArray[np.float64],
    found: Sequence[Neighbour],
) -> Compared:
    """Compare tracks with every query.

    Parameters
    ----------
    queries
        Shape (queries, dimension): what the stored vectors are multiplied by, or, in the genre
        space, are at a distance from.
    found
        The tracks; song vectors that they bring are not read again.

    Returns
    -------
    Compared
        A track that has lost what is compared since is as unlike as can be.
    """
    names = [one.track.track_id for one in found]
    if granularity is Granularity.PASSAGES:
        segments = await index.passages(names)
        return await _made(by_passages, queries, [segments.get(name, ()) for name in names])
    if granularity is Granularity.GENRES:
        shares = await index.genre_vectors(names)
        return await _made(_by_shares, queries, [shares.get(name) for name in names])
    missing = [one.track.track_id for one in found if one.vector is None]
    read = await index.vectors(missing) if missing else {}
    return await _made(
        _by_vectors,
        queries,
        [
            one.vector if one.vector is not None else read.get(name)
            for name, one in zip(names, found, strict=True)
        ],
    )


async def _made(
    comparing: Callable[[npt.NDArray[np.float64], Sequence[T]], Compared],
    queries: npt.NDArray[np.float64],
    tracks: Sequence[T],
) -> Compared:
    if len(tracks) <= MOST_COMPARED_INLINE:
        return comparing(queries, tracks)
    return await asyncio.to_thread(comparing, queries, tracks)


def _by_shares(queries: npt.NDArray[np.float64], tracks: Sequence[Vector | None]) -> Compared:
    values = np.zeros((len(tracks), len(queries)), dtype=np.float32)
    for row, shares in enumerate(tracks):
        if shares is not None:
            distances = np.linalg.norm(queries - shares.astype(np.float64), axis=1)
            values[row] = [genre_similarity(float(one)) for one in distances]
    return Compared(values)


def _by_vectors(queries: npt.NDArray[np.float64], tracks: Sequence[Vector | None]) -> Compared:
    values = np.full((len(tracks), len(queries)), -1.0, dtype=np.float32)
    there = [row for row, vector in enumerate(tracks) if vector is not None]
    if there:
        rows = np.array([tracks[row] for row in there], dtype=np.float64)
        values[there] = np.clip(rows @ queries.T, -1.0, 1.0)
    return Compared(values)


def by_passages(queries: npt.NDArray[np.float64], tracks: Sequence[Sequence[Segment]]) -> Compared:
    """Compare the passages of tracks with every query; the best of a track counts."""
    values = np.full((len(tracks), len(queries)), -1.0, dtype=np.float32)
    best = np.zeros(values.shape, dtype=np.intp)
    with_some = [row for row, segments in enumerate(tracks) if segments]
    if with_some:
        # All at once: a product for each track would take longer than the products themselves.
        rows = np.array([one.vector for row in with_some for one in tracks[row]], dtype=np.float64)
        products = np.clip(rows @ queries.T, -1.0, 1.0).astype(np.float32)
        ends = np.cumsum([len(tracks[row]) for row in with_some])
        for row, of_track in zip(with_some, np.split(products, ends[:-1]), strict=True):
            best[row] = of_track.argmax(axis=0)
            values[row] = of_track.max(axis=0)
    return Compared(values, tracks, best)
