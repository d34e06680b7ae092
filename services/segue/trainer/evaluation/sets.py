"""What is evaluated on: tracks, clips spread over each of them, and the clips' log-mels.

A track is decoded once per sample rate and its clips are analysed once per front end, by the front
end that serves, in several processes; the log-mels are kept in a folder and used again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.signals import LogMel
from segue.errors import AudioError, InvalidRequest
from segue.trainer.data import TrainingTrack
from segue.trainer.evaluation.metrics import Booleans, Groups
from segue.trainer.processes import decode_each
from segue.trainer.provenance import analysis_fields, file_stamp

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
class EvaluationSet:
    """Tracks with their clips, n in all.

    Attributes
    ----------
    tracks
        Those with at least two clips.
    clip_track, clip_start_seconds
        Shape (n,): which track a clip is of, in order, and where in it.
    left_out
        Track ids that could not be used, with the reason.
    features
        Folder of the log-mels.
    """

    name: str
    tracks: tuple[TrainingTrack, ...]
    plan: ClipPlan
    clip_track: npt.NDArray[np.int64]
    clip_start_seconds: npt.NDArray[np.float64]
    left_out: tuple[tuple[str, str], ...]
    features: Path

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
        names = [track.artist or f"\x1f{track.track_id}" for track in self.tracks]
        return np.asarray(np.unique(names, return_inverse=True)[1], np.int64)

    def log_mels(self, front: FrontEnd) -> Iterator[LogMel]:
        """Log-mels of the clips, in order, each of shape (bands, frames)."""
        for track in self.tracks:
            with np.load(_feature_path(self.features, track.path, self.plan, front)) as held:
                yield from held["log_mels"]


def open_set(
    name: str,
    tracks: Sequence[TrainingTrack],
    plan: ClipPlan,
    fronts: Sequence[FrontEnd],
    features: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> EvaluationSet:
    """Place clips in every track and analyse them for every front end.

    Parameters
    ----------
    features
        Folder that keeps log-mels from one call to the next. Its files are named after the
        audio file's path, size and time, the plan and the analysis.
    progress
        Called with the number of tracks done.

    Raises
    ------
    EvaluationImpossible
        When fewer than two tracks can be used.
    """
    features.mkdir(parents=True, exist_ok=True)
    distinct = list({json.dumps(analysis_fields(front)): front for front in fronts}.values())
    used: list[TrainingTrack] = []
    left_out: list[tuple[str, str]] = []
    clip_track: list[int] = []
    starts: list[float] = []
    work = partial(_analyse, plan=plan, fronts=distinct, features=features)
    outcomes = decode_each(work, [track.path for track in tracks], jobs)
    for number, (track, outcome) in enumerate(zip(tracks, outcomes, strict=True), start=1):
        if isinstance(outcome, str):
            left_out.append((track.track_id, outcome))
        else:
            clip_track += [len(used)] * len(outcome)
            starts += outcome
            used.append(track)
        if progress is not None:
            progress(number)
    if len(used) < 2:
        reasons = "; ".join(f"{track_id}: {reason}" for track_id, reason in left_out[:3])
        raise EvaluationImpossible(f"{len(used)} tracks of {name} can be used. {reasons}")
    return EvaluationSet(
        name,
        tuple(used),
        plan,
        np.array(clip_track, np.int64),
        np.array(starts),
        tuple(left_out),
        features,
    )


def _analyse(path: Path, plan: ClipPlan, fronts: Sequence[FrontEnd], features: Path) -> list[float]:
    """Write what is missing of a track; give the clips' starts."""
    samples: dict[int, npt.NDArray[np.float32]] = {}
    starts: list[float] = []
    for front in fronts:
        target = _feature_path(features, path, plan, front)
        if target.is_file():
            with np.load(target) as held:
                starts = held["start_seconds"].tolist()
            continue
        rate_hz = front.rate_hz
        if rate_hz not in samples:
            samples[rate_hz] = np.concatenate(list(decode_stream(path, rate_hz)))
        # The first front end's places hold for all: rates differ in length by a sample.
        starts = starts or list(plan.starts(len(samples[rate_hz]) / rate_hz))
        if not starts:
            seconds = len(samples[rate_hz]) / rate_hz
            raise AudioError(f"{seconds:.1f} s, no room for two clips", "AUDIO_TOO_SHORT")
        length = round(plan.seconds * rate_hz)
        firsts = [round(start * rate_hz) for start in starts]
        mels = [log_mel(samples[rate_hz][first : first + length], front) for first in firsts]
        partial_file = target.with_suffix(f".{os.getpid()}.partial")
        with partial_file.open("wb") as file:
            np.savez(file, log_mels=np.stack(mels), start_seconds=np.array(starts))
        partial_file.replace(target)
    return starts


def _feature_path(features: Path, path: Path, plan: ClipPlan, front: FrontEnd) -> Path:
    size_bytes, changed_ns = file_stamp(path)
    stamp = f"{os.path.realpath(path)}\x1f{size_bytes}\x1f{changed_ns}"
    key = "\x1f".join((stamp, json.dumps(asdict(plan)), json.dumps(analysis_fields(front))))
    return features / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"
