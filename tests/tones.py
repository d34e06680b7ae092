"""Short tones as files: small, quickly written, each of its own pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ = 22_050


def tone(number: int, seconds: float) -> npt.NDArray[np.float32]:
    time = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    return (0.3 * np.sin(2 * np.pi * 110 * 2 ** (number / 7) * time)).astype(np.float32)


def write_tone(path: Path, number: int = 0, seconds: float = 0.3) -> Path:
    """Write a tone in the format that the file's suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(number, seconds), RATE_HZ)
    return path
