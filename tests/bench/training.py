"""How many chunks a second each system trains on, here, with the batches of its configuration."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from tests.bench.report import Row

from segue.trainer.batches import Batch, Batches
from segue.trainer.clips import ClipStore
from segue.trainer.configuration import TrainingConfig, find_configuration, read_configuration
from segue.trainer.data import TrainingTrack
from segue.trainer.features import FeatureStore
from segue.trainer.training import Trainer, with_labels
from segue.trainer.training_set import TrainingSet

SYSTEMS = ("contrastive", "triplet", "genre", "autoencoder", "segue-tracks")
TRACKS = 200
SECONDS = 45
STEPS = 6


def measure() -> tuple[list[Row], dict[str, object]]:
    """Time whole steps: drawing the batch, forward, backward, optimiser and moving average."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    rows, raw = [], {}
    for name in SYSTEMS:
        config = read_configuration(find_configuration(name))
        data = made_up(config)
        config = with_labels(config, data)
        trainer, batches = Trainer(config), Batches(config, data)
        trainer.advance(batches.draw(0), 0.0)
        drawing = training = 0.0
        chunks = 0
        for step in range(1, STEPS + 1):
            began = time.perf_counter()
            batch: Batch = batches.draw(step)
            drawn = time.perf_counter()
            # The loss comes back as a number, so a GPU's work is waited for.
            trainer.advance(batch, 0.0)
            drawing += drawn - began
            training += time.perf_counter() - drawn
            chunks += len(batch.mel_NBF)
        rate = chunks / (drawing + training)
        seconds = config.front_end.chunk_seconds
        rows.append(
            Row(
                "training",
                f"{name}: chunks of {seconds:.1f} s a second on {where}, threads:"
                f" {torch.get_num_threads()} (drawing takes {drawing / (drawing + training):.0%})",
                f"{rate:.0f}",
            )
        )
        raw[name] = {"chunks_per_second": rate, "chunk_seconds": seconds, "device": where}
    return rows, raw


def made_up(config: TrainingConfig) -> TrainingSet:
    """Noise in place of music: what a chunk holds does not change what it costs."""
    front, random = config.front_end, np.random.default_rng(1)
    tracks = tuple(
        TrainingTrack(f"t{n}", Path(), f"a{n // 2}", genres=("folk",), moods=("calm",))
        for n in range(TRACKS)
    )

    def store(length: int) -> FeatureStore:
        frames = random.uniform(-80, 0, (TRACKS * length, front.bands)).astype(np.float16)
        starts, counts = np.arange(TRACKS) * length, np.full(TRACKS, length)
        return FeatureStore(frames, tracks, starts, counts, ())

    features = store(round(SECONDS * front.rate_hz / front.hop))
    if config.views.source == "places":
        return TrainingSet(features)
    clips, copies, length = config.views.places, config.views.copies - 1, front.chunk_frames
    made = store(clips * (1 + copies) * length)
    return TrainingSet(features, ClipStore(made, clips, copies, length))
