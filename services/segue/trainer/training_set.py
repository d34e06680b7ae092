"""What a run reads: features of its tracks; where it wants them, clips or a teacher's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segue.trainer.answer_store import AnswerRecipe, AnswerStore, open_answer_store
from segue.trainer.clips import ClipRecipe, ClipStore, open_clip_store
from segue.trainer.configuration import TrainingConfig
from segue.trainer.data import TrainingTrack
from segue.trainer.features import FeatureStore, TrackAnalysis, open_store
from segue.trainer.heard_labels import HeardLabels, hear
from segue.trainer.networks.musicnn import FRONT_END
from segue.trainer.teacher import Teacher, find_teacher


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What a run reads.

    Attributes
    ----------
    features
        Features of whole tracks: those to validate on, and those to train on unless ``clips``
        holds these.
    clips
        Ready-made clips of the tracks to train on, with their changed copies.
    answers
        A teacher's answers for the tracks of ``features``, in the same order.
    heard
        What a teacher hears in the tracks that came without labels. These have the names of what
        it hears in ``tracks``.
    """

    features: FeatureStore
    clips: ClipStore | None = None
    answers: AnswerStore | None = None
    heard: HeardLabels | None = None

    @property
    def teacher(self) -> Teacher | None:
        """Who answered, where anyone did."""
        answers = self.answers if self.heard is None else self.heard.answers
        return None if answers is None else answers.teacher

    @property
    def tracks(self) -> Sequence[TrainingTrack]:
        """Tracks that batches are drawn from; some are not to be trained on."""
        return self.features.tracks if self.clips is None else self.clips.tracks

    @property
    def failures(self) -> Sequence[tuple[str, str]]:
        """Ids of the tracks that are left out, with the first reason."""
        stores = [self.features]
        if self.clips is not None:
            stores.append(self.clips.store)
        if self.answers is not None:
            stores.append(self.answers.store)
        first: dict[str, str] = {}
        for store in stores:
            for track_id, reason in store.failures:
                first.setdefault(track_id, reason)
        return tuple(first.items())


def open_training_set(
    config: TrainingConfig,
    tracks: Sequence[TrainingTrack],
    folder: Path,
    *,
    jobs: int = 1,
    progress: Callable[[str, int, int, int], None] | None = None,
) -> TrainingSet:
    """Compute what is not in ``folder`` yet, and open it.

    Parameters
    ----------
    folder
        Where features and clips are kept, in a folder for each recipe; runs can share it.
    jobs
        Processes that analyse.
    progress
        Called with what is made (``features``, ``clips`` or ``answers``), how many are done, how
        many of these failed, and how many there are.

    Returns
    -------
    TrainingSet
        What a run reads, without the tracks that cannot be decoded or are too short.

    Raises
    ------
    DependencyMissing
        When the teacher that is to answer is not there; before anything is made.
    ModelMisconfigured
        When it is another network; before anything is made.
    """

    def report(what: str, total: int) -> Callable[[int, int], None]:
        def tell(done: int, failed: int) -> None:
            if progress is not None:
                progress(what, done + failed, failed, total)

        return tell

    answered = config.views.source == "answers"
    unlabelled = [
        track
        for track in tracks
        if config.teacher.labels and track.split != "test" and not track.labels
    ]
    teacher = find_teacher(config.teacher.model) if answered or unlabelled else None
    if teacher is not None:
        # Otherwise a graph of something else would be refused track by track, as the track's fault.
        teacher.network()
    analysis = TrackAnalysis(config.front_end)
    ready_made = config.views.source == "effects"
    analysed = [
        track
        for track in tracks
        if track.split == "validation" or (track.split == "train" and not ready_made)
    ]
    features = open_store(
        folder, analysed, analysis, jobs=jobs, progress=report("features", len(analysed))
    )
    heard = None
    if teacher is not None:
        listened = analysed if answered else unlabelled
        answers = open_answer_store(
            folder,
            listened,
            # It hears as it was trained to, whatever the student hears.
            AnswerRecipe(
                config.front_end if answered else FRONT_END, teacher, config.teacher.hop_frames
            ),
            jobs=jobs,
            progress=report("answers", len(listened)),
        )
        if answered:
            return _answered(features, answers)
        heard = hear(answers)
        labels = _heard_names(heard)
        features = replace(features, tracks=tuple(_labelled(features.tracks, labels)))
        tracks = _labelled(tracks, labels)
    if not ready_made:
        return TrainingSet(features, heard=heard)
    cut = [track for track in tracks if track.split == "train"]
    recipe = ClipRecipe(
        config.front_end, config.clips.per_track, config.clips.copies, config.effects, config.seed
    )
    clips = open_clip_store(folder, cut, recipe, jobs=jobs, progress=report("clips", len(cut)))
    return TrainingSet(features, clips, heard=heard)


Names = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""Genres and moods by track id."""


def _heard_names(heard: HeardLabels) -> Names:
    tracks = heard.answers.store.tracks
    return {track.track_id: heard.track(number) for number, track in enumerate(tracks)}


def _labelled(tracks: Sequence[TrainingTrack], names: Names) -> list[TrainingTrack]:
    """The tracks, each of ``names`` with its genres and moods."""
    made = []
    for track in tracks:
        genres, moods = names.get(track.track_id, (track.genres, track.moods))
        made.append(replace(track, genres=genres, moods=moods))
    return made


def _answered(features: FeatureStore, answers: AnswerStore) -> TrainingSet:
    """Leave out the tracks that one of the two stores could not be made of."""
    both = {track.track_id for track in features.tracks} & {
        track.track_id for track in answers.store.tracks
    }
    return TrainingSet(
        features.only(both), answers=replace(answers, store=answers.store.only(both))
    )
