"""Which tracks and places make the batch of a step: a function of seed and step, so runs resume."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.trainer.features import FeatureStore

Chunks = npt.NDArray[np.float32]
"""Shape (n, bands, frames), dB."""


def batch_tracks(
    members: npt.NDArray[np.int64],
    artists: Sequence[str],
    tracks: int,
    mates: int,
    seed: int,
    step: int,
) -> npt.NDArray[np.int64]:
    """Tracks of a step's batch: every epoch is a permutation of ``members``, cut into batches.

    A set smaller than a batch is one batch.

    Parameters
    ----------
    members
        Shape (n,): numbers of the tracks to train on.
    artists
        Artist of every track of the store; empty when unknown.
    mates
        As many tracks of an artist stay together; 1 leaves artists alone.
    """
    per_batch = min(tracks, len(members))
    epoch, number = divmod(step, len(members) // per_batch)
    random = np.random.default_rng((seed, 1, epoch))
    order = random.permutation(members)
    if mates > 1:
        order = _by_artist(order, artists, mates, random)
    return order[number * per_batch : (number + 1) * per_batch]


def _by_artist(
    order: npt.NDArray[np.int64], artists: Sequence[str], mates: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Cut each artist's tracks into groups of ``mates``; the groups in random order."""
    of_artist: dict[str, list[int]] = {}
    for track in order.tolist():
        of_artist.setdefault(artists[track] or f"\x1f{track}", []).append(track)
    groups = [
        known[first : first + mates]
        for known in of_artist.values()
        for first in range(0, len(known), mates)
    ]
    return np.concatenate([groups[place] for place in random.permutation(len(groups))])


def random_places(
    store: FeatureStore,
    tracks: npt.NDArray[np.int64],
    places: int,
    chunk_frames: int,
    apart_frames: int,
    random: np.random.Generator,
) -> Chunks:
    """``places`` chunks of each track, in random order, shape (places · tracks, bands, frames).

    Their starts are at least ``apart_frames`` apart, or a ``places``-th of the room for them where
    that is less. All first places come first, then all second ones.
    """
    latest = store.counts[tracks] - chunk_frames
    apart = np.minimum(apart_frames, latest // places)
    # Sorted draws from what the least distances leave free: uniform over all allowed placements.
    free = latest - (places - 1) * apart
    draws = np.sort(random.random((len(tracks), places)), axis=1)
    starts = (draws * (free + 1)[:, None]).astype(np.int64)
    starts = np.minimum(starts, free[:, None]) + apart[:, None] * np.arange(places)
    starts = random.permuted(starts, axis=1)
    return gather(store, np.tile(tracks, places), starts.T.ravel(), chunk_frames)


def gather(
    store: FeatureStore,
    tracks: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    chunk_frames: int,
) -> Chunks:
    """Chunks by track and first frame, shape (n, bands, chunk_frames), float32."""
    pieces = [
        store.chunk(int(track), int(start), chunk_frames)
        for track, start in zip(tracks, starts, strict=True)
    ]
    return np.ascontiguousarray(np.stack(pieces).transpose(0, 2, 1), dtype=np.float32)
