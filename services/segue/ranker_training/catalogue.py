"""The catalogue that a ranker learns on: what searches know of its tracks, in memory.

Shapes: N tracks, D dimensions of song vectors, P passages, G genres.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from segue.collaborative.cold_start import CatalogueTracks
from segue.embedding.halves import Half
from segue.notation import text_key
from segue.tracks import EmbeddedTrack

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

MOST_PASSAGE_BYTES = 1024 * 1024 * 1024
"""Of passages in half precision; where a catalogue has more, none of them are looked at."""


@dataclass(frozen=True)
class Catalogue:
    """All that searches compare.

    Attributes
    ----------
    space
        Embedding space of all vectors but the genres'.
    halves
        Of song vectors; empty where the model does not tell sound and style apart.
    track_ids, artists, albums
        N of each; keys as filters compare them.
    names
        Of each track's artists, as they are written.
    years
        Shape (N,), NaN where the year of release is not known.
    vectors
        Song vectors, shape (N, D), of unit length.
    genres
        Shares of genres, shape (N, G), NaN where they are not known; G may be 0.
    passages
        Shape (P, D), float16, of unit length: those of each track one after the other.
    ends
        Shape (N,): where the passages of each track end; those of the first begin at 0.
    """

    space: str
    halves: tuple[Half, ...]
    track_ids: Sequence[str]
    names: Sequence[Sequence[str]]
    artists: Sequence[frozenset[str]]
    albums: Sequence[str]
    years: npt.NDArray[np.float64]
    vectors: Floats
    genres: Floats
    passages: npt.NDArray[np.float16]
    ends: Places

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Row of each track by its id."""
        return {track: row for row, track in enumerate(self.track_ids)}

    @property
    def cold(self) -> CatalogueTracks:
        """What factors of tracks that nobody heard are made from."""
        return CatalogueTracks(self.track_ids, self.names, self.vectors, self.space)

    def passage_similarities(self, seed: int, tracks: Places) -> npt.NDArray[np.float64]:
        """Cosine of a track's song vector with the best passage of each of others; NaN: has none.

        Parameters
        ----------
        seed
            Row of the track.
        tracks
            Rows of the others, shape (n,).
        """
        found = np.full(len(tracks), np.nan)
        last = self.ends[tracks]
        first = np.where(tracks > 0, self.ends[tracks - 1], 0)
        counts = last - first
        having = np.flatnonzero(counts)
        if len(having):
            rows = np.concatenate([np.arange(first[one], last[one]) for one in having])
            cosines = self.passages[rows].astype(np.float32) @ self.vectors[seed]
            starts = np.concatenate([[0], np.cumsum(counts[having])[:-1]])
            found[having] = np.maximum.reduceat(cosines, starts)
        return found


def gathered(
    tracks: Iterable[EmbeddedTrack], *, space: str, dimension: int, halves: tuple[Half, ...] = ()
) -> Catalogue:
    """Gather a catalogue from its tracks."""
    ids, names, artists, albums, years = [], [], [], [], []
    vectors, genres, passages, ends = [], [], [], []
    passage_bytes = 0
    for one in tracks:
        metadata = one.track.metadata
        ids.append(one.track.track_id)
        names.append(metadata.artists)
        artists.append(frozenset(map(text_key, (metadata.artist, *metadata.artists))) - {""})
        albums.append(text_key(metadata.album))
        years.append(np.nan if metadata.year is None else float(metadata.year))
        vectors.append(_unit(one.vector))
        genres.append(one.genre_vector)
        passage_bytes += 2 * dimension * len(one.segments)
        if passage_bytes <= MOST_PASSAGE_BYTES:
            passages += [_unit(segment.vector).astype(np.float16) for segment in one.segments]
        ends.append(len(passages))
    if passage_bytes > MOST_PASSAGE_BYTES:
        passages, ends = [], [0] * len(ids)
    shares = max((len(one) for one in genres if one is not None), default=0)
    unknown = np.full(shares, np.nan, np.float32)
    return Catalogue(
        space=space,
        halves=halves,
        track_ids=ids,
        names=names,
        artists=artists,
        albums=albums,
        years=np.array(years, np.float64),
        vectors=np.array(vectors, np.float32).reshape(len(ids), dimension),
        genres=np.array(
            [unknown if one is None else one for one in genres], dtype=np.float32
        ).reshape(len(ids), shares),
        passages=np.array(passages, np.float16).reshape(-1, dimension),
        ends=np.array(ends, np.intp),
    )


def _unit(vector: npt.ArrayLike) -> Floats:
    values = np.asarray(vector, np.float32)
    unit: Floats = values / max(float(np.linalg.norm(values)), 1e-12)
    return unit
