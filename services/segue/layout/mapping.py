"""The next map of a catalogue, out of its vectors and the map before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.layout.directions import principal_components
from segue.layout.placing import mirrored_to, place_beside, turned_to, within_unit_square
from segue.layout.progress import Progress
from segue.track_map import Places, TrackMap
from segue.tracks import Matrix

MOST_CHANGED = 0.2
"""Share of the tracks that may change before all is laid out anew."""

FEWEST_FITTED = 12
"""Fewer tracks than this have no neighbours to speak of: the principal components do."""

MOST_FITTED = 50_000
"""Tracks that are laid out by t-SNE; the rest is placed among them."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Where tracks lie.

    Attributes
    ----------
    places
        By the name of the layout.
    changed
        Tracks that came, went or sound different since all was laid out anew.
    anew
        Whether all was laid out anew now.
    """

    places: Mapping[str, Places]
    digests: npt.NDArray[np.uint64]
    changed: int
    anew: bool


def lay_out(
    track_ids: Sequence[str],
    vectors: Matrix,
    earlier: TrackMap | None,
    progress: Progress,
    *,
    changed_before: int = 0,
    anew: bool = False,
) -> Laid:
    """Lay out a catalogue.

    What stood in the earlier map stays where it was, and what is new is placed beside what it
    sounds like, until more than ``MOST_CHANGED`` of the tracks changed. Then all is laid out anew,
    from where it stands.

    Parameters
    ----------
    vectors
        Shape (N, dimension), a row for each of the ids, L2-normalised.
    changed_before
        Of the earlier map: what changed since all was laid out anew.
    anew
        Lay out anew in any case.
    """
    digests = vector_digests(vectors)
    standing = _standing(track_ids, digests, earlier)
    known = standing >= 0
    flat = within_unit_square(principal_components(vectors, 2))
    if earlier is None or not known.any():
        return Laid({"tsne": _fitted(vectors, digests, None, flat, progress), "pca": flat},
                    digests, 0, anew=True)  # fmt: skip
    old = {name: places[standing[known]] for name, places in earlier.places.items()}
    flat = mirrored_to(flat, old["pca"], flat[known])
    changed = changed_before + int((~known).sum()) + len(earlier.track_ids) - int(known.sum())
    start = np.zeros((len(vectors), 2), np.float32)
    start[known] = old["tsne"]
    if not known.all():
        start[~known] = place_beside(vectors[~known], vectors[known], old["tsne"])
    anew = anew or changed > MOST_CHANGED * len(vectors)
    if not anew:
        return Laid({"tsne": start, "pca": flat}, digests, changed, anew=False)
    fitted = _fitted(vectors, digests, start, flat, progress)
    fitted = within_unit_square(turned_to(fitted, old["tsne"], fitted[known]))
    return Laid({"tsne": fitted, "pca": flat}, digests, 0, anew=True)


def vector_digests(vectors: Matrix) -> npt.NDArray[np.uint64]:
    """What stands for each vector; shape (N,)."""
    rows = np.ascontiguousarray(vectors, "<f4")
    digests = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, "<u8")


def _standing(
    track_ids: Sequence[str], digests: npt.NDArray[np.uint64], earlier: TrackMap | None
) -> npt.NDArray[np.int64]:
    """Row of each track in the earlier map; -1 where it is not there, or sounded different."""
    if earlier is None:
        return np.full(len(track_ids), -1, np.int64)
    rows = earlier.rows()
    found = np.array([rows.get(track, -1) for track in track_ids], np.int64)
    if len(earlier.track_ids):
        found[(found >= 0) & (earlier.digests[found] != digests)] = -1
    return found


def _fitted(
    vectors: Matrix,
    digests: npt.NDArray[np.uint64],
    start: Places | None,
    flat: Places,
    progress: Progress,
) -> Places:
    """Places by t-SNE, of very many tracks of a part that is the same in every map."""
    if len(vectors) < FEWEST_FITTED:
        return flat
    # Loading it takes longer than placing a few tracks does, which needs none of it.
    from segue.layout.fitting import fit

    if len(vectors) <= MOST_FITTED:
        return within_unit_square(fit(vectors, start, progress))
    chosen = np.argsort(digests, kind="stable")[:MOST_FITTED]
    others = np.ones(len(vectors), bool)
    others[chosen] = False
    places = np.zeros((len(vectors), 2), np.float32)
    places[chosen] = fit(vectors[chosen], None if start is None else start[chosen], progress)
    places[others] = place_beside(vectors[others], vectors[chosen], places[chosen])
    return within_unit_square(places)
