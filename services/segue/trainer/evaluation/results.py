"""Results of an evaluation: a row of numbers for each encoder on each set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from segue.trainer.data import TrainingTrack
from segue.trainer.evaluation.encoders import ClipEncoder
from segue.trainer.evaluation.scores import Scores, ScoreSettings, SongVectors, score, song_vectors
from segue.trainer.evaluation.sets import ClipPlan, EvaluationImpossible, EvaluationSet


@dataclass(frozen=True, slots=True)
class Row:
    """One encoder on one set.

    Attributes
    ----------
    description
        What the encoder is.
    genres
        Names of the genre probabilities in ``songs``.
    """

    name: str
    description: str
    dimension: int
    scores: Scores
    songs: SongVectors
    genres: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetResult:
    """All rows of one set."""

    evaluation_set: EvaluationSet
    rows: tuple[Row, ...]


def choose_tracks(
    tracks: Sequence[TrainingTrack], split: str, limit: int | None = None
) -> list[TrainingTrack]:
    """Tracks to evaluate on.

    Parameters
    ----------
    split
        ``all``, or ``test``: the tracks that the data set reserves for testing or, when it
        reserves none, the test part of the split by hash.
    limit
        Most tracks; they are taken evenly from all.

    Raises
    ------
    EvaluationImpossible
        When there are fewer than two.
    """
    chosen = list(tracks)
    if split == "test":
        reserved = [track for track in tracks if track.held_out]
        chosen = reserved or [track for track in tracks if track.split == "test"]
    if len(chosen) < 2:
        raise EvaluationImpossible(
            f"{len(chosen)} tracks in the test split", next_step="Take all with --split all."
        )
    if limit is not None and limit < len(chosen):
        chosen = [chosen[place * len(chosen) // limit] for place in range(limit)]
    return chosen


def require_chunks(encoders: Iterable[ClipEncoder], plan: ClipPlan) -> None:
    """Check that a clip holds a chunk of every encoder.

    Raises
    ------
    EvaluationImpossible
        When it does not.
    """
    for encoder in encoders:
        front = encoder.front_end
        if 1 + round(plan.seconds * front.rate_hz) // front.hop < front.chunk_frames:
            raise EvaluationImpossible(
                f"clips of {plan.seconds:g} s are shorter than the chunks of {encoder.name}, "
                f"{front.chunk_seconds:.2f} s",
                next_step="Ask for longer clips with --clip-seconds.",
            )


def evaluate_encoder(
    evaluation_set: EvaluationSet, encoder: ClipEncoder, settings: ScoreSettings
) -> Row:
    """Encode a set's clips and judge the encoder by them."""
    encoded = encoder.encode(evaluation_set.log_mels(encoder.front_end))
    songs = song_vectors(evaluation_set, encoded)
    return Row(
        encoder.name,
        encoder.description,
        songs.vectors.shape[1],
        score(evaluation_set, encoded, songs, settings),
        songs,
        encoded.genres,
    )
