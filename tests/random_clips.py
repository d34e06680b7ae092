"""Log-mels of clips that are not music but have loud and quiet bands."""

from __future__ import annotations

import numpy as np

from segue.audio.signals import LogMel


def random_clips(bands: int, frames: int, count: int) -> list[LogMel]:
    random = np.random.default_rng(5)
    levels = random.uniform(-60, -10, (count, bands, 1))
    return list((levels + random.normal(0, 5, (count, bands, frames))).astype(np.float32))
