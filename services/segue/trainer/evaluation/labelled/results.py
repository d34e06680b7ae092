"""Encoders on labelled music: its clips analysed, and a row of numbers for each encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.signals import LogMel
from segue.audio.silence import SILENCE_DB
from segue.errors import AudioError
from segue.trainer.data import TrainingTrack
from segue.trainer.evaluation.analysed import analyse_tracks, recipe_name
from segue.trainer.evaluation.encoders import ClipEncoder, Probabilities
from segue.trainer.evaluation.labelled.label_scores import Labels
from segue.trainer.evaluation.labelled.listing import Listing
from segue.trainer.evaluation.labelled.read_out import Published
from segue.trainer.evaluation.labelled.scores import LabelledScores, score_labelled
from segue.trainer.evaluation.scores import ScoreSettings
from segue.trainer.evaluation.sets import EvaluationImpossible, artist_numbers
from segue.trainer.feature_files import Frames
from segue.trainer.features import FeatureStore, Recording, TrackAnalysis


@dataclass(frozen=True, slots=True)
class WholeClip(TrackAnalysis):
    """The recipe of a clip that is judged as it is, from its beginning to its end."""

    kind: str = "labelled"

    def frames(self, recording: Recording) -> Frames:
        """Frames of the clip; ``AUDIO_SILENT`` for one that serving refuses as silent."""
        samples = recording.samples(self.front_end.rate_hz)
        if samples.size and np.abs(samples).max() < 10 ** (SILENCE_DB / 20):
            raise AudioError("the audio is silent", "AUDIO_SILENT")
        return log_mel(samples, self.front_end).T.astype(np.float16)


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """The clips of a listing that every encoder can take.

    Attributes
    ----------
    left_out
        Files that could not be used, with the reason.
    unused
        Columns of the listing that nothing is read for.
    features
        By recipe: the frames of the clips.
    """

    name: str
    tracks: tuple[TrainingTrack, ...]
    labels: Labels
    left_out: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    features: Mapping[str, FeatureStore]

    @property
    def known_artists(self) -> int:
        """Artists that the listing names."""
        return len({track.artist for track in self.tracks if track.artist})

    def log_mels(self, front: FrontEnd) -> Iterator[LogMel]:
        """Log-mels of the clips, in order, each of shape (bands, frames)."""
        store = self.features[recipe_name(WholeClip(front))]
        for clip, count in enumerate(store.counts):
            yield store.chunk(clip, 0, int(count)).T.astype(np.float32)


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One encoder on labelled clips."""

    name: str
    description: str
    dimension: int
    scores: LabelledScores


@dataclass(frozen=True, slots=True)
class LabelledResult:
    """All rows of a set of labelled clips."""

    labelled_set: LabelledSet
    rows: tuple[LabelledRow, ...]


def open_labelled(
    listing: Listing,
    fronts: Sequence[FrontEnd],
    folder: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> LabelledSet:
    """Analyse the clips of a listing for every front end.

    A clip that cannot be read, or is shorter than a chunk of one of the front ends, is left out
    for all: rows are compared on the same clips.

    Parameters
    ----------
    folder
        Keeps log-mels from one call to the next, whatever the clips.
    progress
        Called with the number of clips done.

    Raises
    ------
    EvaluationImpossible
        When fewer than two clips can be used.
    """
    by_length = sorted(fronts, key=lambda front: front.chunk_frames)
    recipes = [WholeClip(front) for front in by_length]
    made = analyse_tracks(listing.tracks, recipes, folder, jobs=jobs, progress=progress)
    if len(made.tracks) < 2:
        raise EvaluationImpossible(
            f"{len(made.tracks)} clips of {listing.name} can be used. {made.reasons()}",
            next_step="Give more clips. Paths are relative to the CSV, or to --labelled-audio.",
        )
    places = np.array(made.places)
    labels = Labels(
        [track.genres for track in made.tracks],
        artist_numbers(made.tracks),
        {name: values[places] for name, values in listing.emotions.items()},
    )
    return LabelledSet(
        listing.name, made.tracks, labels, made.left_out, listing.unused, made.features
    )


def judge_encoder(
    labelled_set: LabelledSet, encoder: ClipEncoder, settings: ScoreSettings
) -> LabelledRow:
    """Encode the clips of a set as serving does, and judge the encoder by them."""
    encoded = encoder.encode(labelled_set.log_mels(encoder.front_end))
    vectors = encoded.clip_vectors()
    published = Published(
        encoded.genres,
        _clip_means(encoded.genre_probabilities),
        encoded.moods,
        _clip_means(encoded.mood_probabilities),
    )
    scores = score_labelled(
        labelled_set.labels,
        vectors,
        published,
        chosen_genres=settings.genres,
        seed=settings.seed,
    )
    return LabelledRow(encoder.name, encoder.description, vectors.shape[1], scores)


def _clip_means(probabilities: Sequence[Probabilities]) -> Probabilities | None:
    """Mean over the chunks of every clip, shape (clips, labels)."""
    if not probabilities:
        return None
    return np.stack([own.mean(axis=0) for own in probabilities])
