"""Tracks with all their vectors, compared number by number."""

from __future__ import annotations

import numpy as np

from segue.layers import MetadataLayers
from segue.tracks import EmbeddedTrack, Provenance


def assert_equal(
    found: EmbeddedTrack, right: EmbeddedTrack, *, known: bool = True, within: float = 0.0
) -> None:
    """The same track with the same vectors, bit for bit unless they may differ ``within``.

    ``known``: what an earlier version did not know of whose word it is, stays unknown; otherwise it
    became the owner's, and what is said of it counts as given.
    """
    track = right.track
    if not known and track.provenance is None:
        assert found.track.provenance is Provenance.OWNER
    else:
        assert found.track.provenance is track.provenance
    for name in track.__slots__:
        if name.startswith("predicted_"):
            predicted, given = getattr(found.track, name), getattr(track, name)
            assert predicted.keys() == given.keys()
            assert all(np.float32(predicted[key]) == np.float32(given[key]) for key in given)
        elif name == "layers" and not known and track.layers is None:
            assert found.track.layers == MetadataLayers(given=track.metadata)
        elif name != "provenance":
            assert getattr(found.track, name) == getattr(track, name), name
    assert found.space == right.space
    assert found.fingerprint == right.fingerprint
    assert same(found.vector, right.vector, within)
    assert (found.genre_vector is None) == (right.genre_vector is None)
    if found.genre_vector is not None and right.genre_vector is not None:
        assert same(found.genre_vector, right.genre_vector, within)
    assert len(found.segments) == len(right.segments)
    for one, other in zip(found.segments, right.segments, strict=True):
        assert (one.number, one.start_seconds, one.end_seconds) == (
            other.number,
            other.start_seconds,
            other.end_seconds,
        )
        assert same(one.vector, other.vector, within)


def same(one: np.ndarray, other: np.ndarray, within: float = 0.0) -> bool:
    """Whether two vectors are equal, to the last bit or ``within`` so much."""
    alike = np.array_equal(one, other) if not within else np.allclose(one, other, 0, within)
    return one.dtype == other.dtype == np.float32 and alike
