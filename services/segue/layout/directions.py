"""Principal components: the plane in which vectors differ most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segue.tracks import Matrix

_ROWS_AT_ONCE = 8_192


def principal_components(vectors: Matrix, count: int) -> npt.NDArray[np.float32]:
    """Coordinates in the directions of most variance, largest first; shape (N, count), float32.

    The sign of a direction is such that its largest part is positive. Directions beyond the
    dimension of the vectors are 0. Pearson, On lines and planes of closest fit (1901).
    """
    number, dimension = vectors.shape
    found = np.zeros((number, count), np.float32)
    if number < 2:
        return found
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((dimension, dimension))
    for first in range(0, number, _ROWS_AT_ONCE):
        rows = vectors[first : first + _ROWS_AT_ONCE] - mean
        covariance += rows.T @ rows
    _, directions = np.linalg.eigh(covariance)
    chosen = directions[:, ::-1][:, :count]
    largest = np.abs(chosen).argmax(axis=0)
    chosen = chosen * np.where(chosen[largest, range(chosen.shape[1])] < 0, -1, 1)
    for first in range(0, number, _ROWS_AT_ONCE):
        rows = vectors[first : first + _ROWS_AT_ONCE] - mean
        found[first : first + _ROWS_AT_ONCE, : chosen.shape[1]] = rows @ chosen
    return found
