"""All numbers of one encoder on one set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from segue.tracks import Matrix
from segue.trainer.evaluation.bootstrap import Estimate, mean_interval
from segue.trainer.evaluation.encoders import Encoded
from segue.trainer.evaluation.genres import (
    Classification,
    classify_by_neighbours,
    classify_by_probabilities,
    score_playlists,
)
from segue.trainer.evaluation.metrics import (
    QueryScores,
    category_average_precisions,
    score_rankings,
    score_retrieval,
)
from segue.trainer.evaluation.sets import EvaluationSet, Task

Measures = Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """How encoders are scored.

    Attributes
    ----------
    artist_filter
        In the genre and mood tasks and in playlists, what is by the query's artist is left out.
        The track task is not filtered: what it looks for is by the same artist.
    genres
        The genre accuracy chooses among these only, when there are any.
    seed
        Seed of the resampling.
    """

    artist_filter: bool = False
    genres: tuple[str, ...] = ()
    seed: int = 1


@dataclass(frozen=True, slots=True)
class GenreAccuracy:
    """How often the genre of a song is predicted.

    Attributes
    ----------
    method
        ``probabilities``: the highest mean probability; ``neighbours``: five nearest songs of
        other artists.
    confusion
        Shape (c, c): songs by first genre (row) and predicted genre (column).
    """

    method: str
    accuracy: Estimate
    labels: tuple[str, ...]
    confusion: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Numbers of an encoder on a set.

    Attributes
    ----------
    pairwise
        By task: mean average precision over categories, of all pairs of clips.
    clips, songs
        By task and measure, means over queries. Song queries of the track task are clips, ranked
        against the vectors of all songs; the own song's is made without the query.
    playlists
        By the space in which songs are near: ``embedding``, or ``genres`` for the space of genre
        probabilities.
    """

    pairwise: Mapping[Task, Estimate]
    clips: Mapping[Task, Measures]
    songs: Mapping[Task, Measures]
    genre_accuracy: Sequence[GenreAccuracy]
    playlists: Mapping[str, Measures]


@dataclass(frozen=True, slots=True)
class SongVectors:
    """What an encoder makes of whole songs: of all clips of a track.

    Attributes
    ----------
    vectors
        Shape (tracks, dimension).
    genre_probabilities
        Shape (tracks, genres), or None.
    """

    vectors: Matrix
    genre_probabilities: npt.NDArray[np.float32] | None


def song_vectors(evaluation_set: EvaluationSet, encoded: Encoded) -> SongVectors:
    """Pool every track's clips."""
    clips = [
        np.flatnonzero(evaluation_set.clip_track == track)
        for track in range(len(evaluation_set.tracks))
    ]
    return SongVectors(
        np.stack([encoded.pooled(own) for own in clips]),
        np.stack([encoded.probabilities(own) for own in clips]) if encoded.genres else None,
    )


def score(
    evaluation_set: EvaluationSet, encoded: Encoded, songs: SongVectors, settings: ScoreSettings
) -> Scores:
    """Score an encoder by what it made of the clips of a set."""
    clips = encoded.clip_vectors()
    track, artists = evaluation_set.clip_track, evaluation_set.artists
    pairwise: dict[Task, Estimate] = {}
    by_clip: dict[Task, Measures] = {}
    by_song: dict[Task, Measures] = {}
    for task in evaluation_set.tasks:
        membership = evaluation_set.membership(task)
        excluded = artists if settings.artist_filter and task != "track" else None
        of_clips = None if excluded is None else excluded[track]
        precisions = category_average_precisions(clips, membership[track], of_clips)
        pairwise[task] = mean_interval(precisions, seed=settings.seed)
        found = score_retrieval(clips, membership[track], of_clips)
        by_clip[task] = _means(found, track, settings.seed)
        if task == "track":
            by_song[task] = _means(
                _find_songs(evaluation_set, encoded, clips, songs), track, settings.seed
            )
        else:
            found = score_retrieval(songs.vectors, membership, excluded)
            by_song[task] = _means(found, np.arange(len(membership)), settings.seed)
    if "genre" not in evaluation_set.tasks:
        return Scores(pairwise, by_clip, by_song, (), {})
    return Scores(
        pairwise,
        by_clip,
        by_song,
        _genre_accuracies(evaluation_set, encoded, songs, settings),
        _playlist_measures(evaluation_set, songs, settings),
    )


def _find_songs(
    evaluation_set: EvaluationSet, encoded: Encoded, clips: Matrix, songs: SongVectors
) -> QueryScores:
    """Rank songs for every clip; the own song is pooled from its other clips."""
    track = evaluation_set.clip_track
    distances = cdist(clips, songs.vectors)
    for clip, own in enumerate(track):
        others = np.flatnonzero(track == own)
        rest = encoded.pooled(others[others != clip])
        distances[clip, own] = cdist(clips[clip : clip + 1], rest[None])[0, 0]
    return score_rankings(distances, track[:, None] == np.arange(len(evaluation_set.tracks)))


def _genre_accuracies(
    evaluation_set: EvaluationSet, encoded: Encoded, songs: SongVectors, settings: ScoreSettings
) -> list[GenreAccuracy]:
    genres = evaluation_set.labels("genre")

    def summarise(method: str, made: Classification) -> GenreAccuracy:
        accuracy = mean_interval(made.correct, seed=settings.seed)
        return GenreAccuracy(method, accuracy, made.labels, made.confusion)

    choices: list[tuple[str, ...]] = [()]
    if settings.genres:
        choices.append(settings.genres)
    found = []
    for among in choices:
        if songs.genre_probabilities is None:
            method = "neighbours"
            made = classify_by_neighbours(
                songs.vectors, genres, evaluation_set.artists, among=among
            )
        else:
            method = "probabilities"
            made = classify_by_probabilities(
                songs.genre_probabilities, encoded.genres, genres, among=among
            )
        found.append(summarise(method, made))
    return found


def _playlist_measures(
    evaluation_set: EvaluationSet, songs: SongVectors, settings: ScoreSettings
) -> dict[str, Measures]:
    spaces = {"embedding": songs.vectors}
    if songs.genre_probabilities is not None:
        spaces["genres"] = songs.genre_probabilities
    excluded = evaluation_set.artists if settings.artist_filter else None
    found: dict[str, Measures] = {}
    for space, vectors in spaces.items():
        made = score_playlists(vectors, evaluation_set.membership("genre"), excluded)
        found[space] = {
            name: mean_interval(getattr(made, name), seed=settings.seed)
            for name in ("cohesion", "seed_cohesion", "genre_entropy")
        }
    return found


def _means(found: QueryScores, track: npt.NDArray[np.int64], seed: int) -> Measures:
    return {
        name: mean_interval(values, track, seed=seed) for name, values in found.by_name().items()
    }
