"""Genres and moods that a teacher hears in tracks which nobody labelled.

Shape suffixes: N chunks, L labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from segue.trainer.answer_store import AnswerStore
from segue.trainer.data import TrainingTrack
from segue.trainer.networks.answers import tags_and_units
from segue.trainer.networks.musicnn import FRONT_END
from segue.trainer.tags import GENRES, MOODS

LabelKind: TypeAlias = Literal["genres", "moods"]

_NAMES: dict[LabelKind, tuple[str, ...]] = {"genres": tuple(GENRES), "moods": tuple(MOODS)}
_KNOWN = 0.5
"""Mean probability from which a track has a label."""


@dataclass(frozen=True, slots=True)
class HeardLabels:
    """What a teacher hears in the chunks of some tracks.

    Attributes
    ----------
    answers
        Its answers, for tracks without labels of their own.
    logits
        For genres and for moods, shape (n, labels): what it says of every chunk of the store.
    """

    answers: AnswerStore
    logits: dict[LabelKind, npt.NDArray[np.float32]]

    def track(self, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Genres and moods of a track of the store, the likeliest first.

        They are those whose mean probability over its chunks is at least one half.
        """
        store = self.answers.store
        chunks = slice(store.starts[number], store.starts[number] + store.counts[number])
        found = []
        for kind, names in _NAMES.items():
            probability_L = (1.0 / (1.0 + np.exp(-self.logits[kind][chunks]))).mean(axis=0)
            order = np.argsort(-probability_L, kind="stable")
            found.append(tuple(names[label] for label in order if probability_L[label] >= _KNOWN))
        return found[0], found[1]

    def shares(self, kind: LabelKind, labels: Sequence[str]) -> npt.NDArray[np.float32]:
        """How likely each label is of every chunk, were it one of them alone.

        Parameters
        ----------
        labels
            Columns that are wanted; those that the teacher does not know are 0.

        Returns
        -------
        ndarray
            Shape (n, labels): rows sum to 1, or to 0 where the teacher knows none of the labels.
        """
        names = _NAMES[kind]
        made = np.zeros((len(self.logits[kind]), len(labels)), np.float32)
        known = [place for place, label in enumerate(labels) if label in names]
        if known:
            theirs = [names.index(labels[place]) for place in known]
            # One of several that are independent of each other: its odds over the sum of theirs.
            odds_NL = torch.from_numpy(self.logits[kind][:, theirs])
            made[:, known] = torch.softmax(odds_NL, dim=1).numpy()
        return made

    def rows(
        self, tracks: npt.NDArray[np.int64], seconds: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int64]:
        """Chunks of the store that lie nearest to some places, shape (n,).

        Parameters
        ----------
        tracks
            Shape (n,): numbers of tracks of the store.
        seconds
            Shape (n,): middles of the places, from the beginnings of their tracks.
        """
        store = self.answers.store
        frame_seconds = FRONT_END.hop / FRONT_END.rate_hz
        first_middle = FRONT_END.chunk_frames / 2 * frame_seconds
        hop_seconds = self.answers.hop_frames * frame_seconds
        places = np.rint((seconds - first_middle) / hop_seconds).astype(np.int64)
        return store.starts[tracks] + np.clip(places, 0, store.counts[tracks] - 1)

    def numbers(self, tracks: Sequence[TrainingTrack]) -> npt.NDArray[np.int64]:
        """Numbers that some tracks have in the store, shape (n,); -1 for those not in it."""
        known = {track.track_id: number for number, track in enumerate(self.answers.store.tracks)}
        return np.array([known.get(track.track_id, -1) for track in tracks], np.int64)


def hear(answers: AnswerStore) -> HeardLabels:
    """Read genres and moods off a teacher's answers.

    Raises
    ------
    ModelMisconfigured
        When the teacher is another network.
    """
    network = answers.teacher.network()
    with torch.inference_mode():
        tags_NT, _ = tags_and_units(torch.from_numpy(np.array(answers.store.frames, np.float32)))
        return HeardLabels(
            answers,
            {
                "genres": network.genres(tags_NT).numpy(),
                "moods": network.moods(tags_NT).numpy(),
            },
        )
