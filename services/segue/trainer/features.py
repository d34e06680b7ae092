"""Features of tracks: made once, in parallel, by a recipe; read from a memory map.

A store holds what one recipe makes: log-mels of whole tracks, of clips with their changed copies,
of the clips of an evaluation. It serves every data set and every model that asks for the same.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel_of_blocks
from segue.audio.signals import Mono
from segue.trainer.data import TrainingTrack
from segue.trainer.feature_files import FeatureFiles, Frames, Key, file_key, locked
from segue.trainer.processes import attempt, decode_each

log = logging.getLogger(__name__)

FAILURES = "failures.csv"

_CHECKPOINT_TRACKS = 32

_OF_CHUNKS = ("chunk_frames", "chunk_hop_frames")
"""Fields of a front end that say how frames are used, not how they are made."""

_EARLIER_FORMS = ("features-*/clips-*/clips.json", "*.npz")
"""What earlier versions left in a folder of features."""


class Recording:
    """The audio of a track."""

    def __init__(self, track: TrainingTrack) -> None:
        self.track = track
        self._samples: dict[int, Mono] = {}

    def blocks(self, rate_hz: int) -> Iterator[Mono]:
        """Samples as they are decoded; yields and raises as ``decode_stream``."""
        return decode_stream(self.track.path, rate_hz)

    def samples(self, rate_hz: int) -> Mono:
        """All samples, shape (n,), n > 0; decoded once for each rate. Raises as ``blocks``."""
        if rate_hz not in self._samples:
            blocks = list(self.blocks(rate_hz))
            self._samples[rate_hz] = np.concatenate(blocks or [np.empty(0, np.float32)])
        return self._samples[rate_hz]


class FeatureRecipe(Protocol):
    """How the frames of a track are made, and what they depend on besides its audio.

    Attributes
    ----------
    kind
        What is made, in a word: the beginning of the store's folder.
    bands
        Length of a frame.
    fewest_frames
        Tracks with fewer are left out of what is read.
    """

    @property
    def kind(self) -> str: ...

    @property
    def bands(self) -> int: ...

    @property
    def fewest_frames(self) -> int: ...

    def settings(self) -> dict[str, Any]:
        """What decides the frames of a track, as JSON holds it."""
        ...

    def frames(self, recording: Recording) -> Frames:
        """Make the frames; an ``AudioError`` or ``SourceError`` says why there are none."""
        ...


@dataclass(frozen=True, slots=True)
class TrackAnalysis:
    """The recipe of whole tracks: log-mel frames by the front end that serves."""

    front_end: FrontEnd
    kind: str = "features"

    @property
    def bands(self) -> int:
        return self.front_end.bands

    @property
    def fewest_frames(self) -> int:
        return self.front_end.chunk_frames

    def settings(self) -> dict[str, Any]:
        return analysis_fields(self.front_end)

    def frames(self, recording: Recording) -> Frames:
        blocks = recording.blocks(self.front_end.rate_hz)
        return log_mel_of_blocks(blocks, self.front_end).T.astype(np.float16)


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """The features of many tracks.

    Attributes
    ----------
    frames
        Shape (all frames, bands), float16 dB, memory-mapped.
    tracks
        Those that have enough frames.
    starts, counts
        Shape (tracks,): track i is ``frames[starts[i]:starts[i] + counts[i]]``.
    failures
        Ids of the tracks that are left out, with the reason.
    """

    frames: Frames
    tracks: tuple[TrainingTrack, ...]
    starts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    failures: tuple[tuple[str, str], ...]

    def chunk(self, track: int, first: int, frames: int) -> Frames:
        """``frames`` frames of a track from frame ``first``, shape (frames, bands)."""
        start = int(self.starts[track]) + first
        return self.frames[start : start + frames]

    def only(self, track_ids: Collection[str]) -> FeatureStore:
        """The store with some of its tracks, in its order."""
        kept = [place for place, track in enumerate(self.tracks) if track.track_id in track_ids]
        tracks = tuple(self.tracks[place] for place in kept)
        return FeatureStore(
            self.frames, tracks, self.starts[kept], self.counts[kept], self.failures
        )


def open_store(
    base: Path,
    tracks: Sequence[TrainingTrack],
    recipe: FeatureRecipe,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> FeatureStore:
    """One store; see ``open_stores``."""
    (store,) = open_stores(base, tracks, [recipe], jobs=jobs, progress=progress)
    return store


def open_stores(
    base: Path,
    tracks: Sequence[TrainingTrack],
    recipes: Sequence[FeatureRecipe],
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[FeatureStore]:
    """Bring the stores of some recipes up to date, and open them.

    What a store holds already is kept: only new and changed tracks are decoded, each once. Another
    process that makes the same is waited for. Tracks that cannot be decoded, or have too few
    frames, are left out and listed in the store's ``failures.csv``.

    Parameters
    ----------
    base
        Folder of the stores; each has one of its own.
    recipes
        What is made of each track, different from each other.
    jobs
        Processes that work.
    progress
        Called with the numbers of tracks that are there and that failed.

    Returns
    -------
    list[FeatureStore]
        A store for each recipe; its tracks keep the order given.
    """
    _warn_of_earlier_forms(base)
    folders = [store_folder(base, recipe) for recipe in recipes]
    with ExitStack() as held:
        for folder in sorted(folders):
            held.enter_context(locked(folder))
        files = [
            FeatureFiles(folder, recipe.settings(), recipe.bands)
            for folder, recipe in zip(folders, recipes, strict=True)
        ]
        keys = [file_key(track.track_id, track.path) for track in tracks]
        _make_missing(dict(zip(keys, tracks, strict=True)), recipes, files, jobs, progress)
        stores = []
        for folder, recipe, one in zip(folders, recipes, files, strict=True):
            stores.append(_read(one, tracks, keys, recipe.fewest_frames))
            _write_failures(folder / FAILURES, tracks, stores[-1].failures)
        return stores


def store_folder(base: Path, recipe: FeatureRecipe) -> Path:
    """Folder in ``base`` of the store of a recipe, named after its settings."""
    text = json.dumps(recipe.settings(), sort_keys=True)
    return base / f"{recipe.kind}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def analysis_fields(front: FrontEnd) -> dict[str, float]:
    """All fields of a front end that decide a log-mel: how it is cut into chunks does not."""
    return {name: value for name, value in asdict(front).items() if name not in _OF_CHUNKS}


def _make_missing(
    tracks: dict[Key, TrainingTrack],
    recipes: Sequence[FeatureRecipe],
    files: Sequence[FeatureFiles],
    jobs: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Append what any of the stores lacks; progress counts a track that failed in one as failed."""
    report = progress or (lambda *_: None)
    missing = {key: [key not in one for one in files] for key in tracks}
    work = [key for key, lacks in missing.items() if any(lacks)]
    done = [key for key, lacks in missing.items() if not any(lacks)]
    bad = sum(any(one.failure(key) for one in files) for key in done)
    good = len(done) - bad
    report(good, bad)
    wanted = [
        (
            tracks[key],
            [recipe for recipe, lacks in zip(recipes, missing[key], strict=True) if lacks],
        )
        for key in work
    ]
    outcomes = decode_each(_make, wanted, jobs)
    for number, (key, made) in enumerate(zip(work, outcomes, strict=True), start=1):
        lacking = [one for one, lacks in zip(files, missing[key], strict=True) if lacks]
        for one, outcome in zip(
            lacking, [made] * len(lacking) if isinstance(made, str) else made, strict=True
        ):
            one.append(key, outcome)
        failed = any(one.failure(key) for one in files)
        good, bad = good + (not failed), bad + failed
        if number % _CHECKPOINT_TRACKS == 0 or number == len(work):
            for one in files:
                one.flush()
        report(good, bad)


def _make(wanted: tuple[TrainingTrack, Sequence[FeatureRecipe]]) -> list[Frames | str]:
    track, recipes = wanted
    recording = Recording(track)
    return [attempt(partial(recipe.frames, recording)) for recipe in recipes]


def _read(
    files: FeatureFiles,
    tracks: Sequence[TrainingTrack],
    keys: Sequence[Key],
    fewest_frames: int,
) -> FeatureStore:
    """The store as these tracks see it, in their order."""
    chosen, places, failures = [], [], []
    for track, key in zip(tracks, keys, strict=True):
        failure = files.failure(key)
        if failure is None and files.place(key)[1] < fewest_frames:
            failure = "AUDIO_TOO_SHORT: less than one chunk"
        if failure is not None:
            failures.append((track.track_id, failure))
        else:
            chosen.append(track)
            places.append(files.place(key))
    starts, counts = np.array(places, np.int64).reshape(-1, 2).T
    return FeatureStore(files.frames(), tuple(chosen), starts, counts, tuple(failures))


def _write_failures(
    path: Path, tracks: Sequence[TrainingTrack], failures: Sequence[tuple[str, str]]
) -> None:
    paths = {track.track_id: track.path for track in tracks}
    partial_file = path.with_suffix(".partial")
    with partial_file.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("track_id", "path", "reason", "message"))
        for track_id, failure in failures:
            reason, _, message = failure.partition(": ")
            table.writerow((track_id, paths[track_id], reason, message))
    partial_file.replace(path)


@functools.cache  # a run opens several stores of a folder
def _warn_of_earlier_forms(base: Path) -> None:
    for form in _EARLIER_FORMS:
        if next(base.glob(form), None) is not None:
            log.warning(
                "%s holds features in the form of an earlier version (%s): they are not read but "
                "made anew; remove them to free their space",
                base,
                form,
            )
