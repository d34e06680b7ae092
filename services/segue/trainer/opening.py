"""From tracks to what a run reads: the features, and the clips where a configuration wants them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from segue.trainer.batches import TrainingSet
from segue.trainer.clips import open_clip_store
from segue.trainer.configuration import TrainingConfig
from segue.trainer.data import TrainingTrack
from segue.trainer.features import open_store, store_folder


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
        Where features and clips are kept, in a folder for each analysis and recipe; runs can share
        it.
    jobs
        Processes that analyse.
    progress
        Called with what is made (``features`` or ``clips``), how many are done, how many of these
        failed, and how many there are.
    """

    def report(what: str, total: int) -> Callable[[int, int], None]:
        def tell(done: int, failed: int) -> None:
            if progress is not None:
                progress(what, done + failed, failed, total)

        return tell

    front = config.front_end
    folder = store_folder(folder, front)
    if config.views.source == "places":
        wanted = [track for track in tracks if track.split != "test"]
        store = open_store(
            folder, wanted, front, jobs=jobs, progress=report("features", len(wanted))
        )
        return TrainingSet(store)
    judges = [track for track in tracks if track.split == "validation"]
    learners = [track for track in tracks if track.split == "train"]
    store = open_store(folder, judges, front, jobs=jobs, progress=report("features", len(judges)))
    clips = open_clip_store(
        clip_folder(folder, config),
        learners,
        front,
        clips=config.clips.per_track,
        copies=config.clips.copies,
        effects=config.effects,
        seed=config.seed,
        jobs=jobs,
        progress=report("clips", len(learners)),
    )
    return TrainingSet(store, clips)


def clip_folder(base: Path, config: TrainingConfig) -> Path:
    """Folder in ``base`` of the clips that all configurations with these settings share."""
    settings = (config.front_end, config.clips, config.effects)
    text = json.dumps([*(asdict(setting) for setting in settings), config.seed])
    return base / f"clips-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
