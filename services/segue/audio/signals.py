"""The arrays that pass between the stages of the front end."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Mono: TypeAlias = npt.NDArray[np.float32]
"""Shape (samples,), float32, one channel; full scale is [-1, 1]."""

LogMel: TypeAlias = npt.NDArray[np.float32]
"""Shape (bands, frames), float32, decibels within [floor_db, 0]."""

MelChunks: TypeAlias = npt.NDArray[np.float32]
"""Shape (chunks, bands, chunk_frames), float32, C-contiguous, decibels within [floor_db, 0]."""
