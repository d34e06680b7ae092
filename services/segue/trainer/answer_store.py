"""A teacher's answers for the chunks of a training set: computed once, read from a memory map.

Shape suffixes: N chunks, U units, A numbers of an answer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segue.audio.front_end import FrontEnd
from segue.errors import AudioError
from segue.trainer.data import TrainingTrack
from segue.trainer.feature_files import Frames
from segue.trainer.features import (
    FeatureStore,
    Recording,
    TrackAnalysis,
    analysis_fields,
    open_store,
)
from segue.trainer.networks.answers import (
    ANSWER_NUMBERS,
    answer_rows,
    tags_and_units,
)
from segue.trainer.networks.musicnn import PublishedMusicnn
from segue.trainer.teacher import Teacher

Answers = npt.NDArray[np.float32]
"""Shape (n, numbers), as ``answer_rows`` lays them out."""

_BATCH = 16
_LEAST_DEVIATION = 1e-3


@dataclass(frozen=True, slots=True)
class AnswerRecipe:
    """The recipe of a teacher's answers: one row for each chunk, ``hop_frames`` apart.

    The teacher hears what the student hears, with the rounding of stored frames.

    Attributes
    ----------
    front_end
        The student's, with the analysis that the teacher was trained on.
    hop_frames
        Frames between the beginnings of chunks.
    """

    front_end: FrontEnd
    teacher: Teacher
    hop_frames: int
    kind: str = "answers"

    @property
    def bands(self) -> int:
        return ANSWER_NUMBERS

    @property
    def fewest_frames(self) -> int:
        return 1

    def settings(self) -> dict[str, Any]:
        return {
            "front_end": analysis_fields(self.front_end),
            "chunk_frames": self.front_end.chunk_frames,
            "hop_frames": self.hop_frames,
            "teacher": self.teacher.sha256,
        }

    def frames(self, recording: Recording) -> Frames:
        """The answers, shape (chunks, numbers).

        Raises
        ------
        AudioError
            ``AUDIO_TOO_SHORT`` when the track is shorter than a chunk; otherwise as
            ``decode_stream``.
        SourceError
            As ``decode_stream``.
        """
        front = self.front_end
        frames = TrackAnalysis(front).frames(recording)
        chunks = 1 + (len(frames) - front.chunk_frames) // self.hop_frames
        if chunks < 1:
            raise AudioError("the track is shorter than a chunk", "AUDIO_TOO_SHORT")
        firsts = self.hop_frames * np.arange(chunks)
        network, made = _network(self.teacher), []
        for batch in np.split(firsts, range(_BATCH, chunks, _BATCH)):
            pieces = np.stack([frames[first : first + front.chunk_frames].T for first in batch])
            with torch.inference_mode():
                heard_NBF = torch.from_numpy(pieces.astype(np.float32))
                made.append(answer_rows(network.answers(heard_NBF)).numpy())
        return np.concatenate(made).astype(np.float16)


@functools.lru_cache(maxsize=1)
def _network(teacher: Teacher) -> PublishedMusicnn:
    """Read once in each process."""
    return teacher.network()


@dataclass(frozen=True, slots=True)
class UnitScale:
    """Mean and standard deviation of a teacher's units over chunks, shape (2 · units,)."""

    mean_U: Tensor
    deviation_U: Tensor

    def of(self, rows_NA: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised units of the first and of the second head, shape (n, units)."""
        _, units_NU = tags_and_units(rows_NA)
        first_NU, second_NU = ((units_NU - self.mean_U) / self.deviation_U).chunk(2, dim=1)
        return first_NU, second_NU

    def to(self, device: torch.device) -> UnitScale:
        """The scale on another device."""
        return UnitScale(self.mean_U.to(device), self.deviation_U.to(device))


@dataclass(frozen=True, slots=True)
class AnswerStore:
    """The answers for many tracks.

    Attributes
    ----------
    store
        A row for each chunk of each track.
    teacher
        Who answered.
    hop_frames
        Frames between the beginnings of chunks.
    """

    store: FeatureStore
    teacher: Teacher
    hop_frames: int

    def chunks(self, tracks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Every chunk of some tracks: number of the track and place in it, shape (n, 2)."""
        counts = self.store.counts[tracks]
        places = np.concatenate([np.arange(count) for count in counts])
        return np.stack([np.repeat(tracks, counts), places], axis=1)

    def first_frames(self, chunks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Frames of their tracks at which chunks begin, shape (n,)."""
        return chunks[:, 1] * self.hop_frames

    def answers(self, chunks: npt.NDArray[np.int64]) -> Answers:
        """The teacher's answers for chunks given as ``chunks`` gives them."""
        rows = self.store.starts[chunks[:, 0]] + chunks[:, 1]
        return np.asarray(self.store.frames[rows], np.float32)

    def scale(self, tracks: npt.NDArray[np.int64]) -> UnitScale:
        """How the teacher's units spread over all chunks of some tracks."""
        answers_NA = torch.from_numpy(self.answers(self.chunks(tracks)))
        _, units_NU = tags_and_units(answers_NA)
        deviation_U = units_NU.std(dim=0, correction=0)
        return UnitScale(units_NU.mean(dim=0), deviation_U + _LEAST_DEVIATION)


def open_answer_store(
    base: Path,
    tracks: Sequence[TrainingTrack],
    recipe: AnswerRecipe,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> AnswerStore:
    """Open the answers for ``tracks``; make those that are missing first, as ``open_store``."""
    store = open_store(base, tracks, recipe, jobs=jobs, progress=progress)
    return AnswerStore(store, recipe.teacher, recipe.hop_frames)
