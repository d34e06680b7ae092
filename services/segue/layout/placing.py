"""Places for tracks that join a standing map: among those that they sound like."""

from __future__ import annotations

import numpy as np

from segue.track_map import Places
from segue.tracks import Matrix

NEIGHBOURS = 8
_CELLS_AT_ONCE = 16 * 1024 * 1024
_SAME = 1e-6


def place_beside(vectors: Matrix, standing: Matrix, places: Places) -> Places:
    """Places of new vectors in a map of others; shape (new, 2).

    Each comes to lie at the mean of its nearest by cosine, weighted by the inverse of their squared
    distance: a copy lies where its original does, give or take what cannot be seen.

    Parameters
    ----------
    vectors, standing
        L2-normalised. At least one vector stands.
    places
        Where the standing ones lie.
    """
    found = np.zeros((len(vectors), 2), np.float32)
    count = min(NEIGHBOURS, len(standing))
    rows = max(1, _CELLS_AT_ONCE // len(standing))
    for first in range(0, len(vectors), rows):
        cosines = vectors[first : first + rows] @ standing.T
        nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        chosen = np.take_along_axis(cosines, nearest, axis=1)
        weights = 1.0 / np.maximum(1.0 - chosen, _SAME)
        weights = weights**2 / (weights**2).sum(axis=1, keepdims=True)
        found[first : first + rows] = (weights[:, :, None] * places[nearest]).sum(axis=1)
    return found


def turned_to(places: Places, earlier: Places, now: Places) -> Places:
    """Places turned and mirrored so that some of them lie as they did earlier.

    Parameters
    ----------
    earlier, now
        Where the same tracks were in the earlier map, and are in this one; shape (common, 2).
    """
    if len(now) < 2:
        return places
    product = (now - now.mean(axis=0)).T @ (earlier - earlier.mean(axis=0))
    left, _, right = np.linalg.svd(product.astype(np.float64))
    turned: Places = (places @ (left @ right)).astype(np.float32)
    return turned


def mirrored_to(places: Places, earlier: Places, now: Places) -> Places:
    """Places with each axis pointing as it did earlier; the axes stay what they are."""
    signs = np.where((now * earlier).sum(axis=0) < 0, -1.0, 1.0)
    mirrored: Places = (places * signs).astype(np.float32)
    return mirrored


def within_unit_square(places: Places) -> Places:
    """Places moved and scaled, the same for both axes, so that they fill [-1, 1]."""
    if not len(places):
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    size = max(float((high - low).max()), 1e-12)
    scaled: Places = ((places - (low + high) / 2) * (2.0 / size)).astype(np.float32)
    return scaled if size > 1e-9 else np.zeros_like(scaled)
