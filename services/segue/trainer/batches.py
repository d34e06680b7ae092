"""From a data set to the batches of a run.

Shape suffixes: N chunks, B bands, F frames, L labels, T tracks, A numbers of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segue.trainer.answer_store import AnswerStore, UnitScale
from segue.trainer.configuration import TrainingConfig
from segue.trainer.data import Split, TrainingTrack
from segue.trainer.features import FeatureStore
from segue.trainer.track_labels import TrackLabels
from segue.trainer.training_set import TrainingSet
from segue.trainer.views import change_chunks, give_own_sound

Chunks = npt.NDArray[np.float32]
"""Shape (n, bands, frames), dB."""


@dataclass(frozen=True, slots=True)
class TaughtAnswers:
    """What the teacher answers for the chunks of a step.

    Attributes
    ----------
    rows_NA
        Answers as ``answer_rows`` lays them out, shape (n, numbers).
    scale
        How its units spread over the training split.
    """

    rows_NA: Tensor
    scale: UnitScale


@dataclass(frozen=True, slots=True)
class Batch:
    """Chunks of a step. The first view of every track comes first, then every second, and so on.

    Attributes
    ----------
    mel_NBF
        Shape (n, bands, frames), dB.
    clip_N, track_N
        Shape (n,): which place of which track a chunk shows.
    genre_NL, mood_NL
        Shape (n, labels): shares of the labels, as ``losses.label_loss`` wants them.
    taught
        A teacher's answers, where there is one.
    """

    mel_NBF: Tensor
    clip_N: Tensor
    track_N: Tensor
    genre_NL: Tensor
    mood_NL: Tensor
    taught: TaughtAnswers | None = None

    def to(self, device: torch.device) -> Batch:
        """The batch on another device."""
        taught = self.taught
        return Batch(
            self.mel_NBF.to(device, non_blocking=True),
            self.clip_N.to(device),
            self.track_N.to(device),
            self.genre_NL.to(device),
            self.mood_NL.to(device),
            None
            if taught is None
            else TaughtAnswers(taught.rows_NA.to(device), taught.scale.to(device)),
        )


class Batches:
    """Draws the batch of any step; the same for the same configuration, data and step.

    Attributes
    ----------
    scale
        How a teacher's units spread over the training split; None where there is no teacher.
    """

    def __init__(self, config: TrainingConfig, data: TrainingSet) -> None:
        self.config = config
        self.data = data
        self.training_tracks = members(data.tracks, "train")
        self._artists = [track.artist for track in data.tracks]
        self._labels = TrackLabels(config.labels, data)
        self.scale: UnitScale | None = None
        if data.answers is not None:
            self._answered_chunks = data.answers.chunks(self.training_tracks)
            self.scale = data.answers.scale(self.training_tracks)

    def draw(self, step: int) -> Batch:
        """The batch of a step, counted from 0."""
        if self.data.answers is not None and self.scale is not None:
            return self._draw_answered(self.data.answers, self.scale, step)
        config, views = self.config, self.config.views
        tracks = batch_tracks(
            self.training_tracks,
            self._artists,
            config.optimiser.tracks,
            config.optimiser.artist_mates,
            config.seed,
            step,
        )
        random = np.random.default_rng((config.seed, 2, step))
        chunks, seconds_N = (
            self._from_clips(tracks, random)
            if self.data.clips
            else self._from_places(tracks, random)
        )
        mel_NBF = torch.from_numpy(chunks)
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        mel_NBF = give_own_sound(
            mel_NBF, views.places * views.copies, views, config.front_end, generator
        )
        kept = len(tracks) * views.places if views.source == "effects" else 0
        # Clips that went through audio effects are set against the clips themselves.
        changed = change_chunks(mel_NBF[kept:], views, config.front_end, generator)
        repeated = views.places * views.copies
        place_N = np.tile(np.repeat(np.arange(views.places), len(tracks)), views.copies)
        track_N = np.tile(tracks, repeated)
        genre_NL, mood_NL = self._labels.of(track_N, seconds_N)
        return Batch(
            torch.cat([mel_NBF[:kept], changed]),
            torch.from_numpy(track_N * views.places + place_N),
            torch.from_numpy(track_N),
            torch.from_numpy(genre_NL),
            torch.from_numpy(mood_NL),
        )

    def _draw_answered(self, answers: AnswerStore, scale: UnitScale, step: int) -> Batch:
        """Chunks that the teacher answered for: each once in an epoch, whatever its track."""
        config = self.config
        every = np.arange(len(self._answered_chunks))
        drawn = batch_tracks(every, (), config.optimiser.tracks, 1, config.seed, step)
        chunks = self._answered_chunks[drawn]
        track_N = chunks[:, 0]
        genre_NL, mood_NL = self._labels.of(track_N)
        mels = gather(
            self.data.features,
            track_N,
            answers.first_frames(chunks),
            config.front_end.chunk_frames,
        )
        return Batch(
            torch.from_numpy(mels),
            torch.from_numpy(drawn),
            torch.from_numpy(track_N),
            torch.from_numpy(genre_NL),
            torch.from_numpy(mood_NL),
            TaughtAnswers(torch.from_numpy(answers.answers(chunks)), scale),
        )

    def _from_places(
        self, tracks: npt.NDArray[np.int64], random: np.random.Generator
    ) -> tuple[Chunks, npt.NDArray[np.float64]]:
        """Chunks, and where in their tracks the middles of these lie, in seconds."""
        views, front = self.config.views, self.config.front_end
        apart = round(views.apart_seconds * front.rate_hz / front.hop)
        starts = random_starts(
            self.data.features, tracks, views.places, front.chunk_frames, apart, random
        )
        chunks = gather(
            self.data.features, np.tile(tracks, views.places), starts, front.chunk_frames
        )
        seconds_N = (starts + front.chunk_frames / 2) * front.hop / front.rate_hz
        return np.tile(chunks, (views.copies, 1, 1)), np.tile(seconds_N, views.copies)

    def _from_clips(
        self, tracks: npt.NDArray[np.int64], random: np.random.Generator
    ) -> tuple[Chunks, None]:
        """Chunks; where in their tracks they lie is not kept."""
        store, views = self.data.clips, self.config.views
        assert store is not None  # noqa: S101  # asked for by draw alone
        places = random.permuted(np.tile(np.arange(store.clips), (len(tracks), 1)), axis=1)
        copies = 1 + random.permuted(np.tile(np.arange(store.copies), (len(tracks), 1)), axis=1)
        pieces = [
            store.clip(
                int(track), int(places[row, place]), int(copies[row, copy - 1]) if copy else 0
            )
            for copy in range(views.copies)
            for place in range(views.places)
            for row, track in enumerate(tracks)
        ]
        chunks = np.ascontiguousarray(np.stack(pieces).transpose(0, 2, 1), dtype=np.float32)
        return chunks, None


def members(tracks: Sequence[TrainingTrack], split: Split) -> npt.NDArray[np.int64]:
    """Numbers of the tracks that belong to ``split``, shape (n,)."""
    chosen = [number for number, track in enumerate(tracks) if track.split == split]
    return np.asarray(chosen, np.int64)


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


def random_starts(
    store: FeatureStore,
    tracks: npt.NDArray[np.int64],
    places: int,
    chunk_frames: int,
    apart_frames: int,
    random: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """First frames of ``places`` chunks of each track, in random order, shape (places · tracks,).

    They are at least ``apart_frames`` apart, or a ``places``-th of the room for them where that is
    less. All first places come first, then all second ones.
    """
    latest = store.counts[tracks] - chunk_frames
    apart = np.minimum(apart_frames, latest // places)
    # Sorted draws from what the least distances leave free: uniform over all allowed placements.
    free = latest - (places - 1) * apart
    draws = np.sort(random.random((len(tracks), places)), axis=1)
    starts = (draws * (free + 1)[:, None]).astype(np.int64)
    starts = np.minimum(starts, free[:, None]) + apart[:, None] * np.arange(places)
    return random.permuted(starts, axis=1).T.ravel()


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
