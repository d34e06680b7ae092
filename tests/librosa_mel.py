"""The log-mel energies of ``segue.audio.mel``, by librosa."""

from __future__ import annotations

import librosa
import numpy as np

from segue.audio.front_end import FrontEnd


def librosa_log_mel(samples: np.ndarray, front: FrontEnd) -> np.ndarray:
    """What ``log_mel`` is held against, shape (bands, frames)."""
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=front.rate_hz,
        n_fft=front.fft_size,
        hop_length=front.hop,
        n_mels=front.bands,
        fmin=front.low_hz,
        fmax=front.high_hz,
    )
    decibels = librosa.power_to_db(power, ref=front.reference_power, top_db=None)
    return decibels.clip(front.floor_db, 0)
