"""How good an encoder is while it trains: how it ranks chunks, and how it answers for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from segue.audio.front_end import FrontEnd
from segue.tracks import Matrix
from segue.trainer.answer_store import Answers, AnswerStore, UnitScale
from segue.trainer.batches import Chunks, gather
from segue.trainer.evaluation.metrics import average_precision
from segue.trainer.features import FeatureStore
from segue.trainer.track_labels import TrackLabels

Encode = Callable[[Chunks], Matrix]
"""Chunks of shape (n, bands, frames) to vectors of shape (n, dimension), unit rows."""

Answer = Callable[[Chunks], Answers]
"""Chunks to what a student answers for them, shape (n, numbers)."""

Classify = Callable[[Chunks], Sequence[Matrix]]
"""Chunks to logarithms of the probabilities of genres and of moods, each of shape (n, labels)."""

CHUNKS_PER_TRACK = 4
_BATCH = 128
_LEAST_LOGARITHM = -60.0


def mean_average_precision(similarity: Matrix, relevant: npt.NDArray[np.bool_]) -> float:
    """Mean over queries of the average precision of their rankings, ties taken together.

    Parameters
    ----------
    similarity
        Shape (queries, items). Minus infinity leaves an item out of a query's ranking.
    relevant
        Shape (queries, items). Queries without a relevant item are left out; 0 when all are.
    """
    found = np.array(list(map(average_precision, -similarity, relevant & np.isfinite(similarity))))
    return float(np.nanmean(found)) if np.isfinite(found).any() else 0.0


def validate(
    store: FeatureStore, track_numbers: npt.NDArray[np.int64], encode: Encode, chunk_frames: int
) -> dict[str, float]:
    """Mean average precision of chunks, by task.

    Every chunk is a query against all others. For genre and mood, chunks of the same artist and of
    the same track are left out.

    Parameters
    ----------
    track_numbers
        Shape (n,): tracks of ``store``. Each gives four chunks, spread from its beginning to its
        end.
    encode
        The encoder that is measured.
    chunk_frames
        Length of a chunk.

    Returns
    -------
    dict[str, float]
        ``track``, and ``genre`` and ``mood`` where there are labels; in [0, 1].
    """
    owner, starts = _spread(store, track_numbers, chunk_frames)
    vectors = np.concatenate(
        [
            encode(
                gather(
                    store,
                    owner[first : first + _BATCH],
                    starts[first : first + _BATCH],
                    chunk_frames,
                )
            )
            for first in range(0, len(owner), _BATCH)
        ]
    )
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    tracks = [store.tracks[number] for number in owner]
    same_track = owner[:, None] == owner[None, :]
    found = {"track": mean_average_precision(similarity, same_track)}
    same_artist = _equal([track.artist or track.track_id for track in tracks])
    others = np.where(same_artist | same_track, -np.inf, similarity)
    for task, named in (
        ("genre", [track.genres[:1] for track in tracks]),
        ("mood", [track.moods[:1] for track in tracks]),
    ):
        if any(named):
            relevant = _equal(["".join(names) for names in named]) & np.asarray(
                [bool(names) for names in named]
            )
            found[task] = mean_average_precision(others, relevant)
    return found


def likelihood(
    store: FeatureStore,
    track_numbers: npt.NDArray[np.int64],
    classify: Classify,
    labels: TrackLabels,
    front: FrontEnd,
) -> float:
    """How likely a classifier holds the labels of chunks to be, as a geometric mean.

    Parameters
    ----------
    track_numbers
        Shape (n,): tracks of ``store``. Each gives four chunks, spread from its beginning to its
        end.
    classify
        The classifier that is measured.
    labels
        Of the tracks of ``store``.
    front
        Of the classifier.

    Returns
    -------
    float
        Mean over genres and moods, as far as there are any; in [0, 1]. Of chunks with several
        labels, each has its share.
    """
    owner, starts = _spread(store, track_numbers, front.chunk_frames)
    seconds = (starts + front.chunk_frames / 2) * front.hop / front.rate_hz
    wanted = labels.of(owner, seconds)
    made: list[list[Matrix]] = [[], []]
    for first in range(0, len(owner), _BATCH):
        part = slice(first, first + _BATCH)
        chunks = gather(store, owner[part], starts[part], front.chunk_frames)
        for kind, rows in zip(made, classify(chunks), strict=True):
            kind.append(rows)
    found = []
    for shares, kind in zip(wanted, made, strict=True):
        logarithms = np.concatenate(kind)
        known = shares.sum(axis=1) > 0
        if logarithms.shape[1] and known.any():
            # Of probabilities of 0, which float32 rounds to, a share of 0 is still nothing.
            least = np.maximum(logarithms[known], _LEAST_LOGARITHM)
            found.append(float(np.exp((shares[known] * least).sum(axis=1).mean())))
    return sum(found) / max(1, len(found))


def _spread(
    store: FeatureStore, track_numbers: npt.NDArray[np.int64], chunk_frames: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Tracks and first frames of chunks that lie evenly in tracks, shape (4 · tracks,) each."""
    latest = store.counts[track_numbers] - chunk_frames
    places = np.linspace(0.0, 1.0, CHUNKS_PER_TRACK)
    starts = (latest[:, None] * places).astype(np.int64).ravel()
    return np.repeat(track_numbers, CHUNKS_PER_TRACK), starts


def agreement(
    features: FeatureStore,
    answers: AnswerStore,
    track_numbers: npt.NDArray[np.int64],
    answer: Answer,
    scale: UnitScale,
    chunk_frames: int,
) -> float:
    """How near a student's answers are to its teacher's.

    Parameters
    ----------
    features, answers
        Stores of the same tracks.
    track_numbers
        Shape (n,): tracks of both. Each gives four chunks at most, spread over it.
    answer
        The student that is measured.
    scale
        How the teacher's units spread over the training split.
    chunk_frames
        Length of a chunk.

    Returns
    -------
    float
        Mean cosine of the standardised units, over chunks and both heads; in [-1, 1].
    """
    chunks = np.concatenate(
        [
            own[np.unique(np.linspace(0, len(own) - 1, CHUNKS_PER_TRACK).round().astype(int))]
            for own in (answers.chunks(track_numbers[[n]]) for n in range(len(track_numbers)))
        ]
    )
    cosines = []
    for first in range(0, len(chunks), _BATCH):
        part = chunks[first : first + _BATCH]
        mel = gather(features, part[:, 0], answers.first_frames(part), chunk_frames)
        made, wanted = (
            scale.of(torch.from_numpy(rows)) for rows in (answer(mel), answers.answers(part))
        )
        of_heads = [
            functional.cosine_similarity(ours, theirs)
            for ours, theirs in zip(made, wanted, strict=True)
        ]
        cosines.append(torch.stack(of_heads).mean(dim=0))
    return float(torch.cat(cosines).mean())


def _equal(names: Sequence[str]) -> npt.NDArray[np.bool_]:
    column = np.asarray(names)
    return np.asarray(column[:, None] == column[None, :])
