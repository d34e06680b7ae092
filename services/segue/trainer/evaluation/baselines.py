"""Encoders that learnt nothing, or next to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.audio.front_end import FrontEnd
from segue.audio.signals import LogMel
from segue.tracks import Matrix, Vector
from segue.trainer.evaluation.encoders import ClipEncoder, Encoded

COEFFICIENTS = 20

MFCC_FRONT_END = FrontEnd(reference_power=316.0)
"""librosa's default analysis with 128 bands, 0 dB near the loudest that music reaches."""

_RANDOM_DIMENSION = 128
_FITTED_FRAMES = 4_096


@dataclass(frozen=True, slots=True)
class RandomEncoder:
    """A unit vector drawn for each clip: what chance reaches."""

    seed: int
    name: str = "random"
    description: str = "a random unit vector for each clip"
    front_end: FrontEnd = MFCC_FRONT_END

    def encode(self, log_mels: Iterable[LogMel]) -> Encoded:
        random = np.random.default_rng(self.seed)
        drawn = random.normal(size=(sum(1 for _ in log_mels), 1, _RANDOM_DIMENSION))
        unit = drawn / np.linalg.norm(drawn, axis=2, keepdims=True)
        return Encoded(list(unit.astype(np.float32)), _mean)


@dataclass(frozen=True, slots=True)
class MfccEncoder:
    """Mean of a clip's MFCC, decorrelated.

    Attributes
    ----------
    mean, components
        Shapes (20,) and (20, 20): the principal axes of single frames.
    scales
        Shape (20,): what each component is divided by.
    """

    name: str
    description: str
    mean: npt.NDArray[np.float64]
    components: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    front_end: FrontEnd = MFCC_FRONT_END

    def encode(self, log_mels: Iterable[LogMel]) -> Encoded:
        means = np.stack([mfcc(log_mel).mean(axis=0) for log_mel in log_mels])
        rotated = (means - self.mean) @ self.components.T / self.scales
        return Encoded(list(rotated[:, None].astype(np.float32)), _mean)


def mfcc(log_mel: LogMel) -> npt.NDArray[np.float64]:
    """Mel-frequency cepstral coefficients, shape (frames, 20).

    The first 20 coefficients of the orthonormal DCT-II over the dB values of the bands
    (S. Davis, P. Mermelstein, IEEE Trans. ASSP 28, 1980).
    """
    import librosa

    cepstrum = librosa.feature.mfcc(S=log_mel.astype(np.float64), n_mfcc=COEFFICIENTS)
    return np.asarray(cepstrum.T, np.float64)


def mfcc_encoders(log_mels: Iterable[LogMel], fitted_on: str) -> Sequence[ClipEncoder]:
    """The published MFCC baseline, and a stronger form of it.

    Incremental PCA finds the principal axes of single MFCC frames. Without whitening that only
    turns the space: distances are those of plain MFCC. ``mfcc-whitened`` divides each component
    by its standard deviation, so that the first coefficients no longer outweigh the others.

    Parameters
    ----------
    log_mels
        Clips to find the axes on.
    fitted_on
        What these are, for the description.
    """
    from sklearn.decomposition import IncrementalPCA

    axes = IncrementalPCA(COEFFICIENTS)
    waiting: list[npt.NDArray[np.float64]] = []
    for log_mel in log_mels:
        waiting.append(mfcc(log_mel))
        if sum(map(len, waiting)) >= _FITTED_FRAMES:
            axes.partial_fit(np.concatenate(waiting))
            waiting.clear()
    if sum(map(len, waiting)) >= COEFFICIENTS:
        axes.partial_fit(np.concatenate(waiting))
    deviations = np.sqrt(np.maximum(axes.explained_variance_, np.finfo(np.float64).eps))
    what = f"20 MFCC of 128 bands, incremental PCA fitted on {fitted_on}"
    turned = (axes.mean_, axes.components_)
    return (
        MfccEncoder("mfcc", what, *turned, np.ones(COEFFICIENTS)),
        MfccEncoder("mfcc-whitened", f"{what}, whitened", *turned, deviations),
    )


def _mean(vectors: Matrix) -> Vector:
    return np.asarray(vectors.mean(axis=0), np.float32)
