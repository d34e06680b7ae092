"""Checks that every adapter makes before anything is stored or searched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from segue.errors import InvalidPageToken, InvalidVector, SpaceMismatch
from segue.tracks import EmbeddedTrack, Vector

SMALLEST_NORM = 1e-6
"""Below this Euclidean length a vector has no direction worth comparing."""

UNIT_WITHIN = 1e-6
"""A vector whose length is that near to 1 is of unit length, as far as single precision knows."""


def unit_vector(vector: npt.ArrayLike, dimension: int, name: str = "vector") -> Vector:
    """Scale ``vector`` to unit length: shape (dimension,), float32.

    One that is of unit length stays as it is, so that what was stored once can be stored again
    elsewhere without a change.

    Raises
    ------
    InvalidVector
        When it has the wrong length, is not finite, or has no direction.
    """
    array = _of_length(vector, dimension, name)
    norm = math.sqrt(array.dot(array))
    if not math.isfinite(norm):  # of a value that is not, or of one whose square is not
        raise InvalidVector(f"{name} holds values that are not finite, or too large")
    if norm < SMALLEST_NORM:
        raise InvalidVector(f"{name} has length {norm:g}: it points nowhere")
    if abs(norm - 1.0) > UNIT_WITHIN:
        array = array / norm
    return array.astype(np.float32)


def shares_vector(vector: npt.ArrayLike, dimension: int, name: str = "vector") -> Vector:
    """Check a position in the genre space: shape (dimension,), float32, as it is.

    Raises
    ------
    InvalidVector
        When it has the wrong length or is not finite.
    """
    return _finite(vector, dimension, name).astype(np.float32)


def unit_track(
    track: EmbeddedTrack, *, space: str, dimension: int, genre_dimension: int | None
) -> EmbeddedTrack:
    """Return the track with every vector checked and of unit length.

    The genre vector holds probabilities and keeps its length; it is dropped where the index has no
    genre space.

    Raises
    ------
    SpaceMismatch
        When the track comes from another embedding space.
    InvalidVector
        When one of its vectors has the wrong length, is not finite, or has no direction.
    """
    name = track.track.track_id
    if track.space != space:
        raise SpaceMismatch(
            f"track {name!r} was embedded in {track.space!r}, but this index holds {space!r}"
        )
    genre = track.genre_vector if genre_dimension is not None else None
    if genre is not None and genre_dimension is not None:
        label = f"genre vector of track {name!r}"
        genre = _finite(genre, genre_dimension, label).astype(np.float32)
    return replace(
        track,
        vector=unit_vector(track.vector, dimension, f"vector of track {name!r}"),
        genre_vector=genre,
        segments=[
            replace(
                segment,
                vector=unit_vector(
                    segment.vector, dimension, f"vector of segment {segment.number} of {name!r}"
                ),
            )
            for segment in track.segments
        ],
    )


def unit_tracks(
    tracks: Sequence[EmbeddedTrack], *, space: str, dimension: int, genre_dimension: int | None
) -> list[EmbeddedTrack]:
    """Check all tracks before the first is stored; of several with one id the last one counts."""
    latest = {track.track.track_id: track for track in tracks}
    return [
        unit_track(track, space=space, dimension=dimension, genre_dimension=genre_dimension)
        for track in latest.values()
    ]


def _finite(vector: npt.ArrayLike, dimension: int, name: str) -> npt.NDArray[np.float64]:
    array = _of_length(vector, dimension, name)
    if not np.isfinite(array).all():
        raise InvalidVector(f"{name} holds values that are not finite")
    return array


def _of_length(vector: npt.ArrayLike, dimension: int, name: str) -> npt.NDArray[np.float64]:
    try:
        array = np.asarray(vector, dtype=np.float64)
    except (TypeError, ValueError) as exc:
        raise InvalidVector(f"{name} is not an array of numbers") from exc
    if array.shape != (dimension,):
        raise InvalidVector(f"{name} has shape {array.shape}, not ({dimension},)")
    return array


def parse_cursor(after: str) -> UUID:
    """Point at which a page of :meth:`list_tracks` starts.

    Raises
    ------
    InvalidPageToken
        When the cursor was not given out by an index.
    """
    try:
        return UUID(after)
    except ValueError as exc:
        raise InvalidPageToken(f"{after!r} is not a cursor of this index") from exc
