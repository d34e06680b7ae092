"""Angles between song vectors: how far apart two tracks sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from segue.tracks import Vector

Angles: TypeAlias = npt.NDArray[np.float64]
"""In radians, within [0, π]."""


def units(vectors: Sequence[Vector] | npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The directions of vectors, shape (n, dimension), rows of unit length."""
    rows = np.asarray(vectors, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(norms > 0, norms, 1.0)


def angles_between(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> Angles:
    """Angle of each row of the first with each of the second, both of unit length.

    Returns
    -------
    numpy.ndarray
        Shape (rows of the first, rows of the second).
    """
    angles: Angles = np.arccos(np.clip(first @ second.T, -1.0, 1.0))
    return angles
