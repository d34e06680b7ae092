"""A small network of every kind, and chunks that it takes."""

from __future__ import annotations

from dataclasses import asdict

import torch

from segue.audio.front_end import FrontEnd
from segue.trainer.configuration import TrainingConfig, from_dict
from segue.trainer.networks.musicnn import FRONT_END

LABELS = {"genres": ["folk", "jazz", "rock"], "moods": ["calm", "dark"]}
HEADS = {"genre": 1.0, "mood": 1.0}
FRONT = {"bands": 32, "chunk_frames": 50, "chunk_hop_frames": 25}
MUSICNN_FRONT = asdict(FRONT_END)
KINDS = {
    "convolution": {"network": {"kind": "convolution", "channels": [4, 6], "dimension": 8}},
    "genres": {
        "network": {"kind": "convolution", "channels": [4, 6], "space": "genres"},
        "losses": HEADS,
    },
    "projected": {
        "network": {"kind": "projected", "backbone": "inverted-small", "dimension": 8},
        "losses": {"track_triplets": 1.0},
        "views": {"places": 2},
    },
    "autoencoder": {
        "network": {"kind": "autoencoder", "channels": [4, 4, 6], "dimension": 8},
        "losses": {"reconstruction": 1.0},
    },
    "statistics": {
        "network": {
            "kind": "statistics",
            "channels": [4, 6, 8, 8],
            "hidden": 12,
            "dimension": 8,
            "genre_share": 0.3,
            "mood_share": 0.2,
            "motion": True,
        },
        "losses": {"info_nce": 1.0, **HEADS},
        "views": {"places": 2},
    },
    "mean pooling": {
        "network": {
            "kind": "statistics",
            "channels": [4, 6, 8, 8],
            "dimension": 8,
            "pooling": "mean",
            "spectrum": False,
        },
        "losses": {"info_nce": 1.0},
        "views": {"copies": 2},
    },
    "musicnn": {
        "front_end": MUSICNN_FRONT,
        "labels": {"genres": ["folk", "jazz", "rock"], "moods": ["calm", "happy"]},
        "network": {
            "kind": "musicnn",
            "trunks": [{"stride": [16, 16], "filters": [24, 16, 3, 7, 18]}],
            "dimension": 8,
        },
        "losses": {"teacher_units": 1.0},
        "views": {"source": "answers"},
    },
}


def configuration(kind: str) -> TrainingConfig:
    tree = {"losses": {"info_nce": 1.0}, "views": {"places": 2}, **KINDS[kind]}
    return from_dict({"name": "tiny", "front_end": FRONT, "labels": LABELS, **tree})


def chunks(front: FrontEnd, count: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(4)
    return torch.rand(count, front.bands, front.chunk_frames, generator=generator) * -80.0
