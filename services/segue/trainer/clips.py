"""Ready-made clips of a training set: random passages and changed copies of each.

Audio effects are too slow to be applied anew in every step, so the clips are made once, in
parallel, and read from a memory map.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.signals import Mono
from segue.errors import AudioError
from segue.trainer.data import TrainingTrack
from segue.trainer.effects import EffectsConfig, apply_effects
from segue.trainer.features import locked
from segue.trainer.processes import decode_each
from segue.trainer.provenance import file_stamp

Clips: TypeAlias = npt.NDArray[np.float16]
"""dB, frames before bands, so that the time axis of a clip is one piece of the file."""

_CHECKPOINT_TRACKS = 32


@dataclass(frozen=True, slots=True)
class ClipStore:
    """The clips of many tracks.

    Attributes
    ----------
    clips
        Shape (tracks, clips, 1 + copies, frames, bands), float16 dB, memory-mapped. Of the
        copies, number 0 is the clip itself.
    tracks
        The tracks that clips could be made of.
    failures
        Ids of the others, with the reason.
    """

    clips: Clips
    tracks: tuple[TrainingTrack, ...]
    failures: tuple[tuple[str, str], ...]

    def clip(self, track: int, clip: int, copy: int = 0) -> Clips:
        """One clip, shape (frames, bands)."""
        found: Clips = self.clips[track, clip, copy]
        return found


@dataclass(frozen=True, slots=True)
class _Recipe:
    """All that the clips of a track depend on, besides the track."""

    front_end: FrontEnd
    clips: int
    copies: int
    effects: EffectsConfig
    seed: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        front = self.front_end
        return self.clips, 1 + self.copies, front.chunk_frames, front.bands

    @property
    def row_bytes(self) -> int:
        return math.prod(self.shape) * np.dtype(np.float16).itemsize


def open_clip_store(
    folder: Path,
    tracks: Sequence[TrainingTrack],
    front: FrontEnd,
    *,
    clips: int,
    copies: int,
    effects: EffectsConfig,
    seed: int,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> ClipStore:
    """Open the store in ``folder``; make the clips that it lacks first.

    The clips of a track depend on its id, its audio and the arguments alone. What was made before
    a crash is kept, and so are the clips of tracks that others joined. When a track was changed
    or has gone, or the clips are wanted otherwise, all are made anew, in another file: who reads
    the old one is not disturbed. Another process that makes clips is waited for.

    Parameters
    ----------
    front
        The front end that serves; a clip has its ``chunk_frames``.
    clips, copies
        Clips of each track, and changed copies of each clip.
    effects
        How the copies are changed.
    seed
        Of places and effects, not negative.
    jobs
        Processes that make clips, of one thread each.
    progress
        Called with the numbers of tracks done and failed.
    """
    recipe = _Recipe(front, clips, copies, effects, seed)
    stamps = {track.track_id: list(file_stamp(track.path)) for track in tracks}
    path = folder / "clips.f16"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        listing = _Listing.read(path, recipe, stamps)
        known = listing.known()
        missing = [track for track in tracks if track.track_id not in known]
        if missing:
            _make(path, missing, recipe, listing, jobs, progress)
        shape = (len(listing.made), *recipe.shape)
        made = np.memmap(path, np.float16, "r", shape=shape) if listing.made else None
    by_id = {track.track_id: track for track in tracks}
    return ClipStore(
        clips=np.empty(shape, np.float16) if made is None else made,
        tracks=tuple(by_id[track_id] for track_id in listing.made),
        failures=tuple(listing.failures.items()),
    )


def _make(
    path: Path,
    tracks: Sequence[TrainingTrack],
    recipe: _Recipe,
    listing: _Listing,
    jobs: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Append the clips of ``tracks``, and list them."""
    if not listing.made:
        listing.path.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    with path.open("ab") as output:
        # What was written after the last listing is written again.
        output.truncate(len(listing.made) * recipe.row_bytes)
        outcomes = decode_each(partial(_clips_of, recipe=recipe), tracks, jobs)
        for number, (track, outcome) in enumerate(zip(tracks, outcomes, strict=True), start=1):
            if isinstance(outcome, str):
                listing.failures[track.track_id] = outcome
            else:
                output.write(outcome.tobytes())
                listing.made.append(track.track_id)
            if number % _CHECKPOINT_TRACKS == 0 or number == len(tracks):
                output.flush()
                listing.write()
            if progress is not None:
                progress(len(listing.made), len(listing.failures))


def make_clips(
    path: Path,
    front: FrontEnd,
    *,
    clips: int,
    copies: int,
    effects: EffectsConfig,
    random: np.random.Generator,
) -> Clips:
    """Clips of one file with their copies, shape (clips, 1 + copies, frames, bands).

    The track is divided into as many equal parts as there are clips, and one clip begins at a
    random frame of each; clips of a short track overlap. A clip is cut with all samples that its
    frames reach over, so that it equals the same frames of the analysed track.

    Raises
    ------
    AudioError
        ``AUDIO_TOO_SHORT`` when the track is shorter than a clip; otherwise as ``decode_stream``.
    SourceError
        As ``decode_stream``.
    """
    odd = front.fft_size % 2
    margin_frames = math.ceil(front.fft_size / 2 / front.hop)
    around = np.zeros(margin_frames * front.hop + odd, np.float32)
    track = np.concatenate([around[odd:], *decode_stream(path, front.rate_hz), around])
    frames = 1 + (track.size - 2 * around.size) // front.hop
    starts = frames - front.chunk_frames + 1
    if starts < 1:
        raise AudioError("the track is shorter than a clip", "AUDIO_TOO_SHORT")
    length = (front.chunk_frames - 1 + 2 * margin_frames) * front.hop + odd
    places = ((np.arange(clips) + random.random(clips)) / clips * starts).astype(np.int64)
    made = np.empty((clips, 1 + copies, front.chunk_frames, front.bands), np.float16)
    for number, place in enumerate(places):
        clip = track[place * front.hop :][:length]
        made[number, 0] = _analyse(clip, front, margin_frames)
        for copy in range(1, 1 + copies):
            changed = apply_effects(clip, front.rate_hz, effects, random)
            made[number, copy] = _analyse(changed, front, margin_frames)
    return made


def _analyse(clip: Mono, front: FrontEnd, margin_frames: int) -> npt.NDArray[np.float32]:
    return log_mel(clip, front)[:, margin_frames : margin_frames + front.chunk_frames].T


@dataclass(frozen=True, slots=True)
class _Listing:
    """What the file of clips holds: written after the clips themselves, so it never lies."""

    path: Path
    key: dict[str, Any]
    stamps: dict[str, list[int]]
    made: list[str]
    failures: dict[str, str]

    @classmethod
    def read(cls, clips: Path, recipe: _Recipe, stamps: dict[str, list[int]]) -> _Listing:
        """The listing of a file; an empty one where what it lists is not wanted as it is."""
        path, key = clips.with_suffix(".json"), asdict(recipe)
        old: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        made = old.get("made", {})
        held_bytes = clips.stat().st_size if clips.is_file() else 0
        if (
            old.get("key") != key
            or held_bytes < len(made) * recipe.row_bytes
            or any(stamps.get(track_id) != stamp for track_id, stamp in made.items())
        ):
            return cls(path, key, stamps, [], {})
        failures = {
            track_id: reason
            for track_id, (stamp, reason) in old["failures"].items()
            if stamps.get(track_id) == stamp
        }
        return cls(path, key, stamps, list(made), failures)

    def known(self) -> set[str]:
        """Ids of the tracks that need no work."""
        return {*self.made, *self.failures}

    def write(self) -> None:
        entries = {
            "key": self.key,
            "made": {track_id: self.stamps[track_id] for track_id in self.made},
            "failures": {
                track_id: [self.stamps[track_id], reason]
                for track_id, reason in self.failures.items()
            },
        }
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(entries))
        partial.replace(self.path)


def _clips_of(track: TrainingTrack, recipe: _Recipe) -> Clips:
    digest = hashlib.sha256(track.track_id.encode()).digest()
    return make_clips(
        track.path,
        recipe.front_end,
        clips=recipe.clips,
        copies=recipe.copies,
        effects=recipe.effects,
        random=np.random.default_rng((recipe.seed, int.from_bytes(digest[:8], "big"))),
    )
