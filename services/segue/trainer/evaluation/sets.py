"""What is evaluated on: tracks, clips spread over each of them, and the clips' log-mels.

A track is decoded once per sample rate and its clips are analysed once per front end, by the front
end that serves, in several processes; the log-mels are kept in feature stores and used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.signals import LogMel
from segue.errors import AudioError, InvalidRequest
from segue.trainer.data import TrainingTrack
from segue.trainer.evaluation.analysed import analyse_tracks, recipe_name
from segue.trainer.evaluation.metrics import Booleans, Groups
from segue.trainer.feature_files import Frames
from segue.trainer.features import FeatureStore, Recording, analysis_fields

Task: TypeAlias = Literal["track", "genre", "mood"]
TASKS: tuple[Task, ...] = ("track", "genre", "mood")

_FIRST_PLACE, _LAST_PLACE = 0.05, 0.95


class EvaluationImpossible(InvalidRequest):
    """What was given cannot be evaluated."""

    reason = "EVALUATION_IMPOSSIBLE"
    next_step = "Give more tracks, or recordings long enough for two clips that do not overlap."


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """How clips are taken out of a recording.

    Attributes
    ----------
    count
        Most clips of one recording, at least 2.
    seconds
        Length of a clip.
    """

    count: int = 5
    seconds: float = 10.0

    def __post_init__(self) -> None:
        if self.count < 2 or not self.seconds > 0:
            raise ValueError(f"no plan for clips: {self}")

    def starts(self, duration_seconds: float) -> tuple[float, ...]:
        """Where the clips of a recording start, in seconds; none when two would overlap.

        They lie evenly between 5 % and 95 % of the latest possible start. A recording that has no
        room for ``count`` clips side by side gets as many as it has room for.
        """
        latest = duration_seconds - self.seconds
        room = 1 + int((_LAST_PLACE - _FIRST_PLACE) * latest / self.seconds + 1e-9)
        count = min(self.count, room) if latest > 0 else 0
        if count < 2:
            return ()
        return tuple(
            float(place) for place in np.linspace(_FIRST_PLACE, _LAST_PLACE, count) * latest
        )


@dataclass(frozen=True, slots=True)
class PlannedClips:
    """The recipe of an evaluation's clips: each is analysed alone, as one that is sent to serve."""

    front_end: FrontEnd
    plan: ClipPlan
    kind: str = "evaluation"
    fewest_frames: int = 1

    @property
    def bands(self) -> int:
        return self.front_end.bands

    @property
    def clip_frames(self) -> int:
        """Frames of a clip."""
        front = self.front_end
        return 1 + (self._clip_samples - front.fft_size % 2) // front.hop

    def settings(self) -> dict[str, Any]:
        plan = {"clips": self.plan.count, "clip_seconds": self.plan.seconds}
        return analysis_fields(self.front_end) | plan

    def frames(self, recording: Recording) -> Frames:
        """Frames of the clips, one clip after another; ``AUDIO_TOO_SHORT`` for less than two."""
        rate_hz = self.front_end.rate_hz
        samples = recording.samples(rate_hz)
        starts = self.plan.starts(samples.size / rate_hz)
        if not starts:
            raise AudioError(
                f"{samples.size / rate_hz:.1f} s, no room for two clips", "AUDIO_TOO_SHORT"
            )
        firsts = [round(start * rate_hz) for start in starts]
        clips = [samples[first : first + self._clip_samples] for first in firsts]
        mels = [log_mel(clip, self.front_end) for clip in clips]
        return np.concatenate(mels, axis=1).T.astype(np.float16)

    @property
    def _clip_samples(self) -> int:
        return round(self.plan.seconds * self.front_end.rate_hz)


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Tracks with their clips, n in all.

    Attributes
    ----------
    tracks
        Those with at least two clips.
    clip_track
        Shape (n,): which track a clip is of, in order.
    left_out
        Track ids that could not be used, with the reason.
    features
        By recipe: the frames of the tracks' clips.
    """

    name: str
    tracks: tuple[TrainingTrack, ...]
    plan: ClipPlan
    clip_track: npt.NDArray[np.int64]
    left_out: tuple[tuple[str, str], ...]
    features: Mapping[str, FeatureStore]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Categories that the tracks' labels allow."""
        return tuple(task for task in TASKS if task == "track" or any(map(any, self.labels(task))))

    def labels(self, task: Task) -> list[tuple[str, ...]]:
        """Each track's names in a task; the track task's are the track ids."""
        if task == "track":
            return [(track.track_id,) for track in self.tracks]
        return [track.genres if task == "genre" else track.moods for track in self.tracks]

    def membership(self, task: Task) -> Booleans:
        """Which track belongs to which category, shape (tracks, categories)."""
        labels = self.labels(task)
        names = sorted({name for own in labels for name in own})
        return np.array([[name in own for name in names] for own in labels], np.bool_)

    @property
    def artists(self) -> Groups:
        """A number per artist, shape (tracks,). A track of an unknown artist has its own."""
        return artist_numbers(self.tracks)

    def log_mels(self, front: FrontEnd) -> Iterator[LogMel]:
        """Log-mels of the clips, in order, each of shape (bands, frames)."""
        recipe = PlannedClips(front, self.plan)
        store = self.features[recipe_name(recipe)]
        for track, clips in enumerate(np.bincount(self.clip_track)):
            frames = store.chunk(track, 0, clips * recipe.clip_frames)
            for clip in np.split(frames, clips):
                yield clip.T.astype(np.float32)


def artist_numbers(tracks: Sequence[TrainingTrack]) -> Groups:
    """A number per artist, shape (tracks,). A track of an unknown artist has its own."""
    names = [track.artist or f"\x1f{track.track_id}" for track in tracks]
    return np.asarray(np.unique(names, return_inverse=True)[1], np.int64)


def open_set(
    name: str,
    tracks: Sequence[TrainingTrack],
    plan: ClipPlan,
    fronts: Sequence[FrontEnd],
    folder: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> EvaluationSet:
    """Place clips in every track and analyse them for every front end.

    Parameters
    ----------
    folder
        Keeps log-mels from one call to the next, whatever the tracks.
    progress
        Called with the number of tracks done.

    Returns
    -------
    EvaluationSet
        The tracks that have room for two clips, with their clips.

    Raises
    ------
    EvaluationImpossible
        When fewer than two tracks can be used.
    """
    recipes = [PlannedClips(front, plan) for front in fronts]
    made = analyse_tracks(tracks, recipes, folder, jobs=jobs, progress=progress)
    if len(made.tracks) < 2:
        raise EvaluationImpossible(
            f"{len(made.tracks)} tracks of {name} can be used. {made.reasons()}"
        )
    # At two rates a track may differ in length by a sample, and so have room for a clip less.
    counts = np.min(
        [made.features[recipe_name(recipe)].counts // recipe.clip_frames for recipe in recipes],
        axis=0,
    )
    return EvaluationSet(
        name,
        made.tracks,
        plan,
        np.repeat(np.arange(len(made.tracks)), counts),
        made.left_out,
        made.features,
    )
