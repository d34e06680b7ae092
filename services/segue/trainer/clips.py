"""Ready-made clips of a training set: random passages and changed copies of each.

Audio effects are too slow to be applied anew in every step, so the clips are made once, in
parallel, and read from a memory map.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.signals import Mono
from segue.errors import AudioError
from segue.trainer.data import TrainingTrack
from segue.trainer.effects import EffectsConfig, apply_effects
from segue.trainer.feature_files import Frames
from segue.trainer.features import FeatureStore, Recording, open_store


@dataclass(frozen=True, slots=True)
class ClipRecipe:
    """The recipe of clips with their changed copies.

    The track is divided into as many equal parts as there are clips, and one clip begins at a
    random frame of each; clips of a short track overlap. A clip is cut with all samples that its
    frames reach over, so that it equals the same frames of the analysed track. What is drawn
    depends on seed and track id alone.

    Attributes
    ----------
    front_end
        The front end that serves; a clip has its ``chunk_frames``.
    clips, copies
        Clips of each track, and changed copies of each clip.
    effects
        What the copies are changed by.
    """

    front_end: FrontEnd
    clips: int
    copies: int
    effects: EffectsConfig
    seed: int
    kind: str = "clips"

    @property
    def bands(self) -> int:
        return self.front_end.bands

    @property
    def fewest_frames(self) -> int:
        return self.front_end.chunk_frames

    def settings(self) -> dict[str, Any]:
        return {
            "front_end": asdict(self.front_end),
            "clips": self.clips,
            "copies": self.copies,
            "effects": self.effects.model_dump(),
            "seed": self.seed,
        }

    def frames(self, recording: Recording) -> Frames:
        """Frames of every clip and its copies, one after another: the clip itself, then these.

        Raises
        ------
        AudioError
            ``AUDIO_TOO_SHORT`` when the track is shorter than a clip; otherwise as
            ``decode_stream``.
        SourceError
            As ``decode_stream``.
        """
        front = self.front_end
        random = self._random(recording.track.track_id)
        odd = front.fft_size % 2
        margin_frames = math.ceil(front.fft_size / 2 / front.hop)
        around = np.zeros(margin_frames * front.hop + odd, np.float32)
        samples = np.concatenate([around[odd:], *recording.blocks(front.rate_hz), around])
        starts = 2 + (samples.size - 2 * around.size) // front.hop - front.chunk_frames
        if starts < 1:
            raise AudioError("the track is shorter than a clip", "AUDIO_TOO_SHORT")
        length = (front.chunk_frames - 1 + 2 * margin_frames) * front.hop + odd
        firsts = ((np.arange(self.clips) + random.random(self.clips)) / self.clips * starts).astype(
            np.int64
        )
        made: list[npt.NDArray[np.float32]] = []
        for first in firsts:
            clip = samples[first * front.hop :][:length]
            made.append(_analyse(clip, front, margin_frames))
            for _ in range(self.copies):
                changed = apply_effects(clip, front.rate_hz, self.effects, random)
                made.append(_analyse(changed, front, margin_frames))
        return np.concatenate(made).astype(np.float16)

    def _random(self, track_id: str) -> np.random.Generator:
        digest = hashlib.sha256(track_id.encode()).digest()
        return np.random.default_rng((self.seed, int.from_bytes(digest[:8], "big")))


def _analyse(clip: Mono, front: FrontEnd, margin_frames: int) -> npt.NDArray[np.float32]:
    return log_mel(clip, front)[:, margin_frames : margin_frames + front.chunk_frames].T


@dataclass(frozen=True, slots=True)
class ClipStore:
    """The clips of many tracks.

    Attributes
    ----------
    store
        For each track, the frames of its clips and their copies.
    clips, copies
        Clips of each track, and changed copies of each clip.
    clip_frames
        Length of a clip.
    """

    store: FeatureStore
    clips: int
    copies: int
    clip_frames: int

    @property
    def tracks(self) -> Sequence[TrainingTrack]:
        """Tracks that clips could be made of."""
        return self.store.tracks

    def clip(self, track: int, clip: int, copy: int = 0) -> Frames:
        """One clip, shape (frames, bands); copy 0 is the clip itself."""
        place = clip * (1 + self.copies) + copy
        return self.store.chunk(track, place * self.clip_frames, self.clip_frames)


def open_clip_store(
    base: Path,
    tracks: Sequence[TrainingTrack],
    recipe: ClipRecipe,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> ClipStore:
    """Open the clips of ``tracks``; make those that are missing first, as ``open_store``."""
    store = open_store(base, tracks, recipe, jobs=jobs, progress=progress)
    return ClipStore(store, recipe.clips, recipe.copies, recipe.front_end.chunk_frames)
