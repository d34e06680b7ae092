"""Factors of tracks and listeners: what a recommender learnt, as it is published. No I/O.

Shapes: T tracks, F factors. A listener's score of a track is the product of their factors and the
track's bias.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.errors import FactorsUnusable
from segue.published import About

Floats: TypeAlias = npt.NDArray[np.float32]

MOST_FACTORS = 512

_MAGIC = b"SEGUE-FACTORS-1\n"
_LENGTH = struct.Struct("<I")

_LISTENER_BYTES = 96
"""What Redis takes for a field of a hash, about, besides its name and value."""


class Origin(IntEnum):
    """Where a track's factors come from."""

    LISTENED = 0
    ARTIST = 1
    AUDIO = 2


@dataclass(frozen=True, slots=True)
class FactorsAbout(About):
    """What is said of a version of factors.

    Attributes
    ----------
    version
        Its name, which grows with time.
    model
        ``als`` or ``bpr``.
    created_at
        Seconds since 1970.
    tracks, listeners
        How many have factors.
    origins
        Number of tracks by the name of their :class:`Origin`, in small letters.
    space
        Embedding space that factors from audio were made in; empty where there are none.
    learnt_as
        The version in which what listeners did was learnt; later ones may only add cold tracks.
    size_bytes
        What it takes where it is published, about.
    measures
        What an evaluation before the last fit said, by name.
    """

    WHAT: ClassVar = "factors"
    UNUSABLE: ClassVar = FactorsUnusable

    version: str
    model: str
    created_at: float
    factors: int
    tracks: int
    listeners: int
    origins: Mapping[str, int]
    space: str = ""
    learnt_as: str = ""
    size_bytes: int = 0
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FactorTable:
    """Factors of all tracks of a version.

    Attributes
    ----------
    track_ids
        T ids, none of them twice.
    factors
        Shape (T, F).
    biases
        Shape (T,): zero where the model has none.
    listeners
        Shape (T,), int32: how many listeners heard, and did not dislike, each track.
    origins
        Shape (T,), uint8: an :class:`Origin` each.
    """

    track_ids: Sequence[str]
    factors: Floats
    biases: Floats
    listeners: npt.NDArray[np.int32]
    origins: npt.NDArray[np.uint8]

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Row of each track by its id."""
        return {track: row for row, track in enumerate(self.track_ids)}

    @cached_property
    def lengths(self) -> Floats:
        """Length of each track's factors, at least a tiny number; shape (T,)."""
        lengths: Floats = np.maximum(np.linalg.norm(self.factors, axis=1), 1e-12)
        return lengths.astype(np.float32)

    @cached_property
    def popularity(self) -> Floats:
        """Popularity in [0, 1], shape (T,): the logarithm of a track's listeners, to the largest's.

        A track that nobody heard has 0, the one that most heard has 1.
        """
        logs = np.log1p(self.listeners.astype(np.float32))
        largest = max(float(logs.max(initial=0.0)), 1e-12)
        shares: Floats = (logs / largest).astype(np.float32)
        return shares

    def prepare(self) -> FactorTable:
        """Compute what is computed once, away from whoever must not wait; returns itself."""
        _ = self.rows, self.lengths, self.popularity
        return self

    def origin_counts(self) -> dict[str, int]:
        """Number of tracks by the name of their origin."""
        return {one.name.lower(): int((self.origins == one).sum()) for one in Origin}

    def for_listener(
        self, user: Floats, candidates: Sequence[str], *, limit: int, without: Collection[str]
    ) -> dict[str, float]:
        """Scores of those candidates that have factors, and the best other tracks.

        Parameters
        ----------
        user
            Shape (F,): the listener's factors.
        limit
            How many other tracks.
        without
            Tracks that are not among those.
        """
        if limit > 0:
            scores = self.factors @ user + self.biases
            return self._answer(scores, candidates, limit=limit, without=without)
        chosen, rows = self._known(candidates)
        found = self.factors[rows] @ user + self.biases[rows]
        return dict(zip(chosen, found.tolist(), strict=True))

    def for_seeds(
        self, seeds: Collection[str], candidates: Sequence[str], *, limit: int
    ) -> dict[str, float]:
        """Mean cosine to the seeds' factors, in [-1, 1], as :meth:`for_listener` gives scores.

        Nothing where no seed has factors.
        """
        _, rows = self._known(seeds)
        if not rows:
            return {}
        seed = (self.factors[rows] / self.lengths[rows, None]).mean(axis=0)
        if limit > 0:
            scores = self.factors @ seed / self.lengths
            return self._answer(scores, candidates, limit=limit, without=seeds)
        chosen, places = self._known(candidates)
        found = self.factors[places] @ seed / self.lengths[places]
        return dict(zip(chosen, found.tolist(), strict=True))

    def _answer(
        self, scores: Floats, candidates: Sequence[str], *, limit: int, without: Collection[str]
    ) -> dict[str, float]:
        chosen, rows = self._known(candidates)
        answer = dict(zip(chosen, scores[rows].tolist(), strict=True))
        others = scores.copy()
        others[rows] = -np.inf
        others[self._known(without)[1]] = -np.inf
        count = min(limit, len(others))
        best = np.argpartition(-others, count - 1)[:count] if count else np.empty(0, np.intp)
        for row in best[np.isfinite(others[best])].tolist():
            answer[self.track_ids[row]] = float(scores[row])
        return answer

    def _known(self, tracks: Collection[str]) -> tuple[list[str], list[int]]:
        known = [track for track in tracks if track in self.rows]
        return known, [self.rows[track] for track in known]


@dataclass(frozen=True, slots=True, eq=False)
class ListenerFactors:
    """Factors of listeners.

    Attributes
    ----------
    user_ids
        An id each.
    factors
        Shape (listeners, F).
    """

    user_ids: Sequence[str]
    factors: Floats

    def size(self) -> int:
        """What they take where they are published, about, in bytes."""
        names = sum(len(one.encode()) for one in self.user_ids)
        return names + self.factors.nbytes + _LISTENER_BYTES * len(self.user_ids)


def table_to_bytes(table: FactorTable) -> bytes:
    """Pack a table: a header of JSON, then its arrays in little endian, then its ids."""
    ids = [track.encode() for track in table.track_ids]
    header = json.dumps({"tracks": len(ids), "factors": table.factors.shape[1]}).encode()
    return b"".join(
        (
            _MAGIC,
            _LENGTH.pack(len(header)),
            header,
            np.ascontiguousarray(table.factors, "<f4").tobytes(),
            np.ascontiguousarray(table.biases, "<f4").tobytes(),
            np.ascontiguousarray(table.listeners, "<i4").tobytes(),
            np.ascontiguousarray(table.origins, "u1").tobytes(),
            np.array([len(one) for one in ids], "<u2").tobytes(),
            *ids,
        )
    )


def table_from_bytes(data: bytes) -> FactorTable:
    """Unpack what :func:`table_to_bytes` packed.

    Raises
    ------
    FactorsUnusable
        When it is something else, or not whole.
    """
    if not data.startswith(_MAGIC):
        raise FactorsUnusable("these are no factors, or those of another version of Segue")
    try:
        (length,) = _LENGTH.unpack_from(data, len(_MAGIC))
        start = len(_MAGIC) + _LENGTH.size
        header = json.loads(data[start : start + length])
        tracks, count = int(header["tracks"]), int(header["factors"])
        place = start + length

        def taken(kind: str, number: int) -> Any:
            nonlocal place
            values = np.frombuffer(data, kind, number, place)
            place += values.nbytes
            return values

        factors = taken("<f4", tracks * count).reshape(tracks, count)
        biases, listeners = taken("<f4", tracks), taken("<i4", tracks)
        origins, lengths = taken("u1", tracks), taken("<u2", tracks)
        ids = []
        for one in lengths.tolist():
            ids.append(data[place : place + one].decode())
            place += one
    except (ValueError, KeyError, TypeError, struct.error) as exc:
        raise FactorsUnusable("the factors are damaged") from exc
    if place != len(data) or not np.isfinite(factors).all() or not np.isfinite(biases).all():
        raise FactorsUnusable("the factors are damaged")
    return FactorTable(ids, factors, biases, listeners, origins)
