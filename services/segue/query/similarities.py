"""Exact similarities of known tracks to several queries, whatever of a track is compared."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from segue.index.port import TrackIndex
from segue.tracks import Granularity, Neighbour, Passage, Segment, Vector, genre_similarity

Similarities = npt.NDArray[np.float32]
"""Shape (tracks, queries). Single precision is all that was stored, and keeps ties equal."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Similarities of tracks, and the passages that they come from.

    Attributes
    ----------
    values
        Shape (tracks, queries), float32.
    passages
        Of each track, where passages are compared: its best one for each query.
    """

    values: Similarities
    passages: Sequence[Sequence[Passage]] = field(default=())


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
        return await asyncio.to_thread(
            by_passages, queries, [segments.get(name, ()) for name in names]
        )
    if granularity is Granularity.GENRES:
        shares = await index.genre_vectors(names)
        return await asyncio.to_thread(_by_shares, queries, [shares.get(name) for name in names])
    missing = [one.track.track_id for one in found if one.vector is None]
    read = await index.vectors(missing) if missing else {}
    return await asyncio.to_thread(
        _by_vectors,
        queries,
        [
            one.vector if one.vector is not None else read.get(name)
            for name, one in zip(names, found, strict=True)
        ],
    )


def _by_shares(queries: npt.NDArray[np.float64], tracks: Sequence[Vector | None]) -> Compared:
    values = np.zeros((len(tracks), len(queries)), dtype=np.float32)
    for row, shares in enumerate(tracks):
        if shares is not None:
            distances = np.linalg.norm(queries - shares.astype(np.float64), axis=1)
            values[row] = [genre_similarity(float(one)) for one in distances]
    return Compared(values)


def _by_vectors(queries: npt.NDArray[np.float64], tracks: Sequence[Vector | None]) -> Compared:
    values = np.full((len(tracks), len(queries)), -1.0, dtype=np.float32)
    for row, vector in enumerate(tracks):
        if vector is not None:
            values[row] = np.clip(queries @ vector.astype(np.float64), -1.0, 1.0)
    return Compared(values)


def by_passages(queries: npt.NDArray[np.float64], tracks: Sequence[Sequence[Segment]]) -> Compared:
    """Compare the passages of tracks with every query; the best of a track counts."""
    values = np.full((len(tracks), len(queries)), -1.0, dtype=np.float32)
    passages: list[Sequence[Passage]] = []
    for row, segments in enumerate(tracks):
        if not segments:
            passages.append(())
            continue
        vectors = np.array([one.vector for one in segments], dtype=np.float64)
        products = np.clip(vectors @ queries.T, -1.0, 1.0).astype(np.float32)
        best = products.argmax(axis=0)
        values[row] = products.max(axis=0)
        passages.append(
            [
                Passage(segments[at].start_seconds, segments[at].end_seconds, float(one))
                for at, one in zip(best, values[row], strict=True)
            ]
        )
    return Compared(values, passages)
